/**
 * Files of a HOME volume, read and written through the server's container, running or not: engines mount a container's
 * volumes for as long as a copy takes. Links are neither read nor followed: a link in HOME may lead to the user's folder.
 */
import { Buffer } from 'node:buffer';
import { posix } from 'node:path';
import type { Readable } from 'node:stream';
import type Docker from 'dockerode';
import { extract, pack } from 'tar-stream';
import { LabdockError } from '../../common/problem';
import { paths, type HomeFile } from '../runtime';
import { ask } from './client';
import { engineError } from './errors';
import { orNull } from './ownContainers';
import type { Owner } from './serverFiles';

/** Bytes of one file; a larger one is left out. IPython's history of years has tens of megabytes. */
export const maxHomeFileBytes = 256 * 1024 * 1024;
const copyMs = 600_000;

/**
 * Regular files at these paths (relative to HOME; folders with all that is in them), one at a time: the next is fetched
 * when it is asked for. What is not there, a link, or larger than {@link maxHomeFileBytes} is left out.
 */
export async function* readHome(
  container: Docker.Container,
  wanted: readonly string[],
  signal: AbortSignal,
): AsyncGenerator<HomeFile> {
  const kinds = new Kinds(container, signal);
  for (const path of wanted.map(inside)) {
    const kind = await kinds.of(path);
    if (kind !== 'folder' && kind !== 'file') continue;
    const archive = (await ask(
      (abortSignal) => orNull(container.getArchive({ path: posix.join(paths.home, path), abortSignal })),
      { signal },
    )) as Readable | null;
    if (archive) yield* filesOf(archive, posix.dirname(path), signal);
  }
}

async function* filesOf(archive: Readable, folder: string, signal: AbortSignal): AsyncGenerator<HomeFile> {
  const entries = extract();
  const cut = () => archive.destroy();
  signal.addEventListener('abort', cut, { once: true });
  // A connection that closes before the tar's end says no more than that.
  archive.on('error', (error: Error) => entries.destroy(error));
  archive.on('aborted', () => entries.destroy(new Error('aborted')));
  archive.pipe(entries);
  try {
    for await (const entry of entries) {
      const { header } = entry;
      const size = header.size ?? 0;
      if (header.type !== 'file' || size > maxHomeFileBytes) {
        entry.resume();
        continue;
      }
      const chunks: Buffer[] = [];
      for await (const chunk of entry) chunks.push(chunk as Buffer);
      yield {
        path: inside(posix.join(folder, header.name)),
        mode: (header.mode ?? 0o644) & 0o777,
        mtimeMs: header.mtime?.getTime() ?? 0,
        content: Buffer.concat(chunks),
      };
    }
  } catch (error) {
    if (signal.aborted) throw new LabdockError('cancelled', undefined, { cause: error });
    throw engineError(error);
  } finally {
    signal.removeEventListener('abort', cut);
    archive.destroy();
  }
}

/** Bytes of files sent as one archive. */
const batchBytes = 8 * 1024 * 1024;

/**
 * Writes the files over what is there, whole seconds of their times kept. Folders that are missing are made. A file whose
 * way leads through a link, or to a folder of its name, is left out and returned. Holds some 8 MiB, or one file, at a time.
 */
export async function writeHome(
  container: Docker.Container,
  owner: Owner,
  files: AsyncIterable<HomeFile> | Iterable<HomeFile>,
  signal: AbortSignal,
): Promise<{ skipped: string[] }> {
  const kinds = new Kinds(container, signal);
  const skipped: string[] = [];
  // Looked at before it is sent: during a copy Docker answers nothing else about the container.
  let batch = new Batch(owner);
  for await (const file of files) {
    if (signal.aborted) throw new LabdockError('cancelled');
    const path = inside(file.path);
    const missing = await missingFolders(path, kinds);
    const target = missing?.length === 0 ? await kinds.of(path) : 'missing';
    if (!missing || (target !== 'missing' && target !== 'file')) {
      skipped.push(path);
      continue;
    }
    for (const folder of missing) {
      batch.addFolder(folder);
      kinds.made(folder);
    }
    batch.addFile(path, file);
    if (batch.bytes < batchBytes) continue;
    await batch.send(container, signal);
    batch = new Batch(owner);
  }
  await batch.send(container, signal);
  return { skipped };
}

