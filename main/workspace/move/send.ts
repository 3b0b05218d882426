/** Files of this computer into the far side's staging: small ones many to a frame, large ones in pieces, all in one stream. */
import { LabdockError } from '../../common/problem';
import type { AgentSession } from './agentSession';
import { at } from './disk';
import { headBytes, json, jsonFrame, putHead, type Frame } from './frames';
import { pieceBytes, readLarge, readSmall, smallBytes, type Read } from './localRead';
import type { Put } from './model';

/** What became of a put on its way. */
export type Sent = Extract<Read, { kind: 'file' }> | { kind: 'link' } | { kind: 'gone' } | { kind: 'unreadable' };

export interface TransferOptions {
  signal: AbortSignal;
  /** Of what the other side has on its disk (sending) or this one (receiving). */
  onProgress: (files: number, bytes: number) => void;
}

const groupFiles = 128;
const groupBytes = 512 * 1024;
const groupsReadAhead = 2;

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

interface Group {
  puts: Put[];
  read: Promise<Awaited<ReturnType<typeof readOne>>[]>;
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
  const ahead: Group[] = [];
  const fetch = () => {
    const next = groups.next();
    if (next.done) return;
    const read = Promise.all(next.value.map((put) => readOne(root, put)));
    read.catch(() => undefined);
    ahead.push({ puts: next.value, read });
  };
  for (let count = 0; count < groupsReadAhead; count++) fetch();
  for (let group = ahead.shift(); group; group = ahead.shift()) {
    signal.throwIfAborted();
    const results = await group.read;
    fetch();
    const rows: unknown[] = [];
    const contents: Buffer[] = [];
    for (const [index, put] of group.puts.entries()) {
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
    if (rows.length) await session.write(batchFrame(rows, contents));
  }
  return large;
}

async function readOne(root: string, { entry }: Put) {
  if (entry.kind === 'l') return { read: { kind: 'link' } as const, content: Buffer.alloc(0) };
  return readSmall(at(root, entry.path));
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
