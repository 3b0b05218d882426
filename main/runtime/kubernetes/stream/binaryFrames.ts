/**
 * Takes the binary messages out of a websocket's bytes while they arrive. The library joins every message in memory that is
 * new each time: with messages of a kubelet's size that is most of what a download costs here. Everything else (control
 * frames, what is not allowed) goes on to the library, which has made the handshake and answers for the protocol.
 */
import type { Socket } from 'node:net';
import type WebSocket from 'ws';

const opcodes = { continuation: 0, binary: 2, close: 8 } as const;

export interface BinaryFramesOptions {
  /** Bytes of one frame. The library refuses a larger one. */
  maxBytes: number;
  /** `first`: a message begins with this piece; others go on with the one before. Never empty; valid for good. */
  onPiece: (piece: Buffer, first: boolean) => void;
  /** Bytes of all other frames, as they came. */
  onOther: (bytes: Buffer) => void;
}

/** The server's frames, cut wherever the network cut them (RFC 6455, 5.2). */
export class BinaryFrames {
  #header: number[] = [];
  #left = 0;
  /** The frame under way. */
  #frame: 'ours' | 'other' | 'last' = 'other';
  #first = false;
  /** A message in several frames is under way, and it is ours. */
  #message = false;
  /** After a close frame nothing counts; after a frame that is not allowed all is the library's. */
  #rest: 'read' | 'other' | 'nothing' = 'read';

  constructor(private readonly options: BinaryFramesOptions) {}

  feed(chunk: Buffer): void {
    for (let at = 0; at < chunk.length;) {
      if (this.#rest === 'nothing') return;
      if (this.#rest === 'other') return this.options.onOther(chunk.subarray(at));
      if (this.#left === 0) {
        this.#header.push(chunk[at++]!);
        this.#begin();
      } else {
        const piece = chunk.subarray(at, at + this.#left);
        at += piece.length;
        this.#left -= piece.length;
        this.#take(piece);
      }
    }
  }

  #take(piece: Buffer): void {
    if (this.#frame === 'ours') {
      const first = this.#first;
      this.#first = false;
      this.options.onPiece(piece, first);
    } else {
      this.options.onOther(piece);
      if (this.#frame === 'last' && this.#left === 0) this.#rest = 'nothing';
    }
  }

  /** Once the header is whole. */
  #begin(): void {
    const header = this.#header;
    if (header.length < 2) return;
    const [flags, lengths] = [header[0]!, header[1]!];
    const short = lengths & 0x7f;
    const extended = short === 126 ? 2 : short === 127 ? 8 : 0;
    if (header.length < 2 + extended) return;
    this.#header = [];
    const bytes = extended === 0 ? short : header.slice(2).reduce((sum, byte) => sum * 256 + byte, 0);
    const opcode = flags & 0x0f;
    const last = (flags & 0x80) !== 0;
    const begins = opcode === opcodes.binary && !this.#message;
    const ours = begins || (opcode === opcodes.continuation && this.#message);
    // Reserved bits, a mask (which no server sets), a message within a message, one too large: the library says so.
    const allowed = (flags & 0x70) === 0 && (lengths & 0x80) === 0 && bytes <= this.options.maxBytes;
    if (ours && allowed) {
      this.#frame = 'ours';
      this.#first = begins;
      this.#message = !last;
    } else {
      if (!allowed || ours || (opcode < opcodes.close && opcode !== opcodes.continuation && this.#message))
        this.#rest = 'other';
      this.#frame = opcode === opcodes.close ? 'last' : 'other';
      this.options.onOther(Buffer.from(header));
      if (this.#frame === 'last' && bytes === 0) this.#rest = 'nothing';
    }
    this.#left = bytes;
  }
}

/**
 * Reads in the library's place from a websocket that is open and paused.
 * @param raw the socket it runs on, of its `upgrade` event
 */
export function takeBinary(
  socket: WebSocket,
  raw: Socket,
  { maxBytes, onPiece }: Pick<BinaryFramesOptions, 'maxBytes' | 'onPiece'>,
): void {
  const library = raw.listeners('data') as ((this: Socket, chunk: Buffer) => void)[];
  let refused = false;
  const onOther = (bytes: Buffer) => {
    if (!refused) for (const listener of library) listener.call(raw, bytes);
  };
  const frames = new BinaryFrames({ maxBytes, onPiece, onOther });
  const onData = (chunk: Buffer) => frames.feed(chunk);
  socket.once('error', () => {
    refused = true;
    raw.off('data', onData);
  });
  raw.removeAllListeners('data');
  raw.on('data', onData);
  // Before the library's own listener, which reads what a paused socket still holds.
  raw.prependListener('close', () => {
    const held: Buffer | null = refused ? null : (raw.read() as Buffer | null);
    if (held) frames.feed(held);
  });
}
