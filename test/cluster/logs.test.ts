/** What a person reads while a server starts, runs and ends: the cluster's words and the server's, live, once, bounded. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { LogLine } from '../../main/runtime/runtime';
import { testCluster, testNamespace, type TestNamespace } from '../harness/cluster';
import { clusterServer, type ClusterServer, type ClusterServerOptions } from '../harness/clusterServer';
import { until } from '../harness/processes';

let namespace: TestNamespace;
beforeAll(async () => {
  namespace = await testNamespace({ restricted: true });
});
afterAll(() => namespace.dispose());

interface Followed {
  lines: LogLine[];
  texts(stream?: LogLine['stream']): string[];
  ended: Promise<void>;
  over(): boolean;
  abort(): void;
  /** Fails with what was read until then. */
  until(what: string, holds: () => unknown, patienceMs?: number): Promise<unknown>;
}

function follow({ runtime, id }: ClusterServer, tail = 100): Followed {
  const lines: LogLine[] = [];
  const abort = new AbortController();
  let over = false;
  const ended = runtime
    .followLogs(id, (line) => lines.push(line), { tail, signal: abort.signal })
    .then(() => void (over = true));
  const texts = (stream?: LogLine['stream']) =>
    lines.filter((line) => !stream || line.stream === stream).map(({ text }) => text);
  const read = () => lines.map(({ stream, time, text }) => `${time} ${stream} ${text.slice(0, 200)}`).join('\n');
  return {
    lines,
    texts,
    ended,
    over: () => over,
    abort: () => abort.abort(),
    until: (what, holds, patienceMs) =>
      until(what, async () => holds(), patienceMs).catch((cause: unknown) => {
        throw new Error(`${String(cause)}\n${read()}`, { cause });
      }),
  };
}

async function withServer(options: Partial<ClusterServerOptions>, work: (server: ClusterServer) => Promise<void>) {
  const server = await clusterServer({ namespace, ...options });
  try {
    await work(server);
  } finally {
    // A shell that is a container's first process does not hear SIGTERM.
    await server.runtime.stop(server.id, 1);
    await server.runtime.remove(server.id);
    await server.runtime.removeHome(server.id);
    await server.dispose();
  }
}

const shell = (script: string): Partial<ClusterServerOptions> => ({
  spec: { image: 'localhost/busybox:1', command: ['sh', '-c', script] },
});
const soon = () => AbortSignal.timeout(60_000);

test('events of Pod, ReplicaSet, volume and Deployment come between the lines of the server, and nothing twice', async () => {
  await withServer({}, async (server) => {
    await server.start();
    const log = follow(server);
    await server.seen('the pod is ready', ({ podReady }) => podReady);
    await log.until('the server says that it runs', () =>
      log.texts('stderr').some((text) => text.includes('is running at')),
    );
    const events = log.texts('event').join('\n');
    for (const words of [
      /Deployment .*ScalingReplicaSet/,
      /ReplicaSet .*SuccessfulCreate/,
      /Pod .*Scheduled/,
      /PersistentVolumeClaim .*ProvisioningSucceeded/,
      /Pod .*Started/,
      /Pod .*: Ready/,
    ])
      // prettier-ignore
      expect(events).toMatch(words);
    const timed = log.lines.filter(({ stream }) => stream === 'stderr');
    expect(timed.every(({ time }) => !Number.isNaN(Date.parse(time ?? '')))).toBe(true);
    const all = log.lines.map(({ time, text }) => `${time} ${text}`);
    expect(new Set(all).size).toBe(all.length);
    await server.runtime.stop(server.id, 10);
    await log.ended;
    expect(log.texts('stderr').join('\n')).toMatch(/received signal 15/);
    expect(log.texts('event').join('\n')).toMatch(/Terminating/);
  });
});

