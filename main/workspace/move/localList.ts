/** Lists the folder on this computer, as the agent lists the volume (resources/move/agent.py, class Lister). */
import fs from 'node:fs';
import { readdir, readlink } from 'node:fs/promises';
import path from 'node:path';
import { documentOfCopy } from '../../jupyter/recoveryFind';
import { below, disk, isGone, modeOf, signatureOf } from './disk';
import { Pace } from './pace';
import type { Entry, Listing } from './model';
import { ownFolder } from './model';
import { leadsOut } from './names';

export interface ListOptions {
  ignored: (path: string, isFolder: boolean) => boolean;
  /** Bytes; larger files are left out. 0: no limit. */
  sizeLimit: number;
  signal: AbortSignal;
  onCount?: (entries: number) => void;
}

/** Labdock's own, that of a workspace within this folder included; and, in the root, what a fresh ext4 volume carries. */
const never = (name: string, isRoot: boolean) => name === ownFolder || (isRoot && name === 'lost+found');

/** Folders read at a time, and names looked at within one. */
const foldersAtOnce = 8;
const namesAtOnce = 64;

/** Rejects only for the folder itself; what cannot be read within it is marked. */
export async function listFolder(root: string, options: ListOptions): Promise<Listing> {
  const listing: Listing = new Map();
  const pace = new Pace();
  let pending: Entry[] = [await folderEntry(root, '')];
  while (pending.length) {
    options.signal.throwIfAborted();
    const now = pending.splice(0, foldersAtOnce);
    const found = await Promise.all(now.map((folder) => listOne(root, folder, options, listing, pace)));
    pending = found.flat().concat(pending);
    options.onCount?.(listing.size);
  }
  listing.delete('');
  // As the merge goes through it: while the far side begins there is time for it.
  return new Map([...listing].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Adds what lies directly in a folder; returns the folders among it. */
async function listOne(
  root: string,
  folder: Entry,
  options: ListOptions,
  listing: Listing,
  pace: Pace,
): Promise<Entry[]> {
  const isRoot = folder.path === '';
  let names: string[];
  try {
    names = await readdir(path.join(root, folder.path));
  } catch (error) {
    if (isRoot) throw error;
    if (!isGone(error)) listing.set(folder.path, { ...folder, why: 'unreadable' });
    return [];
  }
  listing.set(folder.path, folder);
  const folders: Entry[] = [];
  for (let start = 0; start < names.length; start += namesAtOnce) {
    const part = names.slice(start, start + namesAtOnce).filter((name) => !never(name, isRoot));
    const entries = await Promise.all(
      part.map((name) => look(root, isRoot ? name : `${folder.path}/${name}`, name, options, pace)),
    );
    if (pace.spent) await pace.breathe();
    for (const entry of entries) {
      if (!entry) continue;
      if (entry.kind === 'd' && !entry.why) folders.push(entry);
      else listing.set(entry.path, entry);
    }
  }
  return folders;
}

async function folderEntry(root: string, relative: string): Promise<Entry> {
  const stats = await fs.promises.stat(path.join(root, relative), { bigint: true });
  return { path: relative, kind: 'd', mode: modeOf(stats), size: 0, mtimeNs: '0', signature: signatureOf(stats) };
}

async function look(
  root: string,
  relative: string,
  name: string,
  options: ListOptions,
  pace: Pace,
): Promise<Entry | null> {
  const full = below(root, relative);
  let stats: fs.BigIntStats;
  try {
    stats = pace.quick ? pace.now(() => fs.lstatSync(full, { bigint: true })) : await disk.lstat(full);
  } catch (error) {
    // A name that is no UTF-8 cannot be said, so it is not found either; it is there nevertheless.
    if (isGone(error) && !name.includes('\uFFFD')) return null;
    const why = isGone(error) ? 'name' : 'unreadable';
    return { path: relative, kind: 'o', mode: -1, size: 0, mtimeNs: '0', signature: '', why };
  }
  const kind = stats.isFile() ? 'f' : stats.isDirectory() ? 'd' : stats.isSymbolicLink() ? 'l' : 'o';
  const entry: Entry = {
    path: relative,
    kind,
    mode: modeOf(stats),
    size: kind === 'f' ? Number(stats.size) : 0,
    mtimeNs: String(stats.mtimeNs),
    signature: signatureOf(stats),
  };
  if (options.ignored(relative, kind === 'd')) entry.why = 'ignored';
  else if (kind === 'f') await judgeFile(entry, name, full, options);
  else if (kind === 'l') await judgeLink(entry, full);
  else if (kind === 'o') entry.why = 'special';
  return entry;
}

async function judgeFile(entry: Entry, name: string, full: string, options: ListOptions): Promise<void> {
  if (documentOfCopy(name) !== null) entry.why = 'ignored';
  else if (options.sizeLimit && entry.size > options.sizeLimit) entry.why = 'too-large';
  else if (entry.mode >= 0 && (entry.mode & 0o444) !== 0o444) {
    const readable = await fs.promises.access(full, fs.constants.R_OK).then(
      () => true,
      () => false,
    );
    if (!readable) entry.why = 'unreadable';
  }
}

async function judgeLink(entry: Entry, full: string): Promise<void> {
  try {
    const target = await readlink(full);
    entry.target = path.sep === '\\' ? target.replaceAll('\\', '/') : target;
    if (entry.target.includes('\uFFFD')) entry.why = 'name';
    else if (leadsOut(entry.path, entry.target)) entry.why = 'outside';
  } catch {
    entry.why = 'unreadable';
  }
}
