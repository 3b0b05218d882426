/** Files of this computer into the far side's staging: small ones many to a frame, large ones in pieces, all in one stream. */
import { LabdockError } from '../../common/problem';
import type { AgentSession } from './agentSession';
import { at } from './disk';
import { headBytes, json, jsonFrame, putHead, type Frame } from './frames';
import { pieceBytes, readLarge, readSmall, readSmallNow, smallBytes, type Read } from './localRead';
import type { Put } from './model';
import { Pace } from './pace';

/** What became of a put on its way. */
export type Sent = Extract<Read, { kind: 'file' }> | { kind: 'link' } | { kind: 'gone' } | { kind: 'unreadable' };

export interface TransferOptions {
  signal: AbortSignal;
  /** Of what the other side has on its disk (sending) or this one (receiving). */
  onProgress: (files: number, bytes: number) => void;
}

const groupFiles = 128;
const groupBytes = 512 * 1024;

/** Rejects with `move-source-changed` and with the session's reasons. What cannot be read is told in the outcome. */
export async function sendPuts(
  session: AgentSession,
  root: string,
  puts: readonly Put[],
  { signal, onProgress }: TransferOptions,
): Promise<Map<number, Sent>> {
  const outcome = new Map<number, Sent>();
  session.onFrame = (frame: Frame) => {
    if (frame.type !== 'A') return;
    const [files, bytes] = json(frame) as [number, number];
    onProgress(files, bytes);
  };
  const large = await sendSmall(session, root, puts, signal, outcome);
  for (const put of large) {
    signal.throwIfAborted();
    outcome.set(put.number, await sendLarge(session, root, put));
  }
  return outcome;
}

/** Returns what is too large for a group. */
async function sendSmall(
  session: AgentSession,
  root: string,
  puts: readonly Put[],
  signal: AbortSignal,
  outcome: Map<number, Sent>,
): Promise<Put[]> {
  const large = puts.filter(({ entry }) => entry.kind === 'f' && entry.size > smallBytes);
  const groups = grouped(puts.filter(({ entry }) => entry.kind !== 'f' || entry.size <= smallBytes));
  const pace = new Pace();
  let sending: Promise<void> = Promise.resolve();
  for (const group of groups) {
    signal.throwIfAborted();
    const results = await readGroup(root, group, pace);
    const rows: unknown[] = [];
    const contents: Buffer[] = [];
    for (const [index, put] of group.entries()) {
      const { read, content } = results[index]!;
      if (read.kind === 'grown') large.push(put);
      else if (read.kind === 'changed') throw new LabdockError('move-source-changed', { path: put.entry.path });
      else {
        outcome.set(put.number, read);
        if (read.kind === 'link') rows.push([put.number, 'l', put.entry.target]);
        if (read.kind !== 'file') continue;
        rows.push(row(put, read));
        contents.push(content);
      }
    }
    // The next group is read while this one is on its way.
    await sending;
    if (rows.length) sending = session.write(batchFrame(rows, contents));
    sending.catch(() => undefined);
  }
  await sending;
  return large;
}

type ReadOne = { read: Read | { kind: 'grown' } | { kind: 'link' }; content: Buffer };
const nothing = Buffer.alloc(0);

async function readGroup(root: string, group: Put[], pace: Pace): Promise<ReadOne[]> {
  const results: ReadOne[] = [];
  const later: Promise<void>[] = [];
  // One buffer for all: thousands of small ones would keep the collector busy.
  const buffer = Buffer.allocUnsafe(group.reduce((sum, { entry }) => sum + entry.size, 0));
  let offset = 0;
  for (const [index, { entry }] of group.entries()) {
    if (entry.kind === 'l') {
      results[index] = { read: { kind: 'link' }, content: nothing };
      continue;
    }
    const file = at(root, entry.path);
    const content = buffer.subarray(offset, (offset += entry.size));
    const read = pace.quick ? pace.now(() => readSmallNow(file, content, entry.signature)) : null;
    if (read) results[index] = { read, content };
    else later.push(readSmall(file).then((one) => void (results[index] = one)));
    await pace.breathe();
  }
  await Promise.all(later);
  return results;
}

/** Name and place are the journal's; the mode is the plan's, because a side without modes says nothing about them. */
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

export function batchFrame(rows: unknown[], contents: Buffer[]): Buffer {
  const head = Buffer.from(JSON.stringify(rows), 'utf8');
  const size = 4 + head.length + contents.reduce((sum, content) => sum + content.length, 0);
  const prefix = Buffer.allocUnsafe(headBytes + 4);
  putHead(prefix, 'B', size);
  prefix.writeUInt32BE(head.length, headBytes);
  return Buffer.concat([prefix, head, ...contents], headBytes + size);
}

async function sendLarge(session: AgentSession, root: string, put: Put): Promise<Sent> {
  let started = false;
  const read = await readLarge(at(root, put.entry.path), {
    offset: headBytes,
    start: (size) => {
      started = true;
      return session.write(jsonFrame('F', [put.number, size]));
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
