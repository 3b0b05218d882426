/** This computer's file system for the move: errors that mean something, exact stats, and flushing. */
import fs from 'node:fs';
import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { LabdockError } from '../../common/problem';

/** The callback forms: with tens of thousands of small files, `fs/promises`' file handles cost more than the files. */
export const disk = {
  open: promisify(fs.open),
  close: promisify(fs.close),
  read: promisify(fs.read) as (
    fd: number,
    buffer: Buffer,
    offset: number,
    length: number,
    position: number,
  ) => Promise<{ bytesRead: number }>,
  write: promisify(fs.write) as (
    fd: number,
    buffer: Buffer,
    offset: number,
    length: number,
    position: number | null,
  ) => Promise<{ bytesWritten: number }>,
  lstat: (file: string) => promisify(fs.lstat)(file, { bigint: true }),
  fstat: (fd: number) => promisify(fs.fstat)(fd, { bigint: true }),
  futimes: promisify(fs.futimes),
  fchmod: promisify(fs.fchmod),
  fsync: promisify(fs.fsync),
};

export const codeOf = (error: unknown): string => (error as NodeJS.ErrnoException).code ?? '';
export const isGone = (error: unknown): boolean => ['ENOENT', 'ENOTDIR'].includes(codeOf(error));

const forGood = new Set(
  'EACCES EPERM EINVAL ENAMETOOLONG ENOENT ENOTDIR EISDIR ELOOP EILSEQ EEXIST ENOTEMPTY EBUSY EXDEV EMLINK ENOTSUP'.split(' '), // prettier-ignore
);
/** What another attempt would meet again, for a name or a right; unlike a full or failing disk. As FOR_GOOD in resources/move/agent.py. */
export const isForGood = (error: unknown): boolean => forGood.has(codeOf(error));

/** null where there is nothing of this name. */
export async function look(file: string): Promise<fs.BigIntStats | null> {
  try {
    return await disk.lstat(file);
  } catch (error) {
    if (isGone(error)) return null;
    throw error;
  }
}

export function lookNow(file: string): fs.BigIntStats | null {
  return fs.lstatSync(file, { bigint: true, throwIfNoEntry: false }) ?? null;
}

/** As `signature` in resources/move/agent.py. */
export const signatureOf = (stats: fs.BigIntStats): string =>
  `${stats.size}.${stats.mtimeNs}.${stats.ino}.${stats.ctimeNs}`;

/** Same size, time and inode; the change time moves with every new name, so it does not count here. */
export function sameContent(stats: fs.BigIntStats, signature: string): boolean {
  const head = (text: string) => text.slice(0, text.lastIndexOf('.'));
  return head(signatureOf(stats)) === head(signature);
}

export const sameInode = (stats: fs.BigIntStats, signature: string): boolean =>
  String(stats.ino) === signature.split('.')[2];

export const modeOf = (stats: fs.BigIntStats): number =>
  process.platform === 'win32' ? -1 : Number(stats.mode & 0o777n);

/** The move's reason for what this computer's disk said. */
export function diskError(error: unknown, folder: string): unknown {
  const code = codeOf(error);
  const options = { cause: error, detail: String(error) };
  if (code === 'ENOSPC' || code === 'EDQUOT') return new LabdockError('move-far-full', { where: folder }, options);
  if (code === 'EROFS') return new LabdockError('folder-read-only', { folder }, options);
  return error;
}

/** Windows refuses to replace or move what a virus scanner or an indexer holds open; it lets go within moments. */
export async function patiently<T>(work: () => Promise<T>): Promise<T> {
  const attempts = process.platform === 'win32' ? 10 : 1;
  for (let attempt = 1; ; attempt++) {
    try {
      return await work();
    } catch (error) {
      if (attempt >= attempts || !['EPERM', 'EACCES', 'EBUSY'].includes(codeOf(error))) throw error;
      await new Promise((resolve) => setTimeout(resolve, 20 * attempt));
    }
  }
}

/** Brings everything on the folder's volume to the disk at once, where the system has a word for it. */
export async function syncVolume(folder: string): Promise<void> {
  if (process.platform === 'win32') return; // files were flushed one by one
  const run = promisify(execFile);
  await run('sync', process.platform === 'linux' ? ['-f', folder] : [])
    .catch(() => run('sync'))
    .catch(() => undefined);
}

export async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return;
  const fd = await disk.open(folder, 'r');
  await disk.fsync(fd).catch(() => undefined);
  await disk.close(fd);
}

/** A path of the move on this computer. Throws for what would lead out of the folder. */
export function at(root: string, relative: string): string {
  if (leadsElsewhere.test(relative) || (path.sep === '\\' && relative.includes('\\')))
    throw new LabdockError('unexpected', undefined, { detail: `a path outside the folder: ${relative}` });
  return below(root, relative);
}

/** A part that is empty, `.` or `..`. */
const leadsElsewhere = /(?:^|\/)\.{0,2}(?:\/|$)/;

/** `path.join` for a path without such parts: where nothing is to be respelled it costs as much as looking at the file. */
export const below = (root: string, relative: string): string =>
  path.sep === '/' ? `${root}/${relative}` : path.join(root, relative);
