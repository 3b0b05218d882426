/**
 * Moves a workspace's files between the folder on this computer and the volume on a cluster, without loss:
 *
 * 1. Whatever an earlier move left unfinished on either side is finished or dropped.
 * 2. Both sides are listed and merged against the base (merge.ts): the source is only ever read.
 * 3. What is to come is copied into the destination's staging in one stream, verified by hash as it is written, and read
 *    again where it changed meanwhile. Until here the destination is as it was. Folders that are new on the cluster are made
 *    there and take their place whole (grafts.ts).
 * 4. The journal of all renames is flushed, put into force by its own rename, and carried out. What is replaced or deleted goes
 *    to `.labdock/trash`, what both sides changed is kept beside under a readable name: after the move the destination holds
 *    both versions, and the source what it had.
 * 5. The new base is written last.
 *
 * Not moved, and named in the result: what `.labdockignore` says, files above the size limit, unreadable ones, links that
 * lead out of the folder, sockets and the like, and names that the destination cannot hold. `.~name` copies of Jupyter's saves
 * stay as well; `.ipynb_checkpoints` go along, they are the user's way back. Permission bits and times of files are kept;
 * owners, extended attributes and the times of folders are not, and files with several names become several files.
 */
import { constants } from 'node:fs';
import { access, readdir, rename, rm } from 'node:fs/promises';
import { LabdockError, toProblem, type Problem } from '../../common/problem';
import type { AgentSession } from './agentSession';
import { dropOtherBases, dropSuccessor, hasBase, newBaseId, writeBase, writeSuccessor } from './base';
import { agreed } from './compare';
import { compare, defaultRoots, listBeside, startSession, tree, type Compared, type MoveRequest } from './comparison';
import { diskError, look, syncFolder, syncVolume } from './disk';
import { beginFar, commitFar, sealFar, unstageFar } from './far';
import { textFrame } from './frames';
import { Grafts, graftsOf } from './grafts';
import { homeStaging, homeToCluster, homeToLocal, type HomeMove, type HomeStore } from './home';
import { withFolderLock } from './folderLock';
import { journalText, type OnPut, type Redone } from './journal';
import {
  assertWritable,
  beginLocal,
  freeBytes,
  journalPath,
  openLocal,
  ownPath,
  recoverLocal,
  redoLocal,
  rollbackLocal,
  stagingPath,
  writeFlushed,
  type Contact,
} from './localSide';
import type { BaseEntry, Plan } from './model';
import { Meter, type OnProgress } from './progress';
import { copyAll, type Copied } from './copy';
import { outcome, summaryOf, type MoveSummary } from './summary';

export type { MoveRequest } from './comparison';
export type { HomeFile, HomeStore } from './home';
export type { OpenAgent } from './agentSession';
export type { Direction } from './model';

export interface Comparison extends MoveSummary {
  /** `other`: it is another volume than before, or set back; what it lacks is not taken for deleted. */
  farSide: 'new' | 'same' | 'other';
}

export interface Moved extends MoveSummary {
  /** Files of HOME that went along; `homeProblem` says why they did not. */
  homeFiles: number;
  homeProblem?: Problem;
  /** Bytes on the stream, both ways. */
  wireBytes: number;
}

/** What a move would do now. Changes nothing but to finish what an earlier move left unfinished. */
export async function compareSides(request: MoveRequest, signal: AbortSignal): Promise<Comparison> {
  return withSession(request, { contact: 'look', signal }, async (_, { plan, base }) => {
    const farSide = base ? 'same' : (await hasBase(request.folder)) ? 'other' : 'new';
    return { ...summaryOf(plan, base === null), farSide };
  });
}

/**
 * Moves the files. Rejects with `cancelled`, `move-interrupted`, `move-verify-failed`, `move-source-changed`,
 * `move-far-full`, `move-elsewhere` (another contact with the folder or the volume), and then the destination is as it was;
 * with `move-unfinished` once the journal was in force (the next contact carries it out); and with `folder-missing`,
 * `folder-read-only`, `cluster-error`.
 */
