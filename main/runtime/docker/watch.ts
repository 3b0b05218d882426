/** The engine's event stream, kept alive. Truth is read elsewhere: events only wake. */
import { StringDecoder } from 'node:string_decoder';
import { setTimeout as sleep } from 'node:timers/promises';
import type Docker from 'dockerode';
import { ask } from './client';
import { eventFilters, workspaceOfEvent } from './events';

export interface WatchListener {
  onChange(workspaceId: string | null): void;
  onAvailability(available: boolean): void;
}

const firstDelayMs = 250;
const longestDelayMs = 15_000;
/** Podman answers before it listens to its own log: what happens in between is lost (measured with 4.3, below 1 s). */
const podmanSettleMs = 1_500;
const longestEvent = 1024 * 1024;

/** Reconnects with growing pauses until disposed. Says `available` whenever that changes, and wakes all after each connect. */
export function watchEvents(client: Docker, product: string, listener: WatchListener): { dispose(): void } {
  const abort = new AbortController();
  void keepWatching(client, product, listener, abort.signal);
  return { dispose: () => abort.abort() };
}

async function keepWatching(client: Docker, product: string, listener: WatchListener, signal: AbortSignal) {
  let available: boolean | undefined;
  const tell = (now: boolean) => {
    if (signal.aborted || available === now) return;
    available = now;
    listener.onAvailability(now);
  };
  let delay = firstDelayMs;
  while (!signal.aborted) {
    try {
      const stream = await ask((abortSignal) => openEvents(client, product, abortSignal), {
        signal,
        timeoutMs: 15_000,
      });
      const settle = setTimeout(() => signal.aborted || listener.onChange(null), podmanSettleMs);
      if (product !== 'podman') clearTimeout(settle);
      const since = Date.now();
      try {
        if (signal.aborted) stream.destroy();
        tell(true);
        if (!signal.aborted) listener.onChange(null);
        await readEvents(stream, (id) => listener.onChange(id), signal);
      } finally {
        clearTimeout(settle);
      }
      // A stream that lived was an engine that lived: look at once. One that ends at once would spin.
      delay = Date.now() - since > 5_000 ? firstDelayMs : Math.min(delay * 2, longestDelayMs);
    } catch {
      tell(false);
      delay = Math.min(delay * 2, longestDelayMs);
    }
    await sleep(delay, undefined, { signal }).catch(() => undefined);
  }
}

async function openEvents(client: Docker, product: string, abortSignal: AbortSignal) {
  // docker-modem turns the object into the JSON the engine wants.
  const options = { filters: eventFilters(product), abortSignal } as unknown as Docker.GetEventsOptions;
  return (await client.getEvents(options)) as NodeJS.ReadableStream & { destroy(): void };
}

/** Resolves when the stream ends, broken or not: either way the answer is to connect again. */
async function readEvents(
  stream: NodeJS.ReadableStream & { destroy(): void },
  wake: (workspaceId: string | null) => void,
  signal: AbortSignal,
): Promise<void> {
  const onAbort = () => stream.destroy();
  signal.addEventListener('abort', onAbort, { once: true });
  const decoder = new StringDecoder('utf8');
  let rest = '';
  try {
    for await (const chunk of stream) {
      if (signal.aborted) return;
      const lines = (rest + decoder.write(chunk)).split('\n');
      rest = lines.pop() ?? '';
      if (rest.length > longestEvent) rest = '';
      for (const line of lines) {
        const workspace = line.trim() === '' ? undefined : workspaceOfEvent(line);
        if (workspace !== undefined && !signal.aborted) wake(workspace);
      }
    }
  } catch {
    // Reset by the engine's end, or destroyed by ours.
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}
