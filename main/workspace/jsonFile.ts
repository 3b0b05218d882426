/** One small JSON file, written so that a reader or a power cut finds the old content or the new, never half of it. */
import { randomBytes } from 'node:crypto';
import { mkdir, open, readFile, realpath, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Windows refuses to replace a file that a virus scanner or an indexer holds open; it lets go within moments. */
const heldByOthers = new Set(['EPERM', 'EACCES', 'EBUSY']);
const replaceAttempts = process.platform === 'win32' ? 10 : 1;

/** null where there is no file. Other errors pass. */
export async function readText(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

/** Rejects with the system's error; the file then still has its old content and no temporary file stays. */
export async function writeAtomically(path: string, text: string): Promise<void> {
  // Through a link (a folder of dotfiles under version control) the file behind it is replaced, not the link.
  const target = await realpath(path).catch(() => path);
  await mkdir(dirname(target), { recursive: true, mode: 0o700 });
  const temporary = `${target}.${process.pid}-${randomBytes(4).toString('hex')}.tmp`;
  try {
    const file = await open(temporary, 'wx', 0o600);
    try {
      await file.writeFile(text, 'utf8');
      await file.sync();
    } finally {
      await file.close();
    }
    await replace(temporary, target);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw error;
  }
  await syncFolder(dirname(target));
}

async function replace(from: string, to: string): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await rename(from, to);
    } catch (error) {
      if (attempt >= replaceAttempts || !heldByOthers.has((error as NodeJS.ErrnoException).code ?? '')) throw error;
      await new Promise((resolve) => setTimeout(resolve, 20 * attempt));
    }
  }
}

/** The rename itself must be on disk too. Windows cannot open folders, and needs not. */
async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(folder, 'r');
  await handle.sync().catch(() => undefined);
  await handle.close();
}

/** Serialises writes: one at a time, and of those that wait only the newest content is written. */
export class LatestWriter {
  private running: Promise<void> | undefined;
  private next:
    { text: string; done: Promise<void>; resolve: () => void; reject: (error: unknown) => void } | undefined;

  constructor(private readonly path: string) {}

  write(text: string): Promise<void> {
    if (this.next) {
      this.next.text = text;
      return this.next.done;
    }
    let resolve!: () => void;
    let reject!: (error: unknown) => void;
    const done = new Promise<void>((yes, no) => ([resolve, reject] = [yes, no]));
    this.next = { text, done, resolve, reject };
    this.running ??= this.drain();
    return done;
  }

  /** Resolves when nothing is left to write, whether or not the last write worked. */
  async settled(): Promise<void> {
    await this.running;
  }

  private async drain(): Promise<void> {
    // Let callers of the same turn join: ten changes in one handler are one write.
    await Promise.resolve();
    while (this.next) {
      const { text, resolve, reject } = this.next;
      this.next = undefined;
      await writeAtomically(this.path, text).then(resolve, reject);
    }
    this.running = undefined;
  }
}
