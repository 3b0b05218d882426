/**
 * A websocket of the channel protocol (`v4.channel.k8s.io`): every message is one byte of channel and its bytes. Bounded in
 * both directions: what is sent beyond {@link highWaterBytes} waits for the network, and a reader that pauses stops the
 * far end. No channel can be closed alone; the end is the whole socket's.
 */
import { randomFillSync } from 'node:crypto';
import type { Socket } from 'node:net';
import type WebSocket from 'ws';
import { LabdockError } from '../../../common/problem';
import type { ErrorContext } from '../errors';
import { takeBinary } from './binaryFrames';
import {
  connectWebSocket,
  maxMessageBytes,
  type ConnectOptions,
  type OpenWebSocket,
  type StreamConnection,
} from './connect';
import { framedBytes, putMessages } from './messageFrames';
import { Life, type Living, type Pulse } from './pulse';

/** Bytes on their way to the network beyond which a sender waits. */
export const highWaterBytes = 512 * 1024;
/** Much at once, up to this, is framed in memory that the socket keeps for the next; hundreds of sockets send little. Bytes. */
const spareBytes = highWaterBytes + 4 * 1024;
/** A far end that does not answer our close in that time is left. Milliseconds. */
const closeMs = 5_000;
/** What was sent has so long to leave before the close. Milliseconds. */
const drainMs = 60_000;

export interface ChannelListener {
  /** A message, or as much of one as has come; the rest of it follows before the next. Never empty. */
  message(channel: number, data: Buffer): void;
  /** Once. `clean`: the far end said goodbye, so that nothing is missing. */
  close(clean: boolean): void;
}

export class ChannelSocket implements Living {
  readonly life = new Life();
  readonly #socket: WebSocket;
  readonly #raw: Socket;
  /** Masks keep a page's script from writing bytes of its choice to a proxy; inside TLS nobody is there to be misled. */
  readonly #mask: Buffer | undefined;
  #spare: Buffer | undefined;
  readonly #pulse: Pulse;
  #listener: ChannelListener | undefined;
  #closing = false;
  #ended: { clean: boolean } | undefined;
  #drained: (() => void) | undefined;

  private constructor({ socket, raw }: OpenWebSocket, pulse: Pulse) {
    this.#socket = socket;
    this.#raw = raw;
    if (socket.url.startsWith('wss:')) this.#mask = Buffer.alloc(4);
    this.#pulse = pulse;
    pulse.add(this);
    socket.on('pong', () => this.life.heard());
    let channel = 0;
    const onPiece = (piece: Buffer, first: boolean) => {
      this.life.heard();
      if (first) channel = piece[0]!;
      const data = first ? piece.subarray(1) : piece;
      if (data.length > 0) this.#listener?.message(channel, data);
    };
    takeBinary(socket, raw, { maxBytes: maxMessageBytes, onPiece });
    socket.on('close', (code) => this.#end(code === 1000 || code === 1005));
  }

  /** Paused until {@link listen}. @throws LabdockError */
  static async open(
    connection: StreamConnection,
    path: string,
    about: Omit<ErrorContext, 'connection'>,
    { pulse, ...options }: ConnectOptions & { pulse: Pulse },
  ): Promise<ChannelSocket> {
    return new ChannelSocket(await connectWebSocket(connection, path, about, options), pulse);
  }

  /** From now on messages and the end are told; one that ended before is told at once. */
  listen(listener: ChannelListener): void {
    this.#listener = listener;
    if (this.#ended) listener.close(this.#ended.clean);
    else this.resume();
  }

  /** Neither ended nor on its way to it. */
  get open(): boolean {
    return !this.#ended && !this.#closing;
  }

  get deaf(): boolean {
    return this.#socket.isPaused;
  }

  /** True: send more. False: wait for {@link whenDrained}. */
  get writable(): boolean {
    return this.#socket.bufferedAmount < highWaterBytes;
  }

  /**
   * @param data is copied
   * @param messageBytes of one message, which the far end holds in memory whole
   */
  send(channel: number, data: Buffer, messageBytes: number): void {
    if (!this.open || this.#socket.readyState !== this.#socket.OPEN) return;
    const bytes = framedBytes(data.length, messageBytes);
    const wire = this.#room(bytes);
    const mask = this.#mask ?? randomFillSync(Buffer.allocUnsafe(4));
    putMessages(wire, { channel, data, messageBytes, mask });
    this.life.sent(bytes);
    // Beside the library, which writes whole frames as well: pings and the close.
    this.#raw.write(wire.subarray(0, bytes), () => {
      if (wire.length === spareBytes) this.#spare = wire;
      this.#sent();
    });
  }

  #room(bytes: number): Buffer {
    if (bytes > spareBytes || bytes < spareBytes / 2) return Buffer.allocUnsafe(bytes);
    const spare = this.#spare ?? Buffer.allocUnsafeSlow(spareBytes);
    this.#spare = undefined;
    return spare;
  }

  /** One waiter at a time. Never called when the socket ends first. */
  whenDrained(call: () => void): void {
    if (this.writable) queueMicrotask(call);
    else this.#drained = call;
  }

  pause(): void {
    if (!this.#ended) this.#socket.pause();
  }

  resume(): void {
    if (!this.#ended && this.#socket.isPaused) {
      this.life.heardAt = Date.now();
      this.#socket.resume();
    }
  }

  ping(): void {
    if (this.open) this.#socket.ping();
  }

  dead(): void {
    this.terminate();
  }

  /** Says goodbye once all that was sent has left; the far end's last words are still told. */
  close(): void {
    if (!this.open) return;
    this.#closing = true;
    const deadline = Date.now() + drainMs;
    const attempt = () => {
      if (this.#ended) return;
      if (this.#socket.bufferedAmount > 0 && Date.now() < deadline) return void setTimeout(attempt, 50).unref();
      this.#socket.close(1000);
      setTimeout(() => this.#socket.terminate(), closeMs).unref();
      // Nobody reads on: what the far end still sends must not stand before its answer.
      this.resume();
    };
    attempt();
  }

  /** At once, whatever is on its way. */
  terminate(): void {
    this.#closing = true;
    this.#socket.terminate();
    // A paused socket does not see its own end.
    this.#end(false);
  }

  #sent(): void {
    if (!this.#drained || !this.writable) return;
    const call = this.#drained;
    this.#drained = undefined;
    call();
  }

  #end(clean: boolean): void {
    if (this.#ended) return;
    this.#ended = { clean };
    this.#drained = undefined;
    this.#pulse.delete(this);
    this.#listener?.close(clean);
  }
}

export function lost({ context, server }: Pick<StreamConnection, 'context' | 'server'>, detail: string): LabdockError {
  return new LabdockError('cluster-unreachable', { context, server }, { detail });
}