export async function moveFiles(
  request: MoveRequest & { home?: HomeStore },
  given: { signal: AbortSignal; onProgress?: OnProgress },
): Promise<Moved> {
  const meter = new Meter(given.onProgress);
  meter.stage('comparing');
  const onCount = (count: number) => meter.at(count, 0);
  return withSession(request, { contact: 'move', signal: given.signal, onCount }, async (session, compared, signal) => {
    try {
      await checkRoom(request, compared);
      const toCluster = request.direction === 'to-cluster';
      const move = newBaseId();
      const home = await stageHome(request, session, compared, move, signal);
      const grafts = toCluster ? await beginFar(session, tree, graftsOf(compared.plan)) : new Grafts([]);
      if (!toCluster) await beginLocal(request.folder);
      const copied = await copyAll(request, session, compared.plan, { signal, meter, base: compared.base, grafts });
      signal.throwIfAborted();
      meter.stage('committing', copied.files, copied.files, copied.bytes, copied.bytes);
      // From here on it is carried through, whatever the signal says: moments, and no way back in between.
      const { kept, failed } = toCluster
        ? await commitThere(request, session, compared, { ...copied, grafts }, move)
        : await commitHere(request, session, compared, copied, move);
      const homeProblem = home && (await home.commit().then(() => undefined, toProblem));
      const refused = compared.plan.puts.filter(({ number }) => failed.has(number)).map(({ entry }) => entry);
      const leftOut = [
        ...compared.plan.leftOut,
        ...copied.leftOut,
        ...refused.map(({ path, size }) => ({ path, bytes: size, why: 'refused' as const })),
        ...(home?.leftOut ?? []),
      ];
      return {
        ...outcome(compared.plan, compared.base === null, [...compared.plan.conflicts, ...kept], leftOut),
        files: copied.files - refused.length,
        bytes: copied.bytes - refused.reduce((sum, { size }) => sum + size, 0),
        homeFiles: homeProblem ? 0 : (home?.files ?? 0),
        ...(homeProblem && { homeProblem }),
        wireBytes: session.bytesReceived + session.writer.bytes,
      };
    } catch (error) {
      if (request.direction === 'to-local') await dropStaged(request.folder);
      throw diskError(error, request.folder);
    }
  });
}

/**
 * Finishes or drops what a move left unfinished on this computer's side; the far side's share follows at the next contact.
 * Rejects with `move-elsewhere` while somebody else is at it.
 */
export async function finishInterrupted(folder: string): Promise<'' | 'finished' | 'dropped'> {
  return inFolder(folder, 'look', new AbortController().signal, async (contact) => {
    if (contact === 'glance') return '';
    await rm(homeStaging(folder), { recursive: true, force: true });
    return recoverLocal(folder);
  });
}

/** Milliseconds to wait for another contact with the same folder. */
const patience = { move: 10_000, look: 3_000 };

/** With the folder's lock, and without one where only a look is taken and there is nothing to hold or no right to. */
async function inFolder<T>(
  folder: string,
  contact: 'move' | 'look',
  signal: AbortSignal,
  work: (contact: Contact, signal: AbortSignal) => Promise<T>,
): Promise<T> {
  if (!(await look(folder))) throw new LabdockError('folder-missing', { folder });
  const glance = contact === 'look' && !(await canWrite(ownPath(folder)));
  if (glance) return work('glance', signal);
  return withFolderLock(folder, { signal, patience: patience[contact] }, (held) => work(contact, held));
}

const canWrite = (path: string) =>
  access(path, constants.W_OK).then(
    () => true,
    () => false,
  );

/** Both sides compared, and a session in which to go on from there. */
async function withSession<T>(
  request: MoveRequest,
  { contact, signal, onCount }: { contact: 'move' | 'look'; signal: AbortSignal; onCount?: (entries: number) => void },
  work: (session: AgentSession, compared: Compared, signal: AbortSignal) => Promise<T>,
): Promise<T> {
  try {
    return await inFolder(request.folder, contact, signal, async (held, holding) => {
      const looking = { contact: held, signal: holding, onCount };
      const local = await openLocal(request.folder, request.workspaceId, held);
      const starting = startSession(request, holding);
      const listing = listBeside(starting, request, local, looking);
      const session = await starting;
      try {
        return await work(session, await compare(request, session, { local, listing }, looking), holding);
      } finally {
        await session.close();
      }
    });
  } catch (error) {
    if (signal.aborted && !(error instanceof LabdockError && error.problem.reason === 'move-unfinished'))
      throw new LabdockError('cancelled', undefined, { cause: error });
    throw error;
  }
}

/** Only staged things: a journal in force stays for the next contact. */
async function dropStaged(folder: string): Promise<void> {
  const journal = await look(journalPath(folder)).catch(() => null);
  if (!journal) await rollbackLocal(folder).catch(() => undefined);
  await rm(homeStaging(folder), { recursive: true, force: true }).catch(() => undefined);
}

/** Beyond its content a file takes a block and a name; bytes. */
const perFile = 4096 + 512;

async function checkRoom(request: MoveRequest, { plan, far }: Compared): Promise<void> {
  const needed = plan.puts.reduce((sum, { entry }) => sum + entry.size + perFile, 1024 * 1024);
  const toCluster = request.direction === 'to-cluster';
  if (!toCluster) await assertWritable(request.folder);
  else if (!far.writable) throw new LabdockError('cluster-error', { message: 'the volume is read-only' });
  const free = toCluster ? far.free : await freeBytes(request.folder);
  const where = toCluster ? 'cluster' : request.folder;
  if (needed > free) throw new LabdockError('move-far-full', { bytes: needed - free, where });
}

