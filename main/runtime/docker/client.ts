/** A dockerode client for one engine, and the one way to call it: bounded in time, cancellable, errors in our words. */
import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { inspect } from 'node:util';
import Docker from 'dockerode';
import { LabdockError } from '../../common/problem';
import { engineError, type ErrorContext } from './errors';

export interface TlsMaterial {
  ca?: string | Buffer;
  cert?: string | Buffer;
  key?: string | Buffer;
  /** A Docker context may say that the engine's certificate is not to be checked. */
  skipVerify?: boolean;
}

/** How to reach one engine. `host` is in `DOCKER_HOST` form: unix://, npipe://, tcp://, http(s)://. */
export interface EngineConnection {
  host: string;
  tls?: TlsMaterial;
}

/** No API version is pinned: each engine answers in its own (Engine 29 refuses everything below 1.44). */
export function createClient(connection: EngineConnection): Docker {
  const options = clientOptions(connection);
  return withoutDockerEnvironment(() => new Docker(options));
}

/** Pure. Rejects with `engine-remote` for ssh (a remote engine cannot see local folders), `engine-error` for nonsense. */
export function clientOptions({ host, tls }: EngineConnection): Docker.DockerOptions {
  const scheme = /^(\w+):\/\//.exec(host)?.[1];
  const rest = scheme ? host.slice(scheme.length + 3) : host;
  switch (scheme) {
    case 'unix':
    case 'npipe':
      // `agent` is docker-modem's, unknown to @types/dockerode.
      // Connections are not kept: a restarted engine would leave dead ones, and a local socket costs nothing to open.
      return { socketPath: rest, agent: terse(new HttpAgent({ keepAlive: false })) } as Docker.DockerOptions;
    case 'tcp':
    case 'http':
    case 'https': {
      const url = new URL(host.replace(/^\w+:/, 'http:'));
      const secure = scheme === 'https' || tls !== undefined;
      return {
        host: url.hostname,
        port: Number(url.port) || (secure ? 2376 : 2375),
        protocol: secure ? 'https' : 'http',
        ...(tls?.ca && { ca: tls.ca }),
        ...(tls?.cert && { cert: tls.cert }),
        ...(tls?.key && { key: tls.key }),
        agent: terse(
          secure
            ? new HttpsAgent({ keepAlive: false, rejectUnauthorized: !tls?.skipVerify })
            : new HttpAgent({ keepAlive: false }),
        ),
      } as Docker.DockerOptions;
    }
    case 'ssh':
      throw new LabdockError('engine-remote', undefined, { detail: host });
    default:
      throw new LabdockError('engine-error', undefined, { detail: `not an engine address: ${host}` });
  }
}

/**
 * docker-modem writes out the options of every request for its debug log, whether that is on or not. The agent leads from
 * there to every open socket: some 10 ms of each call.
 */
function terse(agent: HttpAgent): HttpAgent {
  return Object.assign(agent, { [inspect.custom]: () => 'Agent' });
}

/**
 * docker-modem 5 merges `DOCKER_HOST`, `DOCKER_CERT_PATH` and so on into every client, and `DOCKER_HOST=tcp://…` beats an
 * explicit socketPath. Which engine is meant has been decided in discovery.ts, so those variables are hidden meanwhile.
 */
function withoutDockerEnvironment<T>(make: () => T): T {
  const names = ['DOCKER_HOST', 'DOCKER_TLS_VERIFY', 'DOCKER_CERT_PATH', 'DOCKER_PATH_PREFIX', 'DOCKER_CLIENT_TIMEOUT'];
  const kept = names.map((name) => [name, process.env[name]] as const);
  for (const name of names) delete process.env[name];
  try {
    return make();
  } finally {
    for (const [name, value] of kept) if (value !== undefined) process.env[name] = value;
  }
}

export interface CallOptions extends ErrorContext {
  /** Milliseconds until the call is given up with `engine-gone`. */
  timeoutMs?: number;
  /** Aborts the call: rejects with `cancelled`. */
  signal?: AbortSignal;
}

export const defaultTimeoutMs = 30_000;

/**
 * Calls the engine. `make` gets a signal to hand to dockerode as `abortSignal`. Always settles, which docker-modem alone
 * does not: a body cut off half-way leaves its promise pending for ever. Rejects with LabdockError only.
 */
export async function ask<T>(make: (signal: AbortSignal) => Promise<T>, options: CallOptions = {}): Promise<T> {
  const { timeoutMs = defaultTimeoutMs, signal, ...context } = options;
  if (signal?.aborted) throw new LabdockError('cancelled');
  const abort = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  let onAbort: (() => void) | undefined;
  const interrupted = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new LabdockError('engine-gone', undefined, { detail: `no answer within ${timeoutMs} ms` }));
      abort.abort();
    }, timeoutMs);
    onAbort = () => {
      reject(new LabdockError('cancelled'));
      abort.abort();
    };
    signal?.addEventListener('abort', onAbort, { once: true });
  });
  try {
    return await Promise.race([make(abort.signal), interrupted]);
  } catch (error) {
    throw engineError(error, context);
  } finally {
    clearTimeout(timer);
    if (onAbort) signal?.removeEventListener('abort', onAbort);
  }
}
