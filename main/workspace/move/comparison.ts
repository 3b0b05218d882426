/** Both sides listed, read where needed, and merged: what a move is going to do. */
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { AgentSession, type OpenAgent } from './agentSession';
import { readBase } from './base';
import { fillHashes, unknownContent } from './compare';
import { at } from './disk';
import { hashFar, listFar, openFar, type FarSide } from './far';
import { ignores, parseIgnore, type IgnoreRule } from './ignore';
import { listFolder } from './localList';
import { hashFile } from './localRead';
import type { Contact, LocalSide } from './localSide';
import { merge } from './merge';
import { ownFolder, type BaseListing, type Direction, type Listing, type Plan, type Traits } from './model';

export interface MoveRequest {
  workspaceId: string;
  /** The workspace's folder on this computer, absolute. */
  folder: string;
  direction: Direction;
  openAgent: OpenAgent;
  /** Text of resources/move/agent.py. */
  agentSource: string;
  /** Python to try first on the far side. */
  pythonPath?: string;
  /** Larger files are left out and named. Bytes; none: no limit. */
  sizeLimitBytes?: number;
  /** Where the volume and HOME are over there; as every server has them unless a test says otherwise. */
  farRoot?: string;
  farHome?: string;
  /** For names of copies and the trash. */
  now?: Date;
}

export interface Compared {
  local: LocalSide;
  far: FarSide;
  /** null: a first copy. */
  base: BaseListing | null;
  plan: Plan;
  /** Relative folder in the destination's trash. */
  trash: string;
  label: string;
}

export const tree = 'work';
export const defaultRoots = { work: '/work', home: '/home/labdock' };
/** Files of this computer hashed at a time. */
const hashesAtOnce = 4;

export function startSession(request: MoveRequest, signal: AbortSignal): Promise<AgentSession> {
  return AgentSession.start(request.openAgent, request.agentSource, signal, request.pythonPath);
}

interface Looking {
  contact: Contact;
  signal: AbortSignal;
  onCount?: ((entries: number) => void) | undefined;
}

const listHere = (folder: string, rules: IgnoreRule[], sizeLimit: number, { signal, onCount }: Looking) =>
  listFolder(folder, { ignored: ignores(rules), sizeLimit, signal, ...(onCount && { onCount }) });

/** Milliseconds in which a pod that runs is reached; listing meanwhile would only keep the connection waiting. */
const headStartMs = 200;

/** Lists the source, where it is this side, while the far side is reached, which may take a pod to be made first. */
export function listBeside(
  starting: Promise<AgentSession>,
  request: MoveRequest,
  local: LocalSide,
  looking: Looking,
): Promise<Listing> | undefined {
  if (request.direction !== 'to-cluster') return undefined;
  const begin = Promise.race([starting, sleep(headStartMs, undefined, { ref: false })]);
  const rules = parseIgnore(local.ignore);
  const listing = begin.then(() => listHere(request.folder, rules, request.sizeLimitBytes ?? 0, looking));
  // The far side may fail first.
  listing.catch(() => undefined);
  return listing;
}

/**
 * Rejects with what the sides reject with.
 * @param listing this side's, where it is the source
 */
export async function compare(
  request: MoveRequest,
  session: AgentSession,
  { local, listing }: { local: LocalSide; listing: Promise<Listing> | undefined },
  looking: Looking,
): Promise<Compared> {
  const { folder, direction, workspaceId } = request;
  const { contact, signal } = looking;
  const root = request.farRoot ?? defaultRoots.work;
  const write = contact === 'move';
  const opening = openFar(session, { tree, root, workspace: workspaceId, write, owner: local.id });
  const toCluster = direction === 'to-cluster';
  // The rules are the source's: where that is here, nothing waits for the far side, whose program has yet to begin.
  const rules = parseIgnore(toCluster ? local.ignore : (await opening).ignore);
  // What is too large matters at the source alone; the destination keeps what it has.
  const limit = request.sizeLimitBytes ?? 0;
  const [far, there, here] = await Promise.all([
    opening,
    listFar(session, tree, { rules, sizeLimit: toCluster ? 0 : limit }),
    listing ?? listHere(folder, rules, 0, looking),
  ]);
  const known = await readBase(folder, far.base, local.id, far.id);
  // An empty side did not delete everything: it lost it, or never had it.
  const base = known && (known.size === 0 || (anything(here) && anything(there))) ? known : null;
  const hereNow = local.traits.platform === 'darwin' ? respelled(here, there) : here;
  const [source, destination] = toCluster ? [hereNow, there] : [there, hereNow];
  await learn({ request, session, here: hereNow, there, source, destination, base, signal });
  const now = request.now ?? new Date();
  const trash = `${ownFolder}/trash/${stamp(now)}-${randomBytes(3).toString('hex')}`;
  const label = `kept from ${toCluster ? 'cluster' : 'this computer'} ${day(now)}`;
  const traits: Traits = toCluster ? { platform: 'linux', insensitive: far.insensitive } : local.traits;
  const plan = merge({ direction, source, destination, base, traits, label, trash });
  return { local, far, base, plan, trash, label };
}

const anything = (listing: Listing) => [...listing.values()].some((entry) => !entry.why);

/** Fills in the hashes that the merge will ask for. */
async function learn(on: {
  request: MoveRequest;
  session: AgentSession;
  here: Listing;
  there: Listing;
  source: Listing;
  destination: Listing;
  base: BaseListing | null;
  signal: AbortSignal;
}): Promise<void> {
  const base: BaseListing = on.base ?? new Map<string, never>();
  fillHashes(on.here, base, 'local');
  fillHashes(on.there, base, 'far');
  const wanted = unknownContent(on.source, on.destination, base);
  const [mine, theirs] =
    on.source === on.here ? [wanted.source, wanted.destination] : [wanted.destination, wanted.source];
  const hashMine = async () => {
    const queue = mine.values();
    const work = async () => {
      for (const path of queue) {
        const hash = await hashFile(at(on.request.folder, path), on.signal);
        const entry = on.here.get(path);
        if (hash && entry) entry.hash = hash;
      }
    };
    await Promise.all(Array.from({ length: hashesAtOnce }, work));
  };
  const [, hashes] = await Promise.all([hashMine(), hashFar(on.session, tree, theirs)]);
  for (const [path, hash] of hashes) {
    const entry = on.there.get(path);
    if (entry) entry.hash = hash;
  }
}

/** macOS takes composed and decomposed letters for the same: a file is spelled as the far side spells it. */
export function respelled(here: Listing, there: Listing): Listing {
  const spelling = new Map<string, string>();
  for (const path of there.keys()) {
    const normal = path.normalize('NFC');
    if (normal !== path || !spelling.has(normal)) spelling.set(normal, spelling.get(normal) ?? path);
  }
  const out: Listing = new Map();
  for (const [path, entry] of here) {
    const name = there.has(path) ? path : (spelling.get(path.normalize('NFC')) ?? path.normalize('NFC'));
    out.set(name, { ...entry, path: name });
  }
  return out;
}

const two = (value: number) => String(value).padStart(2, '0');
export const day = (date: Date) => `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
const stamp = (date: Date) =>
  `${day(date).replaceAll('-', '')}-${two(date.getHours())}${two(date.getMinutes())}${two(date.getSeconds())}`;
