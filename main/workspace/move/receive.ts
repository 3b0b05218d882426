/** Files of the far side into this computer's staging; each is verified against the hash of what was sent. */
import { createHash, type Hash } from 'node:crypto';
import { symlink } from 'node:fs/promises';
import fs from 'node:fs';
import path from 'node:path';
import { LabdockError } from '../../common/problem';
import { settleAll } from '../../common/settleAll';
import type { AgentSession } from './agentSession';
import { codeOf, disk, diskError } from './disk';
import { json, type Frame } from './frames';
import type { Put } from './model';
import type { Sent, TransferOptions } from './send';

/** What the agent says of a file it sent (resources/move/agent.py, `Sender.row`). */
type Row = [number, 'f', size: number, mode: number, mtimeNs: string, hash: string, signature: string];
type Absent = [number, 'gone' | 'unreadable' | 'again', detail?: string];

const itemsPerRequest = 2000;
const filesAtOnce = 16;
/** Bytes of a large file after which it is brought to the disk while the rest arrives. */
const flushEvery = 32 * 1024 * 1024;

/** Rejects with `move-verify-failed`, `move-source-changed`, `move-far-full`, and with the session's reasons. */
export async function receivePuts(
  session: AgentSession,
  tree: string,
  root: string,
  staging: string,
  puts: readonly Put[],
  options: TransferOptions,
): Promise<Map<number, Sent>> {
  const receiver = new Receiver(puts, staging, options);
  session.onFrame = (frame) =>
    receiver.frame(frame).catch((error: unknown) => {
      session.fail(diskError(error, root));
    });
  try {
    await receiver.links();
    const files = puts.filter(({ entry }) => entry.kind === 'f');
    const answers: Promise<unknown>[] = [];
    for (let start = 0; start < files.length; start += itemsPerRequest) {
      options.signal.throwIfAborted();
      const items = files.slice(start, start + itemsPerRequest).map(({ number, entry }) => [number, entry.path]);
      answers.push(session.request({ op: 'get', tree, items }));
      if (answers.length > 1) await answers.shift();
    }
    await Promise.all(answers);
  } finally {
    await receiver.close();
  }
  return receiver.outcome;
}

class Receiver {
  readonly outcome = new Map<number, Sent>();
  #files = 0;
  #bytes = 0;
  #large: Large | undefined;
  /** The frame under way. */
  #taking: Promise<void> = Promise.resolve();
  /** Something failed, or nobody waits any more: what still comes is not written. */
  #over = false;
  readonly #puts: Map<number, Put>;

  constructor(
    puts: readonly Put[],
    private readonly staging: string,
    private readonly options: TransferOptions,
  ) {
    this.#puts = new Map(puts.map((put) => [put.number, put]));
  }

  async links(): Promise<void> {
    for (const { number, entry } of this.#puts.values()) {
      if (entry.kind !== 'l') continue;
      try {
        await symlink(entry.target ?? '', path.join(this.staging, String(number)));
        this.outcome.set(number, { kind: 'link' });
      } catch (error) {
        // Windows lets only some people make links.
        if (codeOf(error) !== 'EPERM') throw error;
        this.outcome.set(number, { kind: 'unreadable' });
      }
    }
  }

