/**
 * One connection to a port of a pod: a websocket of the portforward verb with one port. Channel 0 carries its bytes, channel
 * 1 says in words why it failed; the first two bytes of each are the port's number, however they are cut into messages.
 */
import type { ErrorContext } from '../errors';
import { ChannelSocket } from '../stream/channelSocket';
import type { ConnectOptions, StreamConnection } from '../stream/connect';
import type { Pulse } from '../stream/pulse';

const channels = { data: 0, error: 1 } as const;
const headerBytes = 2;
const maxErrorBytes = 4 * 1024;
/** Bytes of one message to the far end. */
const messageBytes = 64 * 1024;

export interface PortListener {
  data(data: Buffer): void;
  /** Once. `error`: it broke, in words; undefined: the far end closed it and all was told. */
  end(error: string | undefined): void;
}

export interface PortTarget {
  namespace: string;
  pod: string;
  port: number;
}

export class PortSocket {
  readonly pod: string;
  readonly #socket: ChannelSocket;
  #listener: PortListener | undefined;
  #watcher: ((error: string | undefined) => void) | undefined;
  #early: Buffer[] = [];
  readonly #headerLeft = [headerBytes, headerBytes];
  #error = '';
  #ended: { error: string | undefined } | undefined;

  private constructor(socket: ChannelSocket, pod: string) {
    this.#socket = socket;
    this.pod = pod;
    socket.listen({
      message: (channel, data) => this.#message(channel, data),
      close: (clean) => this.#end(clean),
    });
  }

  /** @throws LabdockError as `apiError` has them */
  static async open(
    connection: StreamConnection,
    target: PortTarget,
    options: ConnectOptions & { pulse: Pulse },
  ): Promise<PortSocket> {
    const { namespace, pod, port } = target;
    const about: Omit<ErrorContext, 'connection'> = { verb: 'get', resource: 'pods/portforward', namespace, name: pod };
    const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods/${encodeURIComponent(pod)}/portforward`;
    return new PortSocket(await ChannelSocket.open(connection, `${path}?ports=${port}`, about, options), pod);
  }

  /** Neither ended nor closed, as far as is known. */
  get open(): boolean {
    return !this.#ended && this.#socket.open;
  }

  /** Tells the end to somebody who does not take the connection, until a listener does. */
  watch(onEnd: (error: string | undefined) => void): void {
    this.#watcher = onEnd;
    if (this.#ended) onEnd(this.#ended.error);
  }

  listen(listener: PortListener): void {
    this.#listener = listener;
    this.#watcher = undefined;
    for (const data of this.#early.splice(0)) listener.data(data);
    if (this.#ended) listener.end(this.#ended.error);
    else this.#socket.resume();
  }

  send(data: Buffer): void {
    this.#socket.send(channels.data, data, messageBytes);
  }

  get writable(): boolean {
    return this.#socket.writable;
  }

  whenDrained(call: () => void): void {
    this.#socket.whenDrained(call);
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  close(): void {
    this.#socket.close();
  }

  terminate(): void {
    this.#socket.terminate();
  }

  #message(channel: number, message: Buffer): void {
    const left = this.#headerLeft[channel];
    if (left === undefined) return;
    const data = message.subarray(left);
    if (left > 0) this.#headerLeft[channel] = Math.max(left - message.length, 0);
    if (data.length === 0) return;
    if (channel === channels.error) {
      if (this.#error.length < maxErrorBytes) this.#error += data.toString('utf8');
    } else if (this.#listener) this.#listener.data(data);
    else {
      // Nobody has taken this connection yet, and its far end speaks first: it waits.
      this.#early.push(data);
      this.#socket.pause();
    }
  }

  #end(clean: boolean): void {
    const broke = clean ? undefined : 'the websocket broke off';
    this.#ended = { error: this.#error.trim() || broke };
    this.#listener?.end(this.#ended.error);
    this.#watcher?.(this.#ended.error);
  }
}
