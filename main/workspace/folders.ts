/** Folders on this computer that servers work in: where new ones go, and whether a given one can be used. */
import { access, constants, mkdir, stat } from 'node:fs/promises';
import { isAbsolute, join, relative, resolve, sep } from 'node:path';
import type { Problem } from '../common/problem';

/** Labdock's own place for folders it makes itself; nothing outside it is ever created. */
export const ownFolder = (home: string) => join(home, 'Labdock');

/** undefined: it can be used. */
export async function folderProblem(folder: string): Promise<Problem | undefined> {
  if (!isAbsolute(folder)) return { reason: 'field-invalid', params: { rule: 'absolute-path' } };
  try {
    if (!(await stat(folder)).isDirectory()) return { reason: 'folder-not-directory', params: { folder } };
    await access(folder, constants.R_OK | constants.W_OK | constants.X_OK);
    return undefined;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return { reason: 'folder-missing', params: { folder } };
    if (code === 'ENOTDIR') return { reason: 'folder-not-directory', params: { folder } };
    return { reason: 'folder-read-only', params: { folder }, detail: message };
  }
}

/** The user typed or accepted a folder that Labdock offered: making it is part of saving. */
export async function makeOwnFolder(folder: string, home: string): Promise<void> {
  if (isOwn(folder, home)) await mkdir(folder, { recursive: true });
}

export function isOwn(folder: string, home: string): boolean {
  const inside = relative(ownFolder(home), resolve(folder));
  return inside !== '' && !isAbsolute(inside) && inside.split(sep)[0] !== '..';
}

/** A folder name for a workspace's name: readable, and possible on every system. */
export function folderName(name: string): string {
  const clean = name
    // eslint-disable-next-line no-control-regex
    .replace(/[\u0000-\u001f\u007f<>:"/\\|?*]/g, ' ')
    .replace(/\s+/g, ' ')
    .replace(/[. ]+$/, '')
    .trim();
  // Device names of Windows are taken in every folder, whatever their extension.
  const device = /^(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)/i.test(clean);
  return clean === '' || clean.startsWith('.') || device ? `Notebooks ${clean}`.trim() : clean;
}

/** Two spellings of one folder, as far as can be told without asking the disk. */
export function sameFolder(a: string, b: string): boolean {
  const canonical = (folder: string) => {
    const path = resolve(folder);
    return process.platform === 'linux' ? path : path.toLowerCase();
  };
  return canonical(a) === canonical(b);
}
