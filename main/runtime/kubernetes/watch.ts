/**
 * A watch that is kept alive: list, follow from there, begin anew when the stream ends, is too old, or is silent for longer
 * than it may be. Watches die without a word (client-node #364, #596, #958; a laptop's sleep), so each has an end.
 */
import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { textLines } from './textLines';

/** Makes one request; rejects with the API server's refusal. The stream is its body. */
export type Ask = (path: string, query: Record<string, string>, signal: AbortSignal) => Promise<Readable>;

export interface WatchedObject {
  metadata?: { name?: string; uid?: string; resourceVersion?: string; labels?: Record<string, string> };
}

export interface WatchHandler<T> {
  /** All there is, at the beginning and whenever changes may have been missed. */
  synced(items: T[]): void;
  changed(type: 'ADDED' | 'MODIFIED' | 'DELETED', object: T): void;
  /** It could not be asked; it is tried again. */
  failed(error: unknown): void;
}

export interface WatchOptions {
  path: string;
  query?: Record<string, string>;
  signal: AbortSignal;
  /** Seconds after which the API server ends the stream and it is opened again from where it was. */
  timeoutSeconds?: number;
}

const firstDelayMs = 250;
const longestDelayMs = 15_000;
/** What the server may be late with its end before the stream counts as dead. */
const lateMs = 15_000;
/** A clock that jumps by more than that means that the computer slept, and that what was connected may not be any more. */
const sleptMs = 20_000;
const tickMs = 10_000;
const longestObject = 4 * 1024 * 1024;

/** Resolves when the signal aborts. */
export async function keepWatching<T extends WatchedObject>(
  ask: Ask,
  handler: WatchHandler<T>,
  { path, query = {}, signal, timeoutSeconds = 240 }: WatchOptions,
): Promise<void> {
  let delay = firstDelayMs;
  let version: string | undefined;
  while (!signal.aborted) {
    const since = Date.now();
    try {
      if (version === undefined) {
        const list = await readList<T>(ask, path, query, signal);
        if (signal.aborted) return;
        version = list.version;
        handler.synced(list.items);
      }
      version = await follow(ask, handler, { path, query, signal, timeoutSeconds, version });
      // A stream that lived was a server that lived; one that ends at once would spin.
      if (Date.now() - since > 5_000) delay = firstDelayMs;
    } catch (error) {
      if (signal.aborted) return;
      version = undefined;
      handler.failed(error);
    }
    if (signal.aborted) return;
    await sleep(delay * (0.5 + Math.random()), undefined, { signal }).catch(() => undefined);
    delay = Math.min(delay * 2, longestDelayMs);
  }
}

async function readList<T>(ask: Ask, path: string, query: Record<string, string>, signal: AbortSignal) {
  const limit = AbortSignal.any([signal, AbortSignal.timeout(30_000)]);
  const body = await ask(path, query, limit);
  const chunks: Buffer[] = [];
  for await (const chunk of body) chunks.push(Buffer.from(chunk as Buffer));
  const list = JSON.parse(Buffer.concat(chunks).toString('utf8')) as {
    metadata?: { resourceVersion?: string };
    items?: T[];
  };
  return { version: list.metadata?.resourceVersion ?? '', items: list.items ?? [] };
}

interface Following extends Required<WatchOptions> {
  version: string;
}

interface WatchEvent<T> {
  type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR';
  object: T & { code?: number; message?: string };
}

/** @returns where to go on; undefined: list again */
async function follow<T extends WatchedObject>(
  ask: Ask,
  handler: WatchHandler<T>,
  { path, query, signal, timeoutSeconds, version }: Following,
): Promise<string | undefined> {
  const guard = lifeGuard(signal, timeoutSeconds * 1000 + lateMs);
  const watch = {
    watch: 'true',
    allowWatchBookmarks: 'true',
    resourceVersion: version,
    timeoutSeconds: String(timeoutSeconds),
  };
  try {
    const body = await ask(path, { ...query, ...watch }, guard.signal);
    let newest = version;
    for await (const { text, cut } of textLines(body, longestObject)) {
      if (signal.aborted) return undefined;
      if (cut) return undefined;
      const { type, object } = JSON.parse(text) as WatchEvent<T>;
      // 410 Gone: the server no longer knows what happened since then.
      if (type === 'ERROR') return undefined;
      newest = object.metadata?.resourceVersion ?? newest;
      if (type !== 'BOOKMARK') handler.changed(type, object);
    }
    return newest;
  } catch (error) {
    // Silence is not a refusal: what was missed is listed again.
    if (guard.expired() && !signal.aborted) return undefined;
    throw error;
  } finally {
    guard.end();
  }
}

/** Aborts with the signal, when the time is over, and when this computer has slept. */
function lifeGuard(signal: AbortSignal, lifeMs: number): { signal: AbortSignal; expired(): boolean; end(): void } {
  const abort = new AbortController();
  const stop = () => abort.abort();
  let expired = false;
  let last = Date.now();
  const until = last + lifeMs;
  const timer = setInterval(() => {
    const now = Date.now();
    expired = now > until || now - last > tickMs + sleptMs;
    last = now;
    if (expired) stop();
  }, tickMs);
  timer.unref();
  if (signal.aborted) stop();
  signal.addEventListener('abort', stop, { once: true });
  return {
    signal: abort.signal,
    expired: () => expired,
    end: () => {
      clearInterval(timer);
      signal.removeEventListener('abort', stop);
    },
  };
}
