/**
 * Opens websockets of the API server's connect verbs (exec, portforward): client-node's handler with its TLS, credentials
 * and proxy, and what it lacks: the server's answer when it refuses, a limit, a way to cancel, and nothing lost of what
 * arrives between the handshake and the first listener (measured: the first messages come with the answer).
 */
import type { IncomingMessage } from 'node:http';
import type { RequestOptions } from 'node:https';
import type { Socket } from 'node:net';
import { WebSocketHandler } from '@kubernetes/client-node/dist/web-socket-handler.js';
import WebSocket from 'ws';
import { LabdockError } from '../../../common/problem';
import type { Connection } from '../connection';
import { apiError, statusCode, type ErrorContext } from '../errors';
import { keptAgent } from './agent';

/** What this room needs of a connection. */
export type StreamConnection = Pick<Connection, 'context' | 'server' | 'user' | 'config' | 'credentialsRefused'>;

/** What the kubelet speaks on every version: no channel can be closed alone. v5 exists behind newer API servers only. */
const subprotocol = 'v4.channel.k8s.io';
/** A message above that is not one of a kubelet's, which are 32 KiB. */
export const maxMessageBytes = 4 * 1024 * 1024;
const maxAnswerBytes = 64 * 1024;

export interface ConnectOptions {
  signal?: AbortSignal | undefined;
  /** From the call to the open websocket, credentials included. */
  timeoutMs: number;
}

/** An HTTP answer other than 101, as {@link statusCode} and apiError read it. */
class Refusal extends Error {
  constructor(
    readonly code: number,
    readonly body: string,
  ) {
    super(`HTTP ${code}`);
    this.name = 'Refusal';
  }
}

/** `raw` is what `socket` runs on. */
export interface OpenWebSocket {
  socket: WebSocket;
  raw: Socket;
}

/**
 * The websocket comes paused: resume it once it has its listeners.
 * @param path from the root, with its query
 * @throws LabdockError as apiError has them; its cause tells the HTTP status where one came
 */
export async function connectWebSocket(
  connection: StreamConnection,
  path: string,
  about: Omit<ErrorContext, 'connection'>,
  options: ConnectOptions,
): Promise<OpenWebSocket> {
  try {
    try {
      return await connectOnce(connection, path, options);
    } catch (error) {
      if (statusCode(error) !== 401 || !connection.credentialsRefused()) throw error;
      return await connectOnce(connection, path, options);
    }
  } catch (error) {
    throw apiError(error, { ...about, connection });
  }
}

function connectOnce(connection: StreamConnection, path: string, { signal, timeoutMs }: ConnectOptions) {
  const { config } = connection;
  return new Promise<OpenWebSocket>((resolve, reject) => {
    let socket: WebSocket | undefined;
    let raw: Socket | undefined;
    let ended = false;
    const end = () => {
      ended = true;
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
    };
    const fail = (error: unknown) => {
      if (ended) return;
      end();
      reject(error instanceof Error ? error : new Error(String(error)));
      socket?.terminate();
    };
    const onAbort = () => fail(new LabdockError('cancelled'));
    const timer = setTimeout(() => fail(timedOut(timeoutMs)), timeoutMs);
    if (signal?.aborted) return onAbort();
    signal?.addEventListener('abort', onAbort, { once: true });

    const handler = new WebSocketHandler(config, (uri, _protocols, given) => {
      const made = new WebSocket(uri, [subprotocol], {
        ...given,
        agent: keptAgent(config, given as RequestOptions) ?? given.agent,
        perMessageDeflate: false,
        maxPayload: maxMessageBytes,
      });
      socket = made;
      made.on('upgrade', (answer) => (raw = answer.socket));
      made.on('open', () => made.pause());
      made.on('unexpected-response', (_request, answer) => void refusal(answer).then(fail, fail));
      // Stays: after the handshake an error is told by `close` too, and unheard it would end the process.
      made.on('error', fail);
      if (ended) made.terminate();
      return made;
    });
    handler.connect(path, null, null).then((open) => {
      if (ended) return;
      if (!raw) return fail(new Error('a websocket without a socket'));
      end();
      open.onmessage = null;
      resolve({ socket: open, raw });
    }, fail);
  });
}

function timedOut(timeoutMs: number): Error {
  return Object.assign(new Error(`no websocket in ${timeoutMs} ms`), { name: 'TimeoutError' });
}

async function refusal(answer: IncomingMessage): Promise<Refusal> {
  const parts: Buffer[] = [];
  let size = 0;
  try {
    for await (const part of answer as AsyncIterable<Buffer>) {
      parts.push(part);
      size += part.length;
      if (size > maxAnswerBytes) break;
    }
  } catch {
    // The status is worth more than the rest of the body.
  }
  return new Refusal(answer.statusCode ?? 0, Buffer.concat(parts).toString('utf8').slice(0, maxAnswerBytes));
}
