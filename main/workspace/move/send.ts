/** Files of this computer into the far side's staging: small ones many to a frame, large ones in pieces, all in one stream. */
import { LabdockError } from '../../common/problem';
import type { AgentSession } from './agentSession';
import { at } from './disk';
import { headBytes, json, jsonFrame, putHead, type Frame } from './frames';
import { pieceBytes, readLarge, readSmall, readSmallNow, smallBytes, type Read } from './localRead';
import type { Grafts, Place } from './grafts';
import type { Put } from './model';
import { Pace } from './pace';

/** What became of a put on its way. */
export type Sent = Extract<Read, { kind: 'file' }> | { kind: 'link' } | { kind: 'gone' } | { kind: 'unreadable' };

export interface TransferOptions {
  signal: AbortSignal;
  /** Of what the other side has on its disk (sending) or this one (receiving). */
  onProgress: (files: number, bytes: number) => void;
}

/** Of what is said of a file, beside its path. */
const rowBytes = 256;
const groupFiles = 128;
const groupBytes = 512 * 1024;

/**
 * What was sent may have changed since: the signatures in the outcome are for the caller to compare with what is there then.
 * Rejects with `move-source-changed` and with the session's reasons. What cannot be read is told in the outcome.
 * @param again they changed after their listing, which says nothing of them any more
 */
export async function sendPuts(
  session: AgentSession,
  root: string,
  puts: readonly Put[],
  { signal, onProgress, grafts, again }: TransferOptions & { grafts: Grafts; again: boolean },
): Promise<Map<number, Sent>> {
  const outcome = new Map<number, Sent>();
  session.onFrame = (frame: Frame) => {
    if (frame.type === 'A') onProgress(...(json(frame) as [number, number]));
    if (frame.type !== 'S') return;
    for (const [number, signature] of json(frame) as [number, string][]) grafts.arrived(number, signature);
  };
  const large = await sendSmall(session, root, puts, { signal, outcome, grafts, again });
  for (const put of large) {
    signal.throwIfAborted();
    outcome.set(put.number, await sendLarge(session, root, put, placeFor(put, grafts)));
  }
  return outcome;
}

/** Returns what is too large for a group. */
async function sendSmall(
  session: AgentSession,
  root: string,
  puts: readonly Put[],
  given: { signal: AbortSignal; outcome: Map<number, Sent>; grafts: Grafts; again: boolean },
): Promise<Put[]> {
  const { signal, outcome, grafts, again } = given;
  const large = puts.filter(({ entry }) => entry.kind === 'f' && entry.size > smallBytes);
  const groups = grouped(puts.filter(({ entry }) => entry.kind !== 'f' || entry.size <= smallBytes));
  const pace = new Pace();
  let sending: Promise<void> = Promise.resolve();
  for (const group of groups) {
    signal.throwIfAborted();
    const { results, buffer, room } = await readGroup(root, group, pace, again);
    const rows: unknown[] = [];
    const contents: Buffer[] = [];
    for (const [index, put] of group.entries()) {
      const { read, content } = results[index]!;
      if (read.kind === 'grown') large.push(put);
      else if (read.kind === 'changed') throw new LabdockError('move-source-changed', { path: put.entry.path });
      else {
        outcome.set(put.number, read);
        const place = placeFor(put, grafts);
        if (read.kind === 'link') rows.push([put.number, 'l', put.entry.target, place]);
        if (read.kind !== 'file') continue;
        rows.push([...row(put, read), place]);
        contents.push(content);
      }
    }
    // The next group is read while this one is on its way.
    await sending;
    if (rows.length) sending = session.write(batchFrame(rows, contents, { buffer, room }));
    sending.catch(() => undefined);
  }
  await sending;
  return large;
}

type ReadOne = { read: Read | { kind: 'grown' } | { kind: 'link' }; content: Buffer };
const nothing = Buffer.alloc(0);

