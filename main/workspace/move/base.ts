/**
 * The base: what both sides verifiably had in common when the last move ended. It is a file in the folder's `.labdock` on
 * this computer, named by a random id; the far side holds the id of the base that is in force, and switches to a new one in
 * the same journal as its files. So a crash between the two leaves the old base with the old files or the new with the
 * new; a volume that was swapped or set back, or a folder that was copied, names another base or another side, and is
 * met without a base: a first copy, never "everything was deleted".
 */
import { randomBytes } from 'node:crypto';
import { readdir, rename, rm } from 'node:fs/promises';
import { z } from 'zod';
import { readText, writeAtomically } from '../jsonFile';
import { jsonLine, linesOf } from './lines';
import { ownPath, writeFlushed } from './localSide';
import type { BaseEntry, BaseListing } from './model';
import { syncFolder } from './disk';

const headSchema = z.object({
  version: z.literal(1),
  local: z.string(),
  far: z.string(),
});
type Head = z.infer<typeof headSchema>;
const rowSchema = z.tuple([
  z.string(),
  z.enum(['f', 'd', 'l', 'o']),
  z.number(),
  z.number(),
  z.string(),
  z.string(),
  z.string(),
]);

/** A base that is true already although the far side, at another until now, may not have been told. */
const successorSchema = z.object({ base: z.string(), follows: z.string() });
const successorFile = (root: string) => ownPath(root, 'successor.json');

const idPattern = /^[0-9a-f]{32}$/;
const baseFile = (root: string, id: string) => ownPath(root, `base-${id}.jsonl`);

export const newBaseId = () => randomBytes(16).toString('hex');

/**
 * The base in force between these two sides: the one that the far side names, or the one that follows it. null: none.
 */
export async function readBase(root: string, id: string, local: string, far: string): Promise<BaseListing | null> {
  if (!local || !far) return null;
  const ours = (head: Head) => head.local === local && head.far === far;
  if (!idPattern.test(id)) return null;
  const next = await successorOf(root, id);
  const listing = next === null ? null : await readOne(baseFile(root, next), ours);
  return listing ?? readOne(baseFile(root, id), ours);
}

async function successorOf(root: string, id: string): Promise<string | null> {
  try {
    const found = successorSchema.parse(JSON.parse((await readText(successorFile(root))) ?? 'null'));
    return found.follows === id && idPattern.test(found.base) ? found.base : null;
  } catch {
    return null;
  }
}

/** From now on `base` is what holds where the far side still names `follows`. */
export const writeSuccessor = (root: string, base: string, follows: string): Promise<void> =>
  writeAtomically(successorFile(root), `${JSON.stringify({ base, follows })}\n`);

/** The far side was told: one that names an older base now was set back, and has nothing in common that is known. */
export const dropSuccessor = (root: string): Promise<void> => rm(successorFile(root), { force: true });

/** null unless it is there, whole, and wanted. */
async function readOne(file: string, wanted: (head: Head) => boolean): Promise<BaseListing | null> {
  const listing: BaseListing = new Map();
  try {
    let head: Head | undefined;
    let count = -1;
    for await (const line of linesOf(file)) {
      const value: unknown = JSON.parse(line);
      if (!head) {
        head = headSchema.parse(value);
        if (!wanted(head)) return null;
      } else if (typeof value === 'number') count = value;
      else {
        const [path, kind, mode, size, content, here, there] = rowSchema.parse(value);
        const entry: BaseEntry = { path, kind, mode, size, local: here, far: there };
        if (kind === 'f' && content) entry.hash = content;
        if (kind === 'l') entry.target = content;
        listing.set(path, entry);
      }
    }
    return count === listing.size ? listing : null;
  } catch {
    return null;
  }
}

export interface BaseIds {
  local: string;
  far: string;
}

export async function writeBase(root: string, id: string, ids: BaseIds, entries: Iterable<BaseEntry>): Promise<void> {
  const file = baseFile(root, id);
  await writeFlushed(`${file}.tmp`, text(ids, entries));
  await rename(`${file}.tmp`, file);
  await syncFolder(ownPath(root));
}

function* text(ids: BaseIds, entries: Iterable<BaseEntry>): Generator<string> {
  let part = jsonLine({ version: 1, ...ids });
  const seen = new Set<string>();
  for (const { path, kind, mode, size, hash, target, local, far } of entries) {
    if (seen.has(path)) continue;
    seen.add(path);
    part += jsonLine([path, kind, mode, size, hash ?? target ?? '', local, far]);
    if (part.length > 256 * 1024) {
      yield part;
      part = '';
    }
  }
  yield `${part}${seen.size}\n`;
}

/** Was there ever a move from or to this folder? */
export async function hasBase(root: string): Promise<boolean> {
  return (await bases(root)).length > 0;
}

/** Old bases go once the far side is known to be at this one. */
export async function dropOtherBases(root: string, id: string): Promise<void> {
  for (const name of await bases(root))
    if (!name.startsWith(`base-${id}.`)) await rm(ownPath(root, name), { force: true });
}

async function bases(root: string): Promise<string[]> {
  const names = await readdir(ownPath(root)).catch(() => []);
  return names.filter((name) => /^base-[0-9a-f]{32}\.jsonl$/.test(name));
}
