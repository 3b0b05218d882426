/** The watch over a connection that comes, goes and falls silent, and a node that nobody hears from. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, connect as connectTcp, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { toProblem } from '../../main/common/problem';
import { openCluster } from '../../main/runtime/kubernetes/cluster';
import { testCluster, testNamespace, type TestNamespace } from '../harness/cluster';
import { clusterServer, type ClusterServer } from '../harness/clusterServer';
import { until } from '../harness/processes';

const cluster = testCluster();
let namespace: TestNamespace;
let server: ClusterServer;
beforeAll(async () => {
  namespace = await testNamespace({ restricted: true });
  server = await clusterServer({ namespace });
  await server.runtime.create(server.spec, AbortSignal.timeout(60_000), server.files);
});
afterAll(async () => {
  await server.dispose();
  await namespace.dispose();
});

/** The API server through a cable that can be cut: a pipe of bytes on loopback. */
class Cable {
  readonly #sockets = new Set<Socket>();
  #server: Server | undefined;
  port = 0;

  constructor(private readonly to: { host: string; port: number }) {}

  async plug(): Promise<void> {
    const server = createServer((near) => {
      const far = connectTcp(this.to);
      for (const socket of [near, far]) {
        this.#sockets.add(socket);
        socket.on('error', () => undefined);
        socket.on('close', () => [near, far].forEach((one) => one.destroy()));
      }
      near.pipe(far).pipe(near);
    });
    await new Promise<void>((resolve) => server.listen(this.port, '127.0.0.1', resolve));
    this.port = (server.address() as { port: number }).port;
    this.#server = server;
  }

  async cut(): Promise<void> {
    const closed = new Promise((resolve) => this.#server?.close(resolve));
    for (const socket of this.#sockets) socket.destroy();
    this.#sockets.clear();
    await closed;
  }
}

describe('a watch over a bad connection', () => {
  const folder = mkdtempSync(join(tmpdir(), 'labdock-watch-'));
  const kubeconfig = join(folder, 'kubeconfig');
  let cable: Cable;
  beforeAll(async () => {
    const view = JSON.parse(await cluster.kubectl('config', 'view', '--raw', '--minify', '-o', 'json')) as {
      clusters: { cluster: Record<string, string> }[];
    };
    const target = view.clusters[0]!.cluster;
    const { hostname, port } = new URL(target['server']!);
    cable = new Cable({ host: hostname, port: Number(port) });
    await cable.plug();
    target['server'] = `https://127.0.0.1:${cable.port}`;
    target['tls-server-name'] = 'kubernetes';
    writeFileSync(kubeconfig, JSON.stringify(view));
  });
  afterAll(async () => {
    await cable.cut();
    rmSync(folder, { recursive: true });
  });

  /** Each of the two watches says it when it has listed anew. */
  const bothListed = (told: (string | null)[]) => told.filter((id) => id === null).length >= 2;

  test('says that the cluster is away and back, and that all may have changed', async () => {
    const runtime = await openCluster({ context: cluster.context, namespace: namespace.name, files: [kubeconfig] });
    const told: (string | null)[] = [];
    const availability: boolean[] = [];
    const watching = runtime.watch(
      (id) => told.push(id),
      (now) => availability.push(now),
    );
    try {
      await until('it is there', () => availability.length === 1 && bothListed(told));
      expect(availability).toEqual([true]);
      await cable.cut();
      await until('it is away', () => availability.length === 2);
      expect(toProblem(await runtime.observe(server.id).catch((error: unknown) => error)).reason).toBe(
        'cluster-unreachable',
      );
      told.length = 0;
      await namespace.kubectl('annotate', 'deployment', '--all', 'example.org/while-away=1');
      await cable.plug();
      await until('it is back', () => availability.length === 3, 40_000);
      expect(availability).toEqual([true, false, true]);
      await until('a word that all may have changed', () => bothListed(told), 40_000);
      told.length = 0;
      await namespace.kubectl('annotate', 'deployment', '--all', 'example.org/again=1');
      await until('a word of the change', () => told.includes(server.id), 40_000);
      // At rest nothing is told, once the controllers have taken note.
      await new Promise((resolve) => setTimeout(resolve, 3_000));
      told.length = 0;
      await new Promise((resolve) => setTimeout(resolve, 3_000));
      expect(told).toEqual([]);
    } finally {
      watching.dispose();
      runtime.dispose();
    }
    told.length = 0;
    await namespace.kubectl('annotate', 'deployment', '--all', 'example.org/after=1');
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    expect(told).toEqual([]);
  });
});

describe('a node that nobody hears from', () => {
  const node = `ghost-${Date.now()}`;
  const taint = 'example.org/ghost';
  beforeAll(async () => {
    // A node that says once that it is ready and is never heard of again: as one whose power went.
    const now = new Date().toISOString();
    const metadata = { name: node, labels: { [taint]: node, 'kubernetes.io/arch': 'amd64' } };
    // Nobody else's pods shall go there.
    const spec = { taints: [{ key: taint, value: node, effect: 'NoSchedule' }] };
    await cluster.apply({ apiVersion: 'v1', kind: 'Node', metadata, spec });
    const amounts = { cpu: '4', memory: '8Gi', pods: '10' };
    const condition = {
      type: 'Ready',
      status: 'True',
      reason: 'KubeletReady',
      message: '',
      lastHeartbeatTime: now,
      lastTransitionTime: now,
    };
    const status = JSON.stringify({ status: { capacity: amounts, allocatable: amounts, conditions: [condition] } });
    await cluster.kubectl('patch', 'node', node, '--subresource=status', '--type=merge', '-p', status);
  });
  afterAll(() => cluster.kubectl('delete', 'node', node));

  test('is told to whoever waits for a pod there', async () => {
    const { image, pullPolicy, settings } = server.spec;
    const request = {
      image,
      pullPolicy,
      script: 'true',
      settings: {
        ...settings,
        nodeSelector: { [taint]: node },
        tolerations: [
          { key: taint, operator: 'Equal' as const, value: node, effect: 'NoSchedule' as const, seconds: null },
        ],
      },
    };
    const at = Date.now();
    const problem = await server.runtime
      .runImage(request, AbortSignal.timeout(200_000))
      .then(() => undefined, toProblem);
    console.log(`${problem?.reason} after ${Date.now() - at} ms`);
    expect(problem).toEqual({ reason: 'node-lost', params: { node } });
  });
});
