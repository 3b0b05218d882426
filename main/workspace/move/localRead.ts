/**
 * Reads files of this computer for sending: small ones whole, large ones in pieces, each with the hash of exactly what was
 * read and the proof that it did not change meanwhile.
 */
import { createHash, hash as hashOnce } from 'node:crypto';
import fs from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { codeOf, disk, isGone, modeOf, signatureOf } from './disk';
import type { Entry } from './model';

export const smallBytes = 256 * 1024;
export const pieceBytes = 512 * 1024;
/** A file that changes while it is read is read again so often, with a pause in between. */
export const attempts = 5;
const pauseMs = 200;

/** What was read, or why not. */
export type Read =
  | { kind: 'file'; size: number; mode: number; mtimeNs: string; hash: string; signature: string }
  | { kind: 'gone' }
  | { kind: 'unreadable'; detail: string }
  | { kind: 'changed' };

const flags = fs.constants.O_RDONLY | (fs.constants.O_NOFOLLOW ?? 0);

async function reading(file: string, once: (fd: number, before: fs.BigIntStats) => Promise<Read>): Promise<Read> {
  let fd: number;
  try {
    fd = await disk.open(file, flags);
  } catch (error) {
    return isGone(error) ? { kind: 'gone' } : { kind: 'unreadable', detail: codeOf(error) };
  }
  try {
    for (let attempt = 1; ; attempt++) {
      const before = await disk.fstat(fd);
      const read = await once(fd, before);
      if (read.kind !== 'changed' || attempt === attempts) return read;
      await sleep(pauseMs);
    }
  } catch (error) {
    if (error instanceof SendFailed) throw error.cause;
    return { kind: 'unreadable', detail: codeOf(error) };
  } finally {
    await disk.close(fd);
  }
}

/** Keeps the receiver's errors apart from the file's own. */
class SendFailed extends Error {}

const described = (stats: fs.BigIntStats, hash: string): Read => ({
  kind: 'file',
  size: Number(stats.size),
  mode: modeOf(stats),
  mtimeNs: String(stats.mtimeNs),
  hash,
  signature: signatureOf(stats),
});

/** A file of at most {@link smallBytes}; `grown` where it is larger by now. */
export async function readSmall(file: string): Promise<{ read: Read | { kind: 'grown' }; content: Buffer }> {
  let content = Buffer.alloc(0);
  let grown = false;
  const read = await reading(file, async (fd, before) => {
    const size = Number(before.size);
    grown = size > smallBytes;
    if (grown) return { kind: 'gone' };
    content = Buffer.allocUnsafe(size);
    const { bytesRead } = size ? await disk.read(fd, content, 0, size, 0) : { bytesRead: 0 };
    const after = await disk.fstat(fd);
    if (bytesRead !== size || signatureOf(after) !== signatureOf(before)) return { kind: 'changed' };
    return described(after, hashOnce('sha256', content));
  });
  return grown ? { read: { kind: 'grown' }, content } : { read, content };
}

/**
 * The same at once, into a buffer of the size that the listing gave; null where anything is unusual, for {@link readSmall}
 * to find out. Says of the file what the listing said: whoever asks has yet to look whether that is still so.
 */
export function readSmallNow(
  file: string,
  into: Buffer,
  { size, mode, mtimeNs, signature }: Pick<Entry, 'size' | 'mode' | 'mtimeNs' | 'signature'>,
): Read | null {
  let fd: number;
  try {
    fd = fs.openSync(file, flags);
  } catch {
    return null;
  }
  try {
    const bytesRead = into.length ? fs.readSync(fd, into, 0, into.length, 0) : 0;
    if (bytesRead !== into.length) return null;
    return { kind: 'file', size, mode, mtimeNs, hash: hashOnce('sha256', into), signature };
  } catch {
    return null;
  } finally {
    fs.closeSync(fd);
  }
}

/**
 * Reads a file in pieces into buffers that `take` hands out (with `offset` bytes left free in front) and gives them to
 * `send`. `restart` is called when all of it must be read again.
 */
export async function readLarge(
  file: string,
  to: {
    start(size: number): Promise<void>;
    take(): Promise<Buffer>;
    offset: number;
    send(buffer: Buffer, bytes: number): Promise<void>;
    restart(): Promise<void>;
  },
): Promise<Read> {
  const guarded = async (work: Promise<void>) => {
    await work.catch((cause: unknown) => {
      throw new SendFailed('', { cause });
    });
  };
  return reading(file, async (fd, before) => {
    await guarded(to.start(Number(before.size)));
    const hash = createHash('sha256');
    const fetch = async (position: number) => {
      const buffer = await to.take();
      const { bytesRead } = await disk.read(fd, buffer, to.offset, buffer.length - to.offset, position);
      return { buffer, bytesRead };
    };
    let position = 0;
    let next = fetch(position);
    try {
      for (;;) {
        const { buffer, bytesRead } = await next;
        position += bytesRead;
        // The disk reads on while this piece is hashed and sent.
        if (bytesRead) next = fetch(position);
        hash.update(buffer.subarray(to.offset, to.offset + bytesRead));
        await guarded(to.send(buffer, bytesRead));
        if (bytesRead === 0) break;
      }
    } finally {
      // Never close a file under a read.
      await next.catch(() => undefined);
    }
    const after = await disk.fstat(fd);
    if (position === Number(before.size) && signatureOf(after) === signatureOf(before))
      return described(after, hash.digest('hex'));
    await guarded(to.restart());
    return { kind: 'changed' };
  });
}

/** sha256 of a file that does not change meanwhile; undefined where it cannot be had. */
export async function hashFile(file: string, signal: AbortSignal): Promise<string | undefined> {
  const [one, two] = [Buffer.allocUnsafe(pieceBytes), Buffer.allocUnsafe(pieceBytes)];
  let turn = false;
  const read = await readLarge(file, {
    start: async () => undefined,
    take: async () => {
      turn = !turn;
      return turn ? one : two;
    },
    offset: 0,
    send: async () => signal.throwIfAborted(),
    restart: async () => undefined,
  });
  return read.kind === 'file' ? read.hash : undefined;
}
