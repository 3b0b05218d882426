/** One HTTP call to the API server: bounded in time, cancellable, tried again once with new credentials. */
import {
  IsomorphicFetchHttpLibrary,
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

/** A kept connection that the far side had closed in the meantime. */
const staleWords = /socket hang up|ECONNRESET|EPIPE/;

export function transport(config: ContextConfig, closed: AbortSignal): HttpLibrary {
  const plain = new IsomorphicFetchHttpLibrary();

  async function once(request: RequestContext): Promise<ResponseContext> {
    const answer = await plain.send(request).toPromise();
    // Read here, so that time limit and signal count for the body too.
    const body = await answer.body.binary();
    return new ResponseContext(answer.httpStatusCode, answer.headers, new SelfDecodingBody(Promise.resolve(body)));
  }

  async function tried(request: RequestContext): Promise<ResponseContext> {
    try {
      return await once(request);
    } catch (error) {
      const repeatable = request.getHttpMethod().toString() !== 'POST';
      if (!repeatable || !(error instanceof Error) || !staleWords.test(error.message)) throw error;
      return once(request);
    }
  }

  async function send(request: RequestContext): Promise<ResponseContext> {
    const limit = AbortSignal.timeout(callLimitMs);
    const given = request.getSignal();
    request.setSignal(AbortSignal.any([limit, closed, ...(given ? [given] : [])]));
    try {
      const answer = await tried(request);
      if (answer.httpStatusCode !== 401 || !config.credentialsRefused()) return answer;
      await config.applySecurityAuthentication(request);
      return await tried(request);
    } catch (error) {
      if (closed.aborted) throw new LabdockError('cancelled', undefined, { cause: error });
      // node-fetch says AbortError whatever the reason.
      const tooLong = limit.aborted || (given?.aborted && (given.reason as Error | undefined)?.name === 'TimeoutError');
      if (given?.aborted && !tooLong) throw new LabdockError('cancelled', undefined, { cause: error });
      if (!tooLong) throw error;
      const params = { context: config.contextName, server: config.server };
      throw new LabdockError('cluster-unreachable', params, { detail: 'no answer in time', cause: error });
    }
  }

  return wrapHttpLibrary({ send });
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