async function stageHome(
  request: MoveRequest & { home?: HomeStore },
  session: AgentSession,
  { trash, label }: Compared,
  move: string,
  signal: AbortSignal,
): Promise<HomeMove | undefined> {
  const { home, folder, direction, workspaceId: workspace } = request;
  if (!home) return undefined;
  const farHome = request.farHome ?? defaultRoots.home;
  const ask = { session, home, farHome, workspace, trash, label, move, signal };
  return direction === 'to-cluster' ? homeToCluster(ask) : homeToLocal(ask, folder);
}

/** The far side's journal carries the new base's id, so that files and base change together. */
async function commitThere(
  request: MoveRequest,
  session: AgentSession,
  compared: Compared,
  copied: Copied & { grafts: Grafts },
  move: string,
): Promise<Redone> {
  const { local, far, plan, label } = compared;
  const { grafts, skipped } = copied;
  const ids = { local: local.id, far: far.id };
  const known = plan.puts.flatMap(({ number }) => [[number, grafts.signatureOf(number) ?? ''] as const]);
  const before = { signatures: new Map(known), failed: new Set<number>() };
  const head = { version: 1, move, base: move, label } as const;
  const sendJournal = async () => {
    await unstageFar(session, tree, grafts.unwanted(plan.puts, skipped));
    for (const text of journalText(head, plan, skipped, grafts)) await session.write(textFrame('L', text));
    await sealFar(session, tree);
  };
  // Before it is in force over there the base must be readable here.
  await Promise.all([sendJournal(), writeBase(request.folder, move, ids, baseOf(request, compared, copied, before))]);
  session.committing = true;
  const { signatures, ...said } = await commitFar(session, tree);
  session.committing = false;
  const failed = new Set([...said.failed, ...grafts.failed(plan.puts, said.failed)]);
  const done = { ...said, failed, signatures: new Map([...before.signatures, ...signatures]) };
  // Where all came in new folders, what was written before holds already.
  if (signatures.size || failed.size)
    await writeBase(request.folder, move, ids, baseOf(request, compared, copied, done));
  // What the far side could not carry out made it name no base; now there is one that says so.
  if (done.failed.size) await session.request({ op: 'base', tree, base: move });
  await dropSuccessor(request.folder);
  await dropOtherBases(request.folder, move);
  return done;
}

async function commitHere(
  request: MoveRequest,
  session: AgentSession,
  compared: Compared,
  copied: Copied,
  move: string,
): Promise<Redone> {
  const { local, far, plan, label } = compared;
  const { folder } = request;
  const journal = journalPath(folder);
  await assertStaged(folder, plan, copied.skipped);
  await syncVolume(folder);
  await writeFlushed(`${journal}.tmp`, journalText({ version: 1, move, base: '', label }, plan, copied.skipped));
  await rename(`${journal}.tmp`, journal);
  await syncFolder(ownPath(folder));
  const signatures = new Map<number, string>();
  const onPut: OnPut = (number, signature) => signatures.set(number, signature);
  const done = await redoLocal(folder, { onPut }).catch((cause: unknown) => {
    throw new LabdockError('move-unfinished', undefined, { cause, detail: String(cause) });
  });
  const ids = { local: local.id, far: far.id };
  await writeBase(folder, move, ids, baseOf(request, compared, copied, { signatures, failed: done.failed }));
  // Everything is here. Where the far side cannot be told any more, this says the same at the next contact.
  if (far.base) await writeSuccessor(folder, move, far.base);
  const told = await session.request({ op: 'base', tree, base: move }).then(
    () => true,
    () => false,
  );
  if (told) {
    await dropSuccessor(folder);
    await dropOtherBases(folder, move);
  }
  return done;
}

/** What somebody took out of staging must not be believed to have arrived. */
async function assertStaged(folder: string, { puts }: Plan, skipped: ReadonlySet<number>): Promise<void> {
  const there = new Set(await readdir(stagingPath(folder)));
  const missing = puts.find(({ number }) => !skipped.has(number) && !there.has(String(number)));
  if (missing) throw new LabdockError('move-verify-failed', { path: missing.entry.path });
}

function* baseOf(
  { direction }: MoveRequest,
  { plan: { puts, settled }, base }: Compared,
  { sent, retained }: Copied,
  { signatures, failed }: { signatures: ReadonlyMap<number, string>; failed: ReadonlySet<number> },
): Generator<BaseEntry> {
  yield* settled;
  yield* retained;
  for (const { number, entry } of puts) {
    if (failed.has(number)) {
      const before = base?.get(entry.path);
      if (before) yield before;
      continue;
    }
    const what = sent.get(number);
    if (what?.kind === 'link') yield agreed(direction, entry, signatures.get(number) ?? '');
    if (what?.kind !== 'file') continue;
    const { size, hash, signature } = what;
    const mode = what.mode >= 0 ? what.mode : entry.mode;
    const { path, kind } = entry;
    yield agreed(direction, { path, kind, mode, size, hash, signature }, signatures.get(number) ?? '');
  }
}
