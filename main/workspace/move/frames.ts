/**
 * Frames on the agent's standard streams: 4 bytes length (big endian), 1 byte type, payload. The standard input of a
 * Kubernetes exec has no end, so everything says its own length. The far side's twin is in resources/move/agent.py.
 */
import type { Readable, Writable } from 'node:stream';

export type FrameType =
  | 'J' // a request
  | 'R' // its answer
  | 'M' // part of a listing, deflated
  | 'B' // many small files or links
  | 'F' // a large file begins
  | 'D' // a piece of it
  | 'E' // it ends
  | 'A' // what has been received so far
  | 'L' // lines of the journal
  | 'S' // signatures after the commit
  | 'X'; // trouble: the last frame

export interface Frame {
  type: FrameType;
  payload: Buffer;
}

export const headBytes = 5;
/** Larger ones are no frames of ours: something else speaks. */
const maxPayload = 64 * 1024 * 1024;

/** Writes the head in front of a payload that already stands in `buffer` behind `headBytes` free bytes. */
export function putHead(buffer: Buffer, type: FrameType, payloadBytes: number): void {
  buffer.writeUInt32BE(payloadBytes, 0);
  buffer.writeUInt8(type.charCodeAt(0), 4);
}

export function jsonFrame(type: FrameType, value: unknown): Buffer {
  return textFrame(type, JSON.stringify(value));
}

export function textFrame(type: FrameType, text: string): Buffer {
  const size = Buffer.byteLength(text);
  const frame = Buffer.allocUnsafe(headBytes + size);
  putHead(frame, type, size);
  frame.write(text, headBytes);
  return frame;
}

export const json = (frame: Frame): unknown => JSON.parse(frame.payload.toString('utf8'));

/** Writes frames, and waits while the other side is slower. Rejects once the stream has failed. */
export class FrameWriter {
  bytes = 0;
  #failure: Error | undefined;

  constructor(private readonly stream: Writable) {
    stream.on('error', (error) => (this.#failure ??= error));
    stream.on('close', () => (this.#failure ??= new Error('the stream was closed')));
  }

  /** Resolves when the next frame may follow. */
  async write(frame: Buffer): Promise<void> {
    if (this.#failure) throw this.#failure;
    this.bytes += frame.length;
    if (this.stream.write(frame)) return;
    await new Promise<void>((resolve, reject) => {
      const settle = () => {
        this.stream.off('drain', settle).off('close', settle).off('error', settle);
        if (this.#failure) reject(this.#failure);
        else resolve();
      };
      this.stream.on('drain', settle).on('close', settle).on('error', settle);
      if (this.#failure) settle();
    });
  }
}

/** Takes a byte stream apart; holds no more than one frame and one chunk of the stream. */
export async function* readFrames(stream: Readable, onBytes?: (count: number) => void): AsyncGenerator<Frame> {
  let chunks: Buffer[] = [];
  let held = 0;
  let wanted = headBytes;
  let type: FrameType | undefined;
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    onBytes?.(chunk.length);
    chunks.push(chunk);
    held += chunk.length;
    while (held >= wanted) {
      const whole = chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks, held);
      const part = whole.subarray(0, wanted);
      const rest = whole.subarray(wanted);
      chunks = rest.length ? [rest] : [];
      held = rest.length;
      if (type === undefined) {
        wanted = part.readUInt32BE(0);
        type = String.fromCharCode(part.readUInt8(4)) as FrameType;
        if (wanted > maxPayload || !/^[JRMBFDEALSX]$/.test(type)) throw new Error(`no frame: ${text(whole)}`);
      } else {
        yield { type, payload: part };
        type = undefined;
        wanted = headBytes;
      }
    }
  }
  if (held || type !== undefined) throw new Error('the stream ended within a frame');
}

const text = (bytes: Buffer) => JSON.stringify(bytes.subarray(0, 200).toString('utf8'));
