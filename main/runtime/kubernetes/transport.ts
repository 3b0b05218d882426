/**
 * One HTTP call to the API server: bounded in time, cancellable, tried again once with new credentials. Node's own client and
 * not client-node's node-fetch, which waits for ever for the rest of a body whose connection broke.
 */
import { request as overHttp, type ClientRequest, type IncomingMessage } from 'node:http';
import { request as overHttps } from 'node:https';
import {
  Observable,
  ResponseContext,
  SelfDecodingBody,
  wrapHttpLibrary,
  type ConfigurationOptions,
  type HttpLibrary,
  type ObservableMiddleware,
  type RequestContext,
} from '@kubernetes/client-node';
import { LabdockError } from '../../common/problem';
import type { ContextConfig } from './contextConfig';

/** A call that was not answered by then will not be. Milliseconds. */
export const callLimitMs = 30_000;
/** Of an answer: a list of everything in a large namespace. Bytes. */
const maximumBytes = 64 * 1024 * 1024;

export function transport(config: ContextConfig, closed: AbortSignal): HttpLibrary {
  async function send(call: RequestContext): Promise<ResponseContext> {
    const limit = AbortSignal.timeout(callLimitMs);
    const given = call.getSignal();
    const signal = AbortSignal.any([limit, closed, ...(given ? [given] : [])]);
    try {
      const answer = await tried(call, signal);
      if (answer.httpStatusCode !== 401 || !config.credentialsRefused()) return answer;
      await config.applySecurityAuthentication(call);
      return await tried(call, signal);
    } catch (error) {
      if (closed.aborted) throw new LabdockError('cancelled', undefined, { cause: error });
      // The abort's own error is the same whatever the reason.
      const tooLong = limit.aborted || (given?.aborted && (given.reason as Error | undefined)?.name === 'TimeoutError');
      if (given?.aborted && !tooLong) throw new LabdockError('cancelled', undefined, { cause: error });
      if (!tooLong) throw error;
      const params = { context: config.contextName, server: config.server };
      throw new LabdockError('cluster-unreachable', params, { detail: 'no answer in time', cause: error });
    }
  }
  return wrapHttpLibrary({ send });
}

/** Once more where a kept connection turns out to have been closed by the far side: then nothing was asked yet. */
async function tried(call: RequestContext, signal: AbortSignal): Promise<ResponseContext> {
  const first = exchange(call, signal);
  try {
    return await first.answer;
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    const stale = first.request.reusedSocket && !first.answered() && (code === 'ECONNRESET' || code === 'EPIPE');
    if (!stale || signal.aborted) throw error;
    return exchange(call, signal).answer;
  }
}

interface Exchange {
  request: ClientRequest;
  /** The far side has begun to answer. */
  answered: () => boolean;
  answer: Promise<ResponseContext>;
}

function exchange(call: RequestContext, signal: AbortSignal): Exchange {
  const url = call.getUrl();
  const body = call.getBody();
  const headers = {
    ...call.getHeaders(),
    ...(typeof body === 'string' && { 'Content-Length': Buffer.byteLength(body) }),
  };
  const agent = call.getAgent();
  const open = url.startsWith('https:') ? overHttps : overHttp;
  const request = open(url, { method: call.getHttpMethod().toString(), headers, signal, ...(agent && { agent }) });
  let answered = false;
  const answer = new Promise<ResponseContext>((resolve, reject) => {
    request.on('error', reject);
    request.on('response', (response) => {
      answered = true;
      readBody(response).then((read) => resolve(contextOf(response, read)), reject);
    });
    request.end(typeof body === 'string' ? body : undefined);
  });
  return { request, answered: () => answered, answer };
}

async function readBody(response: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > maximumBytes) throw new Error(`an answer of more than ${maximumBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function contextOf(response: IncomingMessage, body: Buffer): ResponseContext {
  const headers = Object.entries(response.headers).map(([name, value]) => [name, String(value)] as const);
  const read = new SelfDecodingBody(Promise.resolve(body));
  return new ResponseContext(response.statusCode ?? 0, Object.fromEntries(headers), read);
}

/** Options for one call of a client-node API: `core.listNamespacedPod({…}, bounded(signal))`. */
export function bounded(signal: AbortSignal | undefined, timeoutMs?: number): ConfigurationOptions {
  const limit = timeoutMs === undefined ? [] : [AbortSignal.timeout(timeoutMs)];
  const signals = [...(signal ? [signal] : []), ...limit];
  if (signals.length === 0) return {};
  const middleware: ObservableMiddleware = {
    pre(request) {
      request.setSignal(AbortSignal.any(signals));
      return new Observable(Promise.resolve(request));
    },
    post: (response) => new Observable(Promise.resolve(response)),
  };
  return { middleware: [middleware], middlewareMergeStrategy: 'append' };
}