class Batch {
  readonly #tar = pack();
  /** Counted with what a tar spends on each. */
  bytes = 0;
  constructor(private readonly owner: Owner) {}

  addFolder(path: string): void {
    this.#tar.entry({ name: `${path}/`, type: 'directory', mode: 0o755, ...this.owner });
    this.bytes += 1024;
  }

  addFile(path: string, { mode, mtimeMs, content }: HomeFile): void {
    this.#tar.entry({ name: path, mode: mode & 0o777, mtime: new Date(mtimeMs), ...this.owner }, content);
    this.bytes += 1024 + content.length;
  }

  async send(container: Docker.Container, signal: AbortSignal): Promise<void> {
    if (this.bytes === 0) return;
    this.#tar.finalize();
    const chunks: Buffer[] = [];
    for await (const chunk of this.#tar) chunks.push(chunk as Buffer);
    const archive = Buffer.concat(chunks);
    // At HOME, not at `/`: there Podman would write beside a volume that is not mounted yet.
    await ask((abortSignal) => container.putArchive(archive, { path: paths.home, abortSignal }), {
      signal,
      timeoutMs: copyMs,
    });
  }
}

/** Those of its parents that are not there, from the outside in; null where one is no folder. */
async function missingFolders(path: string, kinds: Kinds): Promise<string[] | null> {
  const missing: string[] = [];
  const parts = posix
    .dirname(path)
    .split('/')
    .filter((part) => part !== '.');
  for (let depth = 1; depth <= parts.length; depth += 1) {
    const folder = parts.slice(0, depth).join('/');
    const kind = missing.length > 0 ? 'missing' : await kinds.of(folder);
    if (kind === 'missing') missing.push(folder);
    else if (kind !== 'folder') return null;
  }
  return missing;
}

/** A normal relative path. Throws for one that leads out of HOME: no caller means that. */
function inside(path: string): string {
  const normal = posix.normalize(path).replace(/\/$/, '');
  if (
    normal === '.' ||
    normal === '..' ||
    normal.startsWith('../') ||
    normal.startsWith('/') ||
    normal.includes('\0')
  ) {
    throw new TypeError(`not a path in HOME: ${path}`);
  }
  return normal;
}

type Kind = 'folder' | 'file' | 'link' | 'other' | 'missing';

/** What is at a path, every part of the way looked at once. An engine takes its time for each: it mounts the container. */
class Kinds {
  readonly #known = new Map<string, Kind>();
  constructor(
    private readonly container: Docker.Container,
    private readonly signal: AbortSignal,
  ) {}

  async of(path: string): Promise<Kind> {
    const parent = posix.dirname(path);
    if (parent !== '.') {
      const above = await this.of(parent);
      if (above !== 'folder') return above === 'missing' ? 'missing' : 'other';
    }
    const known = this.#known.get(path);
    if (known) return known;
    const kind = await this.#look(path);
    this.#known.set(path, kind);
    return kind;
  }

  made(folder: string): void {
    this.#known.set(folder, 'folder');
  }

  async #look(path: string): Promise<Kind> {
    const full = posix.join(paths.home, path);
    const answer = (await orNull(
      ask((abortSignal) => this.container.infoArchive({ path: full, abortSignal }) as Promise<unknown>, {
        signal: this.signal,
      }),
    )) as { headers: Record<string, string | undefined>; resume(): void } | null;
    if (!answer) return 'missing';
    answer.resume();
    return kindOf(full, answer.headers['x-docker-container-path-stat'] ?? '');
  }
}

/** From the header `X-Docker-Container-Path-Stat`: base64 JSON with Go's FileMode. */
export function kindOf(path: string, header: string): Kind {
  let stat: { mode?: unknown; linkTarget?: unknown };
  try {
    stat = JSON.parse(Buffer.from(header, 'base64').toString('utf8')) as typeof stat;
  } catch {
    return 'other';
  }
  const { mode, linkTarget } = stat;
  if (typeof mode !== 'number') return 'other';
  const bit = (n: number) => Math.floor(mode / 2 ** n) % 2 === 1;
  // Docker tells of the link itself; Podman of what it leads to, and where that is, for everything.
  if (bit(27) || (typeof linkTarget === 'string' && linkTarget !== '' && linkTarget !== path)) return 'link';
  if (bit(31)) return 'folder';
  // Devices, pipes, sockets, irregular.
  return [26, 25, 24, 21, 19].some(bit) ? 'other' : 'file';
}
