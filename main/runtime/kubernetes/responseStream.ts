/** A GET whose answer goes on and on: watches and logs, each on a connection of its own, with backpressure. */
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest, type RequestOptions } from 'node:https';
import { ApiException } from '@kubernetes/client-node';
import { LabdockError } from '../../common/problem';
import type { Connection } from './connection';
import { statusCode } from './errors';

/** Probes of the TCP connection, so that a far side that vanished is noticed. Milliseconds. */
const keepAliveMs = 15_000;
const longestRefusal = 64 * 1024;

/**
 * Resolves once the API server has answered with 200; the body is destroyed when the signal aborts.
 * client-node's own `Log` leaves the body's errors without a listener, which ends the process.
 */
export async function openStream(
  connection: Connection,
  path: string,
  query: Record<string, string>,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  const resource = path.split('/').slice(path.includes('/namespaces/') ? path.split('/').indexOf('namespaces') + 2 : 3);
  return connection.ask({ verb: query['watch'] ? 'watch' : 'get', resource: resource[0] ?? '' }, async () => {
    try {
      return await get(connection, path, query, signal);
    } catch (error) {
      if (statusCode(error) !== 401 || !connection.credentialsRefused()) throw error;
      return get(connection, path, query, signal);
    }
  });
}

async function get(
  { config, server }: Connection,
  path: string,
  query: Record<string, string>,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  const url = new URL(server + path);
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
  const options: RequestOptions = { method: 'GET', headers: { Accept: '*/*' } };
  await config.applyToHTTPSOptions(options);
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    const request = (url.protocol === 'http:' ? httpRequest : httpsRequest)(url, { ...options, signal }, resolve);
    request.on('socket', (socket) => socket.setKeepAlive(true, keepAliveMs));
    // Stays listened to: after the answer, an abort is an error of the request, too.
    request.on('error', (error) =>
      reject(signal.aborted ? new LabdockError('cancelled', undefined, { cause: error }) : error),
    );
    request.end();
  });
  response.on('error', () => undefined);
  const { statusCode: code = 0 } = response;
  if (code === 200) return response;
  throw new ApiException(code, response.statusMessage ?? '', await beginning(response), {});
}

async function beginning(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    length += chunk.length;
    if (length > longestRefusal) break;
  }
  return Buffer.concat(chunks).toString('utf8');
}
