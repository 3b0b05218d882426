/**
 * Click on Start to launcher cards painted, on the cluster with the image on the node; against `kubectl apply` of the same
 * objects, a wait until they are ready, `kubectl port-forward`, and the page in an empty Electron window.
 */
import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { defaultClusterSettings } from '../../main/runtime/kubernetes/model';
import { testCluster, testNamespace, type KubeObject, type TestNamespace } from '../harness/cluster';
import { answers } from './bareServer';
import { painted } from './devtools';
import { alternate, ratioFigure, type Figure } from './figures';
import { clickStart, labPainted, ownPage, startButton } from './pages';
import { freePort, settings, startApp, startBare, type World } from './world';

/** What a start makes anew. The volume stays on both sides: it is made once in a workspace's life. */
const kinds = 'deployments,services,configmaps,secrets';

export async function clusterStart(world: World): Promise<Figure[]> {
  const { kubeconfig, context, registry } = testCluster();
  process.env.KUBECONFIG = kubeconfig;
  const namespace = await testNamespace();
  try {
    const bench = await settings(world, 'cluster', 1, {
      target: { kind: 'cluster' },
      cluster: {
        ...defaultClusterSettings,
        context,
        namespace: namespace.name,
        repository: `${registry}/labdock-bench/workspace`,
        memoryRequestMiB: 256,
        cpuRequest: 0.1,
        storage: { className: '', sizeGiB: 1 },
      },
    });
    const { id, port } = bench.workspaces[0]!;
    const label = `io.labdock.workspace=${id}`;
    const objects = join(world.root, 'objects.json');
    let token = '';
    const ours = async () => {
      await remove(namespace, label);
      const app = await startApp(world, bench);
      try {
        const page = await ownPage(app);
        await page.evaluate(painted(startButton));
        const clicked = await clickStart(page);
        const usable = await labPainted(app, port);
        // The very objects that the other side applies.
        token = await save(namespace, label, objects);
        return [usable - clicked];
      } finally {
        await app.stop();
      }
    };
    const bare = async () => {
      await remove(namespace, label);
      const window = await startBare(world, `${bench.userData}-bare`);
      const local = await freePort();
      const forward = new AbortController();
      try {
        const page = await window.page(/^data:/);
        await page.evaluate(painted('button'));
        const began = Date.now();
        await namespace.kubectl('apply', '-f', objects);
        await namespace.kubectl('rollout', 'status', 'deployment', '-l', label, '--timeout=180s');
        portForward(namespace, label, local, forward.signal);
        await answers(local, token);
        const url = `http://127.0.0.1:${local}/lab?token=${token}`;
        await page.evaluate(`void setTimeout(() => location.assign(${JSON.stringify(url)}))`);
        return (await labPainted(window, local)) - began;
      } finally {
        forward.abort();
        await window.stop();
      }
    };
    // The uncounted round builds and pushes the image, and brings it to the node. It begins with ours.
    const seen = await alternate(world.pairs, ours, bare);
    const name = 'Start on a cluster, image on the node / kubectl apply of the same objects, ready, load';
    return [ratioFigure(name, 1.15, seen.ours[0]!, seen.bare, 'ms')];
  } finally {
    await namespace.dispose();
  }
}

/** All but the volume, and the pods gone. */
async function remove(namespace: TestNamespace, label: string): Promise<void> {
  await namespace.kubectl('delete', kinds, '-l', label, '--ignore-not-found', '--wait=true');
  for (;;) {
    if ((await namespace.kubectl('get', 'pods', '-l', label, '-o', 'name')) === '') return;
    await sleep(250);
  }
}

/** Writes the objects as somebody would have written them, and returns the token in their Secret. */
async function save(namespace: TestNamespace, label: string, file: string): Promise<string> {
  interface Found extends KubeObject {
    metadata: KubeObject['metadata'] & { annotations?: Record<string, string> };
    data?: Record<string, string>;
  }
  const { items } = await namespace.get<{ items: Found[] }>(kinds, '-l', label);
  let token = '';
  const objects = items.map(({ metadata, status: _status, ...rest }) => {
    if (rest.kind === 'Secret') token = Buffer.from(rest.data?.['token'] ?? '', 'base64').toString();
    const { 'deployment.kubernetes.io/revision': _revision, ...annotations } = metadata.annotations ?? {};
    const { clusterIP: _ip, clusterIPs: _ips, ...spec } = rest.spec ?? {};
    const { name, labels } = metadata;
    return { ...rest, ...(rest.spec && { spec }), metadata: { name, labels, annotations } };
  });
  if (!token) throw new Error('no token in the objects');
  writeFileSync(file, JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects }));
  return token;
}

function portForward(namespace: TestNamespace, label: string, local: number, signal: AbortSignal): void {
  const { kubeconfig, program } = testCluster();
  void namespace.kubectl('get', 'service', '-l', label, '-o', 'name').then((service) => {
    const args = ['--kubeconfig', kubeconfig, '-n', namespace.name, 'port-forward', service.trim(), `${local}:8888`];
    spawn(program, args, { stdio: 'ignore', signal }).on('error', () => undefined);
  });
}
