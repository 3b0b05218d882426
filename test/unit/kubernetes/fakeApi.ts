/** An API server that knows websockets only: it speaks the channel protocol as a kubelet does, and fails as told. */
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { KubeConfig } from '@kubernetes/client-node';
import { WebSocketServer, type WebSocket } from 'ws';
import type { StreamConnection } from '../../../main/runtime/kubernetes/stream/connect';

export interface Asked {
  path: string;
  query: URLSearchParams;
  authorization: string | undefined;
}

export type Refusal = { status: number; body: unknown };

export interface FakeApiOptions {
  /** What becomes of a websocket that was let in. */
  onSocket: (socket: WebSocket, asked: Asked) => void;
  /** An answer in place of the websocket. */
  refuse?: (asked: Asked) => Refusal | undefined;
  /** false: hears pings and says nothing. */
  autoPong?: boolean;
}

export class FakeApi {
  readonly sockets = new Set<WebSocket>();
  readonly asked: Asked[] = [];
  readonly #options: FakeApiOptions;
  #server = createServer((_request, response) => response.writeHead(404).end());
  #raw = new Set<Duplex>();
  #port = 0;

  constructor(options: FakeApiOptions) {
    this.#options = options;
  }

  async start(): Promise<this> {
    const { onSocket, refuse, autoPong = true } = this.#options;
    const websockets = new WebSocketServer({ noServer: true, autoPong, handleProtocols: (given) => chosen(given) });
    this.#server = createServer((_request, response) => response.writeHead(404).end());
    this.#server.on('connection', (socket) => {
      this.#raw.add(socket);
      socket.once('close', () => this.#raw.delete(socket));
    });
    this.#server.on('upgrade', (request: IncomingMessage, socket, head) => {
      const url = new URL(request.url ?? '/', 'http://x');
      const asked = { path: url.pathname, query: url.searchParams, authorization: request.headers.authorization };
      this.asked.push(asked);
      const refusal = refuse?.(asked);
      if (refusal) {
        const body = JSON.stringify(refusal.body);
        socket.end(
          `HTTP/1.1 ${refusal.status} No\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
        );
        return;
      }
      websockets.handleUpgrade(request, socket, head, (open) => {
        this.sockets.add(open);
        open.on('error', () => undefined);
        open.once('close', () => this.sockets.delete(open));
        onSocket(open, asked);
      });
    });
    await new Promise<void>((resolve) => this.#server.listen(this.#port, '127.0.0.1', resolve));
    this.#port = (this.#server.address() as AddressInfo).port;
    return this;
  }

  /** Every connection breaks without a goodbye; the port is kept for the next start. */
  async stop(): Promise<void> {
    for (const socket of this.#raw) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  connection(token = 'a', refused: () => boolean = () => false): StreamConnection & { setToken(token: string): void } {
    const config = new KubeConfig();
    const server = `http://127.0.0.1:${this.#port}`;
    const load = (value: string) =>
      config.loadFromOptions({
        clusters: [{ name: 'c', server, skipTLSVerify: true }],
        users: [{ name: 'u', token: value }],
        contexts: [{ name: 'x', cluster: 'c', user: 'u' }],
        currentContext: 'x',
      });
    load(token);
    return { context: 'x', server, user: 'u', config, credentialsRefused: refused, setToken: load };
  }
}

function chosen(given: Set<string>): string | false {
  return given.has('v4.channel.k8s.io') ? 'v4.channel.k8s.io' : false;
}

/** A message of one channel. */
export const on = (channel: number, data: string | Buffer): Buffer =>
  Buffer.concat([Buffer.from([channel]), Buffer.from(data)]);

/** The port's number, as the kubelet begins both channels. */
export function sayPort(socket: WebSocket, port = 8888): void {
  const number = Buffer.from([port & 0xff, port >> 8]);
  socket.send(on(0, number));
  socket.send(on(1, number));
}

export const status = (code: number, reason: string, message: string, details?: object): Refusal => ({
  status: code,
  body: { kind: 'Status', apiVersion: 'v1', status: 'Failure', code, reason, message, details },
});
