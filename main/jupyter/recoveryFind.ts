/**
 * Finds what an interrupted save left behind, on this computer's folder. Jupyter saves by copying the old file to
 * `.~name`, truncating the original and writing it anew (jupyter_server, services/contents/fileio.py): killed in
 * between, the copy is the only whole version. Look only while no server of the workspace runs: during a save the very
 * same picture is normal.
 */
import { lstat, opendir, readFile } from 'node:fs/promises';
import path from 'node:path';

export interface Recoverable {
  /** The document, relative to the folder, with `/`. */
  file: string;
  /** `missing` and `empty`: the copy is put in its place. `damaged`: a notebook that is no JSON any more; the copy is put beside it. */
  kind: 'missing' | 'empty' | 'damaged';
  /** Of the copy. */
  bytes: number;
  /** ISO 8601, last change of the copied version. */
  modified: string;
}

export interface RecoveryScan {
  files: Recoverable[];
  /** False where the limits ended the walk before it had seen everything. */
  complete: boolean;
}

export interface ScanLimits {
  entries: number;
  depth: number;
  milliseconds: number;
}

const defaultLimits: ScanLimits = { entries: 200_000, depth: 40, milliseconds: 5000 };

/** Trees of programs and caches, where nobody keeps a notebook and everybody keeps a hundred thousand files. */
const skipped = new Set([
  'node_modules',
  '.git',
  '.hg',
  '.svn',
  '__pycache__',
  '.ipynb_checkpoints',
  '.virtual_documents',
  '.cache',
  '.conda',
  '.venv',
  'venv',
  'site-packages',
  '.Trash',
]);
const isSkipped = (name: string) => skipped.has(name) || name.startsWith('.Trash-');

/** Larger notebooks are not parsed to see whether they are whole. Bytes. */
const maxParsed = 50_000_000;

export const copyName = (name: string) => `.~${name}`;

/** The document a copy belongs to; null for other programs' files (`.~lock.x.odt#` is LibreOffice's). Pure. */
export function documentOfCopy(name: string): string | null {
  if (!name.startsWith('.~') || name.length < 3) return null;
  return /^\.~lock\..*#$/.test(name) ? null : name.slice(2);
}

/** Never follows a link, never throws for what it may not read. Rejects with AbortError when aborted. */
export async function findRecoverable(
  folder: string,
  { signal, limits = defaultLimits }: { signal?: AbortSignal; limits?: ScanLimits } = {},
): Promise<RecoveryScan> {
  const files: Recoverable[] = [];
  const began = performance.now();
  let entries = 0;
  let complete = true;
  const queue: { directory: string; depth: number }[] = [{ directory: '', depth: 0 }];
  // Breadth first: where the limits bite, the folders near the top have been seen.
  for (let next = queue.shift(); next; next = queue.shift()) {
    const { directory, depth } = next;
    const handle = await opendir(path.join(folder, directory)).catch(() => null);
    if (!handle) continue;
    for await (const entry of handle) {
      signal?.throwIfAborted();
      if (++entries > limits.entries || performance.now() - began > limits.milliseconds)
        return { files: sorted(files), complete: false };
      const relative = directory ? `${directory}/${entry.name}` : entry.name;
      if (entry.isDirectory()) {
        if (isSkipped(entry.name)) continue;
        if (depth < limits.depth) queue.push({ directory: relative, depth: depth + 1 });
        else complete = false;
      } else if (entry.isFile()) {
        const name = documentOfCopy(entry.name);
        const found = name && (await inspect(folder, directory, name));
        if (found) files.push(found);
      }
    }
  }
  return { files: sorted(files), complete };
}

const sorted = (files: Recoverable[]) => files.sort((a, b) => (a.file < b.file ? -1 : 1));

/** What can be recovered of one document, or null. */
export async function inspect(folder: string, directory: string, name: string): Promise<Recoverable | null> {
  const file = directory ? `${directory}/${name}` : name;
  const copyPath = path.join(folder, directory, copyName(name));
  const copy = await lstat(copyPath).catch(() => null);
  if (!copy?.isFile() || copy.size === 0) return null;
  const about = { file, bytes: copy.size, modified: copy.mtime.toISOString() };
  let original;
  try {
    original = await lstat(path.join(folder, file));
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT' ? { ...about, kind: 'missing' } : null;
  }
  if (!original.isFile()) return null;
  if (original.size === 0) return { ...about, kind: 'empty' };
  if (!/\.ipynb$/i.test(name) || original.size > maxParsed || copy.size > maxParsed) return null;
  const [isWhole, copyIsWhole] = await Promise.all([parses(path.join(folder, file)), parses(copyPath)]);
  return isWhole === false && copyIsWhole ? { ...about, kind: 'damaged' } : null;
}

/** undefined where it cannot be read. */
async function parses(file: string): Promise<boolean | undefined> {
  const text = await readFile(file, 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
