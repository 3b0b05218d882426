import { Readable } from 'node:stream';
import { describe, expect, it, vi } from 'vitest';
import { keepWatching, type Ask, type WatchedObject } from '../../../main/runtime/kubernetes/watch';

const list = (version: string, ...names: string[]) =>
  Readable.from([
    Buffer.from(
      JSON.stringify({ metadata: { resourceVersion: version }, items: names.map((name) => ({ metadata: { name } })) }),
    ),
  ]);
const stream = (...events: object[]) => Readable.from(events.map((event) => Buffer.from(`${JSON.stringify(event)}\n`)));
const event = (type: string, name: string, resourceVersion: string) => ({
  type,
  object: { metadata: { name, resourceVersion } },
});

/** Answers one after the other; the last one ends the watch. */
function play(answers: ((query: Record<string, string>) => Readable | Error)[]) {
  const abort = new AbortController();
  const queries: Record<string, string>[] = [];
  const told: string[] = [];
  const ask: Ask = (_path, query) => {
    queries.push(query);
    const answer = answers.shift();
    if (!answer) {
      abort.abort();
      return Promise.reject(new Error('over'));
    }
    const made = answer(query);
    return made instanceof Error ? Promise.reject(made) : Promise.resolve(made);
  };
  const done = keepWatching<WatchedObject>(
    ask,
    {
      synced: (items) => told.push(`all ${items.map(({ metadata }) => metadata?.name).join(',')}`),
      changed: (type, { metadata }) => told.push(`${type} ${metadata?.name}`),
      failed: (error) => told.push(`failed ${(error as Error).message}`),
    },
    { path: '/x', query: { labelSelector: 'a' }, signal: abort.signal },
  );
  return { done, queries, told };
}

describe('keepWatching', () => {
  it('lists, follows from there, and goes on from where a stream ended', async () => {
    const { done, queries, told } = play([
      () => list('10', 'a'),
      () => stream(event('MODIFIED', 'a', '11'), event('BOOKMARK', '', '15')),
      () => stream(event('DELETED', 'a', '16')),
    ]);
    await done;
    expect(told).toEqual(['all a', 'MODIFIED a', 'DELETED a']);
    expect(queries[0]).toEqual({ labelSelector: 'a' });
    expect(queries[1]).toMatchObject({
      watch: 'true',
      allowWatchBookmarks: 'true',
      resourceVersion: '10',
      labelSelector: 'a',
    });
    expect(queries[2]?.['resourceVersion']).toBe('15');
    expect(queries[3]?.['resourceVersion']).toBe('16');
    expect(Number(queries[1]?.['timeoutSeconds'])).toBeGreaterThan(0);
  });

  it('lists again when what happened since is no longer known', async () => {
    const { done, told } = play([
      () => list('10', 'a'),
      () => stream({ type: 'ERROR', object: { code: 410, message: 'too old resource version' } }),
      () => list('20', 'a', 'b'),
    ]);
    await done;
    expect(told).toEqual(['all a', 'all a,b']);
  });

  it('tells a failure, and that all may have changed once it is over', async () => {
    const { done, told } = play([
      () => list('10', 'a'),
      () => new Error('ECONNREFUSED'),
      () => new Error('still away'),
      () => list('11', 'b'),
    ]);
    await done;
    expect(told).toEqual(['all a', 'failed ECONNREFUSED', 'failed still away', 'all b']);
  });

  it('puts objects together that arrive in pieces', async () => {
    const line = Buffer.from(`${JSON.stringify(event('ADDED', 'ä', '11'))}\n`);
    const pieces = [...line].map((byte) => Buffer.from([byte]));
    const { done, told } = play([() => list('10'), () => Readable.from(pieces)]);
    await done;
    expect(told).toEqual(['all ', 'ADDED ä']);
  });
});

describe('a stream that falls silent', () => {
  it('is given up after its time, and everything is listed again', async () => {
    // The pause before the next attempt is a real one.
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'Date'] });
    const attempt = () => new Promise((resolve) => setTimeout(resolve, 1_000));
    try {
      const told: string[] = [];
      const abort = new AbortController();
      const ask: Ask = (_path, query, signal) => {
        if (query['watch'] === undefined) return Promise.resolve(list(String(told.length), 'a'));
        // As a connection whose far side vanished: nothing comes, and no end.
        const silent = new Readable({ read: () => undefined });
        signal.addEventListener('abort', () => silent.destroy(new Error('aborted')));
        return Promise.resolve(silent);
      };
      const handler = { synced: () => told.push('all'), changed: () => undefined, failed: () => told.push('failed') };
      const done = keepWatching(ask, handler, { path: '/x', signal: abort.signal, timeoutSeconds: 240 });
      await attempt();
      await vi.advanceTimersByTimeAsync(240_000);
      await attempt();
      expect(told).toEqual(['all']);
      await vi.advanceTimersByTimeAsync(30_000);
      await attempt();
      expect(told).toEqual(['all', 'all']);
      // The computer slept: the clock jumps, and what was connected is not believed any more.
      vi.setSystemTime(Date.now() + 3_600_000);
      await vi.advanceTimersByTimeAsync(15_000);
      await attempt();
      expect(told).toEqual(['all', 'all', 'all']);
      abort.abort();
      await done;
    } finally {
      vi.useRealTimers();
    }
  });
});
