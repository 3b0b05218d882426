/**
 * Docker's stream of 8-byte headers (stream type, three zero bytes, big-endian length), read by pulling: a slow reader
 * slows the engine down, and nothing is buffered beyond one chunk and one line per stream.
 * docker-modem's `demuxStream` ignores backpressure and never says that the stream ended.
 */
import { StringDecoder } from 'node:string_decoder';
import { LabdockError } from '../../common/problem';
import type { LogLine } from '../runtime';

export type StreamName = 'stdout' | 'stderr';

export interface Frame {
  stream: StreamName;
  /** True for the first piece of a frame: a long frame is passed on in the pieces it arrived in. */
  first: boolean;
  data: Buffer;
}

const headerBytes = 8;

/** Rejects with `engine-gone` when the stream breaks off inside a frame, `engine-error` when it is not multiplexed. */
export async function* frames(source: AsyncIterable<Buffer | string>): AsyncGenerator<Frame> {
  const header = Buffer.alloc(headerBytes);
  let headerLength = 0;
  let stream: StreamName = 'stdout';
  let left = 0;
  let first = false;
  for await (const piece of source) {
    let chunk = typeof piece === 'string' ? Buffer.from(piece) : piece;
    while (chunk.length > 0) {
      if (left === 0) {
        const taken = chunk.copy(header, headerLength, 0, headerBytes - headerLength);
        headerLength += taken;
        chunk = chunk.subarray(taken);
        if (headerLength < headerBytes) break;
        stream = streamOf(header);
        left = header.readUInt32BE(4);
        headerLength = 0;
        first = true;
        continue;
      }
      const data = chunk.subarray(0, left);
      chunk = chunk.subarray(data.length);
      left -= data.length;
      yield { stream, first, data };
      first = false;
    }
  }
  if (headerLength > 0 || left > 0) {
    throw new LabdockError('engine-gone', undefined, { detail: 'the stream broke off inside a frame' });
  }
}

function streamOf(header: Buffer): StreamName {
  const type = header[0];
  // 0 is stdin, which engines echo as output of the first stream; 3 carries errors of the engine itself.
  const known = type !== undefined && type <= 3 && header[1] === 0 && header[2] === 0 && header[3] === 0;
  if (!known) throw new LabdockError('engine-error', undefined, { detail: 'the stream is not multiplexed' });
  return type >= 2 ? 'stderr' : 'stdout';
}

/** What a finished command printed, each stream cut at `maxBytes` of UTF-8. */
export async function collect(
  source: AsyncIterable<Buffer | string>,
  maxBytes: number,
): Promise<{ stdout: string; stderr: string; truncated: boolean }> {
  const parts: Record<StreamName, Buffer[]> = { stdout: [], stderr: [] };
  const room: Record<StreamName, number> = { stdout: maxBytes, stderr: maxBytes };
  let truncated = false;
  for await (const { stream, data } of frames(source)) {
    const kept = data.subarray(0, room[stream]);
    if (kept.length < data.length) truncated = true;
    if (kept.length > 0) parts[stream].push(kept);
    room[stream] -= kept.length;
  }
  return {
    stdout: Buffer.concat(parts.stdout).toString('utf8'),
    stderr: Buffer.concat(parts.stderr).toString('utf8'),
    truncated,
  };
}

/** Longest line that is passed on, in characters; the rest of such a line is dropped and `…` stands for it. */
export const maxLineLength = 16_384;
/** `2026-11-23T08:00:00.123456789Z ` fits with room for a numeric zone. */
const maxStampBytes = 48;

/**
 * Frames of `logs?timestamps=1` to lines. The engine puts a time before every record, and a record is a frame; a long line
 * is several records, so a time inside a line is dropped, not shown.
 */
export class LogLines {
  readonly #streams = { stdout: new LineBuffer('stdout'), stderr: new LineBuffer('stderr') };

  push(frame: Frame): LogLine[] {
    return this.#streams[frame.stream].push(frame);
  }

  /** What stands in the buffers when the stream has ended without a newline. */
  end(): LogLine[] {
    return [...this.#streams.stdout.end(), ...this.#streams.stderr.end()];
  }
}

class LineBuffer {
  readonly #stream: StreamName;
  #decoder = new StringDecoder('utf8');
  /** Bytes of the frame's start until its time is complete; null once it is. */
  #stamp: Buffer | null = null;
  #time: string | undefined;
  #text = '';
  #open = false;
  #cut = false;

  constructor(stream: StreamName) {
    this.#stream = stream;
  }

  push({ first, data }: Frame): LogLine[] {
    let body = data;
    if (first) this.#stamp = Buffer.alloc(0);
    if (this.#stamp) {
      const start = Buffer.concat([this.#stamp, data]);
      const space = start.subarray(0, maxStampBytes).indexOf(0x20);
      if (space < 0 && start.length < maxStampBytes) {
        this.#stamp = start;
        return [];
      }
      this.#stamp = null;
      const time = space > 0 ? start.toString('latin1', 0, space) : '';
      const stamped = /^\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-]\d\d:\d\d)$/.test(time);
      if (stamped && !this.#open) this.#time = time;
      body = stamped ? start.subarray(space + 1) : start;
    }
    this.#open = true;
    return this.#take(this.#decoder.write(body));
  }

  #take(text: string): LogLine[] {
    const lines: LogLine[] = [];
    let rest = text;
    for (let newline = rest.indexOf('\n'); newline >= 0; newline = rest.indexOf('\n')) {
      this.#append(rest.slice(0, newline));
      lines.push(this.#line());
      rest = rest.slice(newline + 1);
    }
    if (rest.length > 0) {
      this.#open = true;
      this.#append(rest);
    }
    return lines;
  }

  #append(text: string) {
    const room = maxLineLength - this.#text.length;
    if (text.length > room) this.#cut = true;
    if (room > 0) this.#text += text.slice(0, room);
  }

  #line(): LogLine {
    let text = this.#text.endsWith('\r') ? this.#text.slice(0, -1) : this.#text;
    // A cut between the halves of a surrogate pair would leave half a character.
    if (this.#cut) text = text.replace(/[\ud800-\udbff]$/, '') + '…';
    const line: LogLine = { stream: this.#stream, ...(this.#time && { time: this.#time }), text };
    this.#text = '';
    this.#open = false;
    this.#cut = false;
    return line;
  }

  end(): LogLine[] {
    this.#append((this.#stamp?.toString('utf8') ?? '') + this.#decoder.end());
    this.#stamp = null;
    return this.#text.length > 0 ? [this.#line()] : [];
  }
}
