/** Puts back what an interrupted save left behind. Never overwrites a file with content; never removes a copy that is not back. */
import { randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { copyFile, link, lstat, open, realpath, rename, unlink, utimes } from 'node:fs/promises';
import path from 'node:path';
import { toProblem, LabdockError, type Problem } from '../common/problem';
import { copyName, inspect } from './recoveryFind';

export { findRecoverable, type Recoverable, type RecoveryScan } from './recoveryFind';

export interface RecoveryResult {
  /** `as`: where it is now; another name where the damaged document was kept. */
  restored: { file: string; as: string }[];
  failed: { file: string; problem: Problem }[];
}

/** `files` as {@link findRecoverable} named them; each is looked at again first. One failure does not stop the others. */
export async function recover(folder: string, files: readonly string[]): Promise<RecoveryResult> {
  const result: RecoveryResult = { restored: [], failed: [] };
  for (const file of files) {
    try {
      result.restored.push({ file, as: await recoverOne(folder, file) });
    } catch (error) {
      result.failed.push({ file, problem: toProblem(error) });
    }
  }
  return result;
}

async function recoverOne(folder: string, file: string): Promise<string> {
  const name = path.posix.basename(file);
  const directory = path.posix.dirname(file) === '.' ? '' : path.posix.dirname(file);
  await refuseOutside(folder, directory, file);
  const found = await inspect(folder, directory, name);
  if (!found) throw new LabdockError('unexpected', undefined, { detail: `${file}: nothing to recover (any more)` });
  const absolute = (each: string) => path.join(folder, directory, each);
  const copy = absolute(copyName(name));
  const placed = (as: string) => (directory ? `${directory}/${as}` : as);
  if (found.kind === 'damaged') {
    for (let count = 1; ; count++) {
      const as = recoveredName(name, count);
      try {
        await place(copy, absolute(as));
        return placed(as);
      } catch (error) {
        if (!isCode(error, 'EEXIST') || count >= 100) throw error;
      }
    }
  }
  if (found.kind === 'empty') await moveEmptyAside(absolute(name), () => place(copy, absolute(name)));
  else await place(copy, absolute(name));
  return placed(name);
}

/** `notes.ipynb` -> `notes (recovered).ipynb`, then `notes (recovered 2).ipynb`. */
export function recoveredName(name: string, count: number): string {
  const { name: stem, ext } = path.posix.parse(name);
  return `${stem} (recovered${count > 1 ? ` ${count}` : ''})${ext}`;
}

/** The names come from the window: none may lead out of the folder, be it by `..` or through a link. */
async function refuseOutside(folder: string, directory: string, file: string): Promise<void> {
  const refuse = () => new LabdockError('unexpected', undefined, { detail: `${file}: not inside the folder` });
  const parts = file.split('/');
  if (
    file.includes('\0') ||
    path.isAbsolute(file) ||
    parts.some((part) => part === '' || part === '.' || part === '..')
  )
    throw refuse();
  // On Windows a backslash or a colon in a part would be one more way out.
  if (path.sep === '\\' && /[\\:]/.test(file)) throw refuse();
  const root = await realpath(folder);
  if ((await realpath(path.join(folder, directory))) !== path.join(root, ...directory.split('/'))) throw refuse();
}

/**
 * Renames the empty file away, lets `place` fill its name, and removes it. Whoever writes into the file in between
 * writes into the one that was renamed: then it is not empty, and it is put back or kept.
 */
async function moveEmptyAside(target: string, placeCopy: () => Promise<void>): Promise<void> {
  const aside = path.join(path.dirname(target), `.labdock-empty-${randomUUID()}`);
  await rename(target, aside);
  try {
    if ((await lstat(aside)).size > 0)
      throw new LabdockError('unexpected', undefined, { detail: 'the file is not empty any more' });
    await placeCopy();
  } catch (error) {
    // link, not rename: if the name is taken meanwhile, the other stays.
    await place(aside, target).catch(() => undefined);
    throw error;
  }
  if ((await lstat(aside)).size === 0) await unlink(aside);
}

/** Moves a file to a name that must be free (else EEXIST), whole or not at all. */
async function place(from: string, to: string): Promise<void> {
  try {
    await link(from, to);
  } catch (error) {
    // No hard links on exFAT and some network folders: copy, and only then let go of the copy.
    if (!isCode(error, 'EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK')) throw error;
    await copyWhole(from, to);
  }
  await unlink(from);
}

async function copyWhole(from: string, to: string): Promise<void> {
  await copyFile(from, to, constants.COPYFILE_EXCL);
  const [source, target] = [await lstat(from), await lstat(to)];
  if (source.size !== target.size) throw new Error(`copied ${target.size} of ${source.size} bytes`);
  const file = await open(to, 'r+');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
  await utimes(to, source.atime, source.mtime);
}

const isCode = (error: unknown, ...codes: string[]) => codes.includes((error as NodeJS.ErrnoException).code ?? '');