test('why it cannot start stands in the log', async () => {
  await withServer({ spec: { image: `${testCluster().registry}/labdock/none:3` } }, async (server) => {
    await server.start();
    const log = follow(server);
    await log.until('the words of the pull', () =>
      log.texts('event').some((text) => /Warning: Pod .*Failed.*not found/.test(text)),
    );
    log.abort();
    await log.ended;
  });
});

test('it goes on over a replaced pod, and over one that crashes', async () => {
  await withServer(shell('echo "life of $HOSTNAME"; sleep 1000'), async (server) => {
    await server.start();
    const log = follow(server);
    const lives = () => log.texts('stderr').filter((text) => text.startsWith('life of'));
    await log.until('the first life', () => lives().length === 1);
    await namespace.kubectl(
      'delete',
      'pod',
      '-l',
      `io.labdock.workspace=${server.id}`,
      '--wait=false',
      '--grace-period=1',
    );
    await log.until('the second life', () => lives().length === 2, 60_000);
    expect(lives()[0]).not.toBe(lives()[1]);
    expect(log.over()).toBe(false);
    log.abort();
    await log.ended;
  });
  await withServer(shell('echo "born $(cat /proc/sys/kernel/random/uuid)"; sleep 2; exit 3'), async (server) => {
    await server.start();
    const log = follow(server);
    const born = () => log.texts('stderr').filter((text) => text.startsWith('born'));
    await log.until('it was born twice', () => born().length >= 2, 60_000);
    expect(new Set(born()).size).toBe(born().length);
    log.abort();
    await log.ended;
  });
});

test('who comes late reads the end of the log, and the last words of a crash before', async () => {
  const script =
    'for i in $(seq 1 300); do echo "line $i"; done; test -e /work/again && sleep 1000; touch /work/again; exit 9';
  await withServer(shell(script), async (server) => {
    await server.start();
    await server.seen('it has crashed once and runs', ({ process, startedAt }) => process?.endsWith('/1') && startedAt);
    const log = follow(server, 5);
    await log.until('both lives', () => log.texts('stderr').length >= 10);
    expect(log.texts('stderr')).toEqual([296, 297, 298, 299, 300, 296, 297, 298, 299, 300].map((n) => `line ${n}`));
    log.abort();
    await log.ended;
  });
});

test('a line without end is cut, and what comes after it is whole', async () => {
  const script = 'head -c 3000000 /dev/zero | tr "\\\\0" x; echo; echo after; sleep 1000';
  await withServer(shell(script), async (server) => {
    await server.start();
    const log = follow(server);
    await log.until('what comes after', () => log.texts('stderr').includes('after'), 60_000);
    const long = log.texts('stderr').filter((text) => text.startsWith('x'));
    expect(long.length).toBeGreaterThan(0);
    for (const text of long) expect(text.length).toBeLessThanOrEqual(16_385);
    expect(long[0]?.endsWith('…')).toBe(true);
    log.abort();
    await log.ended;
  });
});

test('many lines flow, and an abort ends it at once', async () => {
  await withServer(
    shell('i=0; while true; do i=$((i+1)); echo "line $i of many that come without a pause"; done'),
    async (server) => {
      await server.start();
      await server.seen('it runs', ({ startedAt }) => startedAt);
      const abort = new AbortController();
      let count = 0;
      const ended = server.runtime.followLogs(server.id, () => count++, { tail: 10, signal: abort.signal });
      await until('many lines', () => count > 20_000, 60_000);
      const at = Date.now();
      abort.abort();
      await ended;
      expect(Date.now() - at).toBeLessThan(2_000);
      const then = count;
      await new Promise((resolve) => setTimeout(resolve, 500));
      expect(count).toBe(then);
      await server.runtime.stop(server.id, 1);
    },
  );
});

test('nothing to follow is the end', async () => {
  await withServer(shell('sleep 1000'), async (server) => {
    await follow(server).ended;
    await server.runtime.create(server.spec, soon(), server.files);
    // At rest: told once what is there, and over.
    const log = follow(server);
    await log.ended;
    expect(log.texts('stderr')).toEqual([]);
  });
});
