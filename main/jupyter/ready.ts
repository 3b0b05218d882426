/** Waits for a starting server, and proves that what answers is that server and not another program on the same port. */
import { setTimeout as sleep } from 'node:timers/promises';
import { LabdockError } from '../common/problem';
import { JupyterCallError, type JupyterClient, type ServerStatus } from './client';

export interface ReadyOptions {
  /** An abort with a LabdockError as its reason rejects with that error (a start that failed elsewhere), else `cancelled`. */
  signal: AbortSignal;
  /** The exit code once the server has ended, null while it lives; asked before every probe, from what is known already. */
  exited?: () => number | null;
  /** How long a start may take. A first start from a slow disk takes a minute. */
  timeoutMs?: number;
}

/** ms. Lab takes about 3 s: within the first 15 s a probe is cheap and every 50 ms are felt; then it is slow anyway. */
export function probeDelay(elapsedMs: number): number {
  if (elapsedMs < 15_000) return 40;
  return Math.min(1000, 40 * 1.1 ** ((elapsedMs - 15_000) / 1000));
}

/** What one probe says about the port. */
export type Verdict = 'ours' | 'wait' | 'foreign';

/** Of the answer with our token. */
export function judge(error: unknown): Exclude<Verdict, 'ours'> {
  if (!(error instanceof JupyterCallError)) throw error;
  switch (error.failure) {
    case 'refused':
    case 'broken':
    case 'timeout':
      return 'wait';
    case 'denied':
    case 'foreign':
      return 'foreign';
    case 'status':
      // A server that is still loading its extensions, or a proxy in front of it, may say 5xx; any other word is not Jupyter's.
      return (error.status ?? 0) >= 500 ? 'wait' : 'foreign';
    case 'cancelled':
      throw error;
  }
}

/**
 * Resolves as soon as a server answers `/api/status` to the token, unless it would do so to anybody.
 * Rejects with `port-masked` {port}, `server-crashed-while-starting` {code}, `server-not-ready` {seconds}, `cancelled`.
 */
export async function awaitReady(
  client: JupyterClient,
  { signal, exited = () => null, timeoutMs = 120_000 }: ReadyOptions,
): Promise<ServerStatus> {
  const began = performance.now();
  const elapsed = () => performance.now() - began;
  let foreign = 0;
  let last: unknown;
  for (;;) {
    throwIfAborted(signal);
    const code = exited();
    if (code !== null) throw new LabdockError('server-crashed-while-starting', { code });
    const left = timeoutMs - elapsed();
    if (left <= 0)
      throw new LabdockError('server-not-ready', { seconds: Math.round(timeoutMs / 1000) }, { cause: last });
    const verdict = await probe(client, signal, Math.min(5000, left)).catch((error: unknown) => {
      throwIfAborted(signal);
      last = error;
      return judge(error);
    });
    if (typeof verdict === 'object') return verdict;
    // Asked twice: the predecessor of a recreated container may say its last words on the same port.
    foreign = verdict === 'foreign' ? foreign + 1 : 0;
    if (foreign > 1) throw new LabdockError('port-masked', { port: client.port }, { cause: last });
    await sleep(verdict === 'foreign' ? 300 : probeDelay(elapsed()), undefined, { signal }).catch(() => undefined);
  }
}

/** A Jupyter server without authentication says 200 to every token. */
async function probe(client: JupyterClient, signal: AbortSignal, timeoutMs: number): Promise<ServerStatus | 'foreign'> {
  const status = await client.status({ signal, timeoutMs });
  return (await client.isOpenToAnybody({ signal, timeoutMs })) ? 'foreign' : status;
}

function throwIfAborted(signal: AbortSignal): void {
  if (!signal.aborted) return;
  throw signal.reason instanceof LabdockError
    ? signal.reason
    : new LabdockError('cancelled', undefined, { cause: signal.reason });
}
