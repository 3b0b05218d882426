/**
 * Calls with a stream in them (build, pull, load), which last as long as they last. For short ones see `ask` in client.ts.
 */
import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import type Docker from 'dockerode';
import { LabdockError } from '../../common/problem';
import { engineError } from './errors';

export interface StreamCall {
  method: 'GET' | 'POST';
  path: string;
  query?: Record<string, string | number | boolean | object | undefined>;
  /** Sent as it comes; destroyed when the call ends. */
  body?: Readable;
  auth?: object | undefined;
  signal?: AbortSignal | undefined;
}

/**
 * Resolves with the answer as soon as its headers are there. Always settles. Rejects with LabdockError `cancelled` or
 * `engine-gone`, and with docker-modem's error (see {@link wordsOf}) when the engine answers anything but 200.
 */
export async function dial(docker: Docker, call: StreamCall): Promise<IncomingMessage> {
  const { method, path, query, body, auth, signal } = call;
  if (signal?.aborted) throw new LabdockError('cancelled');
  const given = Object.fromEntries(Object.entries(query ?? {}).filter(([, value]) => value !== undefined));
  return new Promise<IncomingMessage>((resolve, reject) => {
    const onAbort = () => {
      // A body that waits for a slow source would keep the request from noticing.
      body?.destroy();
      reject(new LabdockError('cancelled'));
    };
    signal?.addEventListener('abort', onAbort, { once: true });
    docker.modem.dial(
      {
        method,
        path: `${path}?`,
        options: given,
        ...(body && { file: body }),
        ...(auth && { authconfig: auth }),
        ...(signal && { abortSignal: signal }),
        isStream: true,
        statusCodes: { 200: true },
      },
      (error: unknown, answer: unknown) => {
        // From here on the request itself listens to the signal.
        signal?.removeEventListener('abort', onAbort);
        if (!error) return resolve(answer as IncomingMessage);
        if (signal?.aborted) return reject(new LabdockError('cancelled'));
        reject(hasStatus(error) ? error : engineError(error));
      },
    );
  });
}

function hasStatus(error: unknown): error is Error & { statusCode: number } {
  return error instanceof Error && typeof (error as { statusCode?: unknown }).statusCode === 'number';
}

/** The engine's sentence without docker-modem's `(HTTP code 404) unexpected - ` before it. */
export function wordsOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.replace(/^\(HTTP code \d+\) .*? - /, '').trim();
}

/** Which builders there are; see engineTraits.ts for what an engine is otherwise. */
export interface BuilderTraits {
  podman: boolean;
  /** What the engine prefers: '2' BuildKit, '1' classic; undefined where it does not say. */
  builder: string | undefined;
  /** Minor number of the API version: 41 for 1.41. */
  api: number;
  windows: boolean;
}

/** From the headers of `/_ping`, which dockerode's own `ping` does not pass on. */
export async function builderTraits(docker: Docker, signal?: AbortSignal): Promise<BuilderTraits> {
  const limit = AbortSignal.timeout(30_000);
  let answer;
  try {
    answer = await dial(docker, { method: 'GET', path: '/_ping', signal: signal ? AbortSignal.any([signal, limit]) : limit }); // prettier-ignore
  } catch (error) {
    if (limit.aborted && !signal?.aborted) {
      throw new LabdockError('engine-gone', undefined, { detail: 'no answer to a ping', cause: error });
    }
    throw engineError(error);
  }
  answer.resume();
  const header = (name: string) => {
    const value = answer.headers[name];
    return typeof value === 'string' && value !== '' ? value : undefined;
  };
  return {
    podman: header('libpod-api-version') !== undefined,
    builder: header('builder-version'),
    api: Number(header('api-version')?.split('.')[1] ?? 0),
    windows: header('ostype') === 'windows',
  };
}