/** `room`: bytes at the beginning of the buffer that nothing was read into. */
async function readGroup(
  root: string,
  group: Put[],
  pace: Pace,
  again: boolean,
): Promise<{ results: ReadOne[]; buffer: Buffer; room: number }> {
  const results: ReadOne[] = [];
  const later: Promise<void>[] = [];
  // One buffer for all, with room for what is said of them: thousands of small ones would keep the collector busy.
  const room = group.reduce((sum, { entry }) => sum + rowBytes + 2 * entry.path.length, headBytes + 4);
  const buffer = Buffer.allocUnsafe(group.reduce((sum, { entry }) => sum + entry.size, room));
  let offset = room;
  for (const [index, { entry }] of group.entries()) {
    if (entry.kind === 'l') {
      results[index] = { read: { kind: 'link' }, content: nothing };
      continue;
    }
    const file = at(root, entry.path);
    const content = buffer.subarray(offset, (offset += entry.size));
    const read = pace.quick && !again ? pace.now(() => readSmallNow(file, content, entry)) : null;
    if (read) results[index] = { read, content };
    else later.push(readSmall(file).then((one) => void (results[index] = one)));
    if (pace.spent) await pace.breathe();
  }
  await Promise.all(later);
  return { results, buffer, room };
}

/** Where the far side puts it, and whether it put an earlier version there: another file's name is not taken over. */
function placeFor(put: Put, grafts: Grafts): [...Place, again: boolean] | null {
  const place = grafts.placeOf(put.entry.path);
  return place ? [...place, grafts.signatureOf(put.number) !== undefined] : null;
}

/** Without a place, name and folder are the journal's; the mode is the plan's, because a side without modes says nothing about them. */
const row = (put: Put, read: Extract<Read, { kind: 'file' }>) => [
  put.number,
  'f',
  read.size,
  read.mode >= 0 ? read.mode : put.entry.mode,
  read.mtimeNs,
  read.hash,
];

function* grouped(puts: readonly Put[]): Generator<Put[]> {
  let group: Put[] = [];
  let bytes = 0;
  for (const put of puts) {
    group.push(put);
    bytes += put.entry.size;
    if (group.length >= groupFiles || bytes >= groupBytes) {
      yield group;
      group = [];
      bytes = 0;
    }
  }
  if (group.length) yield group;
}

/**
 * Many small files in one frame.
 * @param read where the contents may stand one after the other already, behind some room: what is said of them then goes
 * before them, and nothing is copied
 */
export function batchFrame(rows: unknown[], contents: Buffer[], read?: { buffer: Buffer; room: number }): Buffer {
  const head = Buffer.from(JSON.stringify(rows), 'utf8');
  const size = contents.reduce((sum, content) => sum + content.length, 4 + head.length);
  const before = headBytes + 4 + head.length;
  const inPlace = read && before <= read.room && follow(contents, read);
  const frame = inPlace
    ? read.buffer.subarray(read.room - before, read.room - before + headBytes + size)
    : Buffer.allocUnsafe(headBytes + size);
  putHead(frame, 'B', size);
  frame.writeUInt32BE(head.length, headBytes);
  head.copy(frame, headBytes + 4);
  if (!inPlace) for (let at = before, i = 0; i < contents.length; i++) at += contents[i]!.copy(frame, at);
  return frame;
}

/** Whether these pieces of the buffer are all of it behind the room, in their order. */
function follow(contents: readonly Buffer[], { buffer, room }: { buffer: Buffer; room: number }): boolean {
  let at = buffer.byteOffset + room;
  for (const content of contents) {
    if (content.length === 0) continue;
    if (content.buffer !== buffer.buffer || content.byteOffset !== at) return false;
    at += content.length;
  }
  return true;
}

async function sendLarge(
  session: AgentSession,
  root: string,
  put: Put,
  place: ReturnType<typeof placeFor>,
): Promise<Sent> {
  let started = false;
  const read = await readLarge(at(root, put.entry.path), {
    offset: headBytes,
    start: (size) => {
      started = true;
      return session.write(jsonFrame('F', [put.number, size, place]));
    },
    // A fresh one for each piece: whoever stands behind the stream may hold it longer than the stream says.
    take: async () => Buffer.allocUnsafeSlow(headBytes + pieceBytes),
    send: async (buffer, bytes) => {
      if (bytes === 0) return;
      putHead(buffer, 'D', bytes);
      await session.write(buffer.subarray(0, headBytes + bytes));
    },
    restart: () => session.write(jsonFrame('E', [put.number, 'again'])),
  });
  if (read.kind === 'changed') throw new LabdockError('move-source-changed', { path: put.entry.path });
  if (read.kind === 'file') await session.write(jsonFrame('E', row(put, read)));
  else if (started) await session.write(jsonFrame('E', [put.number, 'again']));
  return read;
}
