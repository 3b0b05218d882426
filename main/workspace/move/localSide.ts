/**
 * The folder on this computer as one side of a move: its identity, its hidden folder `.labdock` with staging, trash,
 * journal and base. The far side's twin is class Tree in resources/move/agent.py.
 */
import { randomBytes } from 'node:crypto';
import { access, mkdir, open, readFile, rm, statfs } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { LabdockError } from '../../common/problem';
import { readText, writeAtomically } from '../jsonFile';
import { diskError, look } from './disk';
import { redo, type OnPut, type Redone } from './journal';
import { ignoreFile, ownFolder, type Traits } from './model';

const sideSchema = z.object({ id: z.string().min(1), workspace: z.string() });

export interface LocalSide {
  root: string;
  /** '' where nothing was ever moved (and nothing may be written yet). */
  id: string;
  traits: Traits;
  /** Text of `.labdockignore`. */
  ignore: string;
  /** An unfinished move was carried out (`finished`), or its staging dropped (`dropped`). */
  recovered: '' | 'finished' | 'dropped';
}

export const ownPath = (root: string, ...parts: string[]) => path.join(root, ownFolder, ...parts);
export const stagingPath = (root: string) => ownPath(root, 'staging');
export const journalPath = (root: string) => ownPath(root, 'journal');

/**
 * `move`: identities and hidden folders may be made. `look`: nothing is made. Both finish what was unfinished before
 * anything else, and so are for who holds the folder's lock; `glance` changes nothing at all.
 */
export type Contact = 'move' | 'look' | 'glance';

/** Rejects with `folder-missing`. */
export async function openLocal(root: string, workspaceId: string, contact: Contact): Promise<LocalSide> {
  const stats = await look(root);
  if (!stats) throw new LabdockError('folder-missing', { folder: root });
  const recovered = contact === 'glance' ? '' : await recoverLocal(root);
  const side = await identity(root, workspaceId, contact === 'move');
  return { root, id: side, traits: await traitsOf(root), ignore: await readIgnore(root), recovered };
}

/** Carries out a journal that is in force, or drops what was only staged. For who holds the folder's lock. */
export async function recoverLocal(root: string): Promise<LocalSide['recovered']> {
  try {
    if (await look(journalPath(root))) {
      await redoLocal(root);
      return 'finished';
    }
    const left = (await look(stagingPath(root))) ?? (await look(`${journalPath(root)}.tmp`));
    if (left) await rollbackLocal(root);
    return left ? 'dropped' : '';
  } catch (error) {
    throw diskError(error, root);
  }
}

/** `first`: what is to be put must be there. */
export async function redoLocal(root: string, first?: { onPut: OnPut }): Promise<Redone> {
  const done = await redo({ root, journal: journalPath(root), staging: stagingPath(root), first });
  await rollbackLocal(root);
  return done;
}

/** Drops what was staged: copies, of which nothing has taken effect. */
export async function rollbackLocal(root: string): Promise<void> {
  await rm(stagingPath(root), { recursive: true, force: true });
  await rm(`${journalPath(root)}.tmp`, { force: true });
}

export async function beginLocal(root: string): Promise<void> {
  await rollbackLocal(root);
  await mkdir(stagingPath(root), { recursive: true, mode: 0o700 });
}

/** A folder that belonged to another workspace (a copy, `.labdock` included) is a new side. */
async function identity(root: string, workspaceId: string, write: boolean): Promise<string> {
  const file = ownPath(root, 'side.json');
  const text = await readText(file);
  const known = text === null ? undefined : sideSchema.safeParse(parsed(text)).data;
  if (known?.workspace === workspaceId) return known.id;
  if (!write) return '';
  const id = randomBytes(16).toString('hex');
  await mkdir(ownPath(root), { recursive: true, mode: 0o700 });
  await writeAtomically(file, `${JSON.stringify({ id, workspace: workspaceId })}\n`);
  return id;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Asks the disk itself where it can: the same folder answers to another case, or not. */
async function traitsOf(root: string): Promise<Traits> {
  const platform = process.platform === 'win32' || process.platform === 'darwin' ? process.platform : 'linux';
  const known = await look(ownPath(root));
  if (!known) return { platform, insensitive: platform !== 'linux' };
  const other = await look(path.join(root, ownFolder.toUpperCase()));
  return { platform, insensitive: other?.ino === known.ino };
}

const maxIgnore = 256 * 1024;

async function readIgnore(root: string): Promise<string> {
  const text = await readFile(path.join(root, ignoreFile), 'utf8').catch(() => '');
  return text.slice(0, maxIgnore);
}

/** Bytes that may still be written there. */
export async function freeBytes(root: string): Promise<number> {
  const { bavail, bsize } = await statfs(root);
  return bavail * bsize;
}

/** Rejects with `folder-read-only`. */
export async function assertWritable(root: string): Promise<void> {
  await access(root, 2).catch((cause: unknown) => {
    throw new LabdockError('folder-read-only', { folder: root }, { cause });
  });
}

/** Writes text to the disk, flushed. */
export async function writeFlushed(file: string, parts: Iterable<string>): Promise<void> {
  const handle = await open(file, 'w', 0o600);
  try {
    for (const part of parts) await handle.appendFile(part, 'utf8');
    await handle.sync();
  } finally {
    await handle.close();
  }
}
