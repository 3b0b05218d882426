/** What is asked of the far side, with its answers checked. */
import { promisify } from 'node:util';
import { inflate } from 'node:zlib';
import { z } from 'zod';
import type { AgentSession } from './agentSession';
import { json } from './frames';
import { Grafts, type Graft, type Place } from './grafts';
import type { IgnoreRule } from './ignore';
import type { Entry, Listing } from './model';

const openSchema = z.object({
  id: z.string(),
  base: z.string(),
  recovered: z.enum(['', 'finished', 'dropped']),
  ignore: z.string(),
  insensitive: z.boolean(),
  free: z.number(),
  writable: z.boolean(),
});
export type FarSide = z.infer<typeof openSchema>;

/** `owner`: the folder at this end. An earlier session of the same one, should it still be there, is ended. */
export async function openFar(
  session: AgentSession,
  ask: { tree: string; root: string; workspace: string; write: boolean; owner: string },
): Promise<FarSide> {
  return openSchema.parse(await session.request({ op: 'open', ...ask }));
}

type Row = [string, Entry['kind'], number, number, string, string, string, Entry['why'] | ''];
const unzip = promisify<Buffer, Buffer>(inflate);

/** `sizeLimit` in bytes, 0: none. */
export async function listFar(
  session: AgentSession,
  tree: string,
  { rules, sizeLimit }: { rules: IgnoreRule[]; sizeLimit: number },
): Promise<Listing> {
  const listing: Listing = new Map();
  session.onFrame = async (frame) => {
    if (frame.type !== 'M') return;
    const rows = JSON.parse((await unzip(frame.payload)).toString('utf8')) as Row[];
    for (const [path, kind, mode, size, mtimeNs, signature, target, why] of rows) {
      const entry: Entry = { path, kind, mode, size: kind === 'f' ? size : 0, mtimeNs, signature };
      if (kind === 'l') entry.target = target;
      if (why) entry.why = why;
      listing.set(path, entry);
    }
  };
  const patterns = rules.map(({ pattern, negated, foldersOnly }) => [pattern, negated, foldersOnly]);
  await session.request({ op: 'list', tree, rules: patterns, limit: sizeLimit });
  return listing;
}

const pathsPerRequest = 500;

function* parts<T>(all: readonly T[], size: number): Generator<T[]> {
  for (let start = 0; start < all.length; start += size) yield all.slice(start, start + size);
}

export async function hashFar(session: AgentSession, tree: string, paths: readonly string[]) {
  const schema = z.object({ hashes: z.array(z.string().nullable()) });
  const found = new Map<string, string>();
  for (const part of parts(paths, pathsPerRequest)) {
    const { hashes } = schema.parse(await session.request({ op: 'hash', tree, paths: part }));
    for (const [index, path] of part.entries()) if (hashes[index]) found.set(path, hashes[index]);
  }
  return found;
}

/** Makes staging, and in it the new folders; returns those that the far side could make and does not have. */
export async function beginFar(session: AgentSession, tree: string, grafts: readonly Graft[]): Promise<Grafts> {
  const asked = grafts.map(({ number, path, folders }) => [number, path, folders]);
  const { refused } = z
    .object({ refused: z.array(z.number()) })
    .parse(await session.request({ op: 'begin', tree, grafts: asked }));
  const without = new Set(refused);
  return new Grafts(grafts.filter(({ number }) => !without.has(number)));
}

/** Resolves when the far side has dealt with everything that was sent before; it begins to bring that to its disk. */
export async function caughtUp(session: AgentSession): Promise<void> {
  await session.request({ op: 'settle' });
}

/** Resolves when what is staged there and its journal are on the disk. Nothing has taken effect. */
export async function sealFar(session: AgentSession, tree: string): Promise<void> {
  await session.request({ op: 'seal', tree });
}

/** Takes out of staging what came and is not wanted any more. */
export async function unstageFar(session: AgentSession, tree: string, places: readonly Place[]): Promise<void> {
  for (const part of parts(places, pathsPerRequest)) await session.request({ op: 'unstage', tree, places: part });
}

export async function signaturesFar(session: AgentSession, tree: string, paths: readonly string[]) {
  const schema = z.object({ signatures: z.array(z.string().nullable()) });
  const found: (string | null)[] = [];
  for (const part of parts(paths, pathsPerRequest * 4))
    found.push(...schema.parse(await session.request({ op: 'stat', tree, paths: part })).signatures);
  return found;
}

/** Puts the journal, already sent, into force and carries it out; signatures of the puts come while it does. */
export async function commitFar(session: AgentSession, tree: string) {
  const signatures = new Map<number, string>();
  session.onFrame = (frame) => {
    if (frame.type !== 'S') return;
    for (const [number, signature] of json(frame) as [number, string][]) signatures.set(number, signature);
  };
  const schema = z.object({ kept: z.array(z.tuple([z.string(), z.string()])), failed: z.array(z.number()) });
  const { kept, failed } = schema.parse(await session.request({ op: 'commit', tree }));
  return { signatures, kept: kept.map(([path, copy]) => ({ path, copy })), failed: new Set(failed) };
}

export interface FarFile {
  path: string;
  size: number;
  mode: number;
  mtimeNs: string;
  /** null: larger than the limit, or not readable. */
  hash: string | null;
}

/** Regular files at or below the paths, in the paths' order. */
export async function filesFar(session: AgentSession, tree: string, paths: readonly string[], limit: number) {
  const row = z.tuple([z.string(), z.number(), z.number(), z.string(), z.string().nullable()]);
  const answer = z.object({ files: z.array(row) }).parse(await session.request({ op: 'files', tree, paths, limit }));
  return answer.files.map(([path, size, mode, mtimeNs, hash]): FarFile => ({ path, size, mode, mtimeNs, hash }));
}