  async frame(frame: Frame): Promise<void> {
    if (this.#over) return;
    const taking = this.take(frame);
    this.#taking = taking.catch(() => void (this.#over = true));
    return taking;
  }

  private async take(frame: Frame): Promise<void> {
    if (frame.type === 'B') return this.batch(frame.payload);
    if (frame.type === 'F') {
      const [number] = json(frame) as [number];
      this.#large = await Large.open(path.join(this.staging, String(number)));
    } else if (frame.type === 'D') {
      await this.#large?.write(frame.payload);
      this.#progress(0, frame.payload.length);
    } else if (frame.type === 'E') await this.last(json(frame) as Row | Absent);
  }

  /** Afterwards nothing is written any more: whoever drops what is staged must not race with it. */
  async close(): Promise<void> {
    this.#over = true;
    await this.#taking;
    await this.#large?.close().catch(() => undefined);
    this.#large = undefined;
  }

  #progress(files: number, bytes: number): void {
    this.#files += files;
    this.#bytes += bytes;
    this.options.onProgress(this.#files, this.#bytes);
  }

  private async batch(payload: Buffer): Promise<void> {
    const size = payload.readUInt32BE(0);
    const rows = JSON.parse(payload.toString('utf8', 4, 4 + size)) as (Row | Absent)[];
    let offset = 4 + size;
    let running: Promise<void>[] = [];
    for (const row of rows) {
      if (row[1] !== 'f') {
        this.absent(row);
        continue;
      }
      const content = payload.subarray(offset, offset + row[2]);
      offset += row[2];
      running.push(this.small(row, content));
      if (running.length >= filesAtOnce) {
        await settleAll(running);
        running = [];
      }
    }
    await settleAll(running);
    this.#progress(rows.length, offset - 4 - size);
  }

  private absent([number, kind]: Absent): void {
    if (kind !== 'again') this.outcome.set(number, { kind });
  }

  private async small(row: Row, content: Buffer): Promise<void> {
    this.verify(row, createHash('sha256').update(content).digest('hex'));
    const fd = await disk.open(path.join(this.staging, String(row[0])), 'w', 0o600);
    try {
      await writeAll(fd, content, 0);
      await finish(fd, row);
    } finally {
      await disk.close(fd);
    }
    this.outcome.set(row[0], sentOf(row));
  }

  private async last(row: Row | Absent): Promise<void> {
    const large = this.#large;
    this.#large = undefined;
    if (!large) return;
    try {
      if (row[1] !== 'f') return this.absent(row);
      this.verify(row, large.hash.digest('hex'));
      await large.settle();
      await finish(large.fd, row);
      this.outcome.set(row[0], sentOf(row));
      this.#progress(1, 0);
    } finally {
      await large.close();
    }
  }

  private verify(row: Row, hash: string): void {
    if (hash !== row[5])
      throw new LabdockError('move-verify-failed', { path: this.#puts.get(row[0])?.entry.path ?? String(row[0]) });
  }
}

const sentOf = ([, , size, mode, mtimeNs, hash, signature]: Row): Sent => ({
  kind: 'file',
  ...{ size, mode, mtimeNs, hash, signature },
});

async function finish(fd: number, [, , , mode, mtimeNs]: Row): Promise<void> {
  const seconds = Number(mtimeNs) / 1e9;
  await disk.futimes(fd, seconds, seconds);
  if (process.platform === 'win32') await disk.fsync(fd);
  else await disk.fchmod(fd, mode);
}

async function writeAll(fd: number, content: Buffer, position: number): Promise<void> {
  for (let done = 0; done < content.length;) {
    const { bytesWritten } = await disk.write(fd, content, done, content.length - done, position + done);
    done += bytesWritten;
  }
}

/** A large file on its way to the disk: written while the next piece arrives, flushed in between. */
class Large {
  readonly hash: Hash = createHash('sha256');
  #position = 0;
  #writing: Promise<void> = Promise.resolve();
  #flushing: Promise<unknown> | undefined;
  #unflushed = 0;

  private constructor(readonly fd: number) {}

  static async open(file: string): Promise<Large> {
    return new Large(await disk.open(file, 'w', 0o600));
  }

  /** Resolves when the piece before this one is written. */
  async write(content: Buffer): Promise<void> {
    await this.#writing;
    this.#writing = writeAll(this.fd, content, this.#position);
    this.#writing.catch(() => undefined);
    this.#position += content.length;
    this.hash.update(content);
    this.#unflushed += content.length;
    if (this.#unflushed >= flushEvery && !this.#flushing) {
      this.#unflushed = 0;
      // The flush at the end says what goes wrong.
      const flushed = new Promise<void>((resolve) => fs.fdatasync(this.fd, () => resolve()));
      this.#flushing = flushed.then(() => (this.#flushing = undefined));
    }
  }

  async settle(): Promise<void> {
    await this.#writing;
    await this.#flushing;
  }

  async close(): Promise<void> {
    await this.settle().catch(() => undefined);
    await disk.close(this.fd);
  }
}
