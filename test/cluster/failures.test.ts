/** What keeps a server from coming up, or ends it: told with its cause, soon, and nothing else is taken for it. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { toProblem, type Problem } from '../../main/common/problem';
import type { ClusterSettings } from '../../main/runtime/kubernetes/model';
import { testCluster, testNamespace, type TestNamespace } from '../harness/cluster';
import { kubeconfigFor } from '../harness/clusterAccess';
import { clusterServer, type ClusterServer, type ClusterServerOptions } from '../harness/clusterServer';
import { until } from '../harness/processes';

let namespace: TestNamespace;
beforeAll(async () => {
  namespace = await testNamespace({ restricted: true });
});
afterAll(() => namespace.dispose());

const soon = () => AbortSignal.timeout(60_000);

async function withServer(
  options: Partial<ClusterServerOptions>,
  work: (server: ClusterServer) => Promise<void>,
): Promise<void> {
  const server = await clusterServer({ namespace, ...options });
  try {
    await work(server);
  } finally {
    await server.runtime.remove(server.id).catch(() => undefined);
    await server.runtime.removeHome(server.id).catch(() => undefined);
    await server.dispose();
  }
}

/** Starts it and resolves with the problem that is seen, and how long that took. */
async function failed(server: ClusterServer, patienceMs = 120_000): Promise<Problem> {
  const at = Date.now();
  await server.start();
  const { problem } = await server.seen('a problem', (seen) => seen.problem, patienceMs);
  console.log(`${problem?.reason} after ${Date.now() - at} ms: ${JSON.stringify(problem?.params)}`);
  return problem!;
}

const settings = (change: Partial<ClusterSettings>) => ({ settings: change });

describe('a start that cannot succeed', () => {
  test('the image is not there', async () => {
    const image = `${testCluster().registry}/labdock/none:1`;
    await withServer({ spec: { image } }, async (server) => {
      const problem = await failed(server);
      expect(problem).toMatchObject({ reason: 'image-pull-failed', params: { reference: image } });
      expect(problem.params?.['message']).toMatch(/not found|manifest unknown/);
    });
  });

  test('the name of the image is none', async () => {
    await withServer({ spec: { image: 'NOT a name' } }, async (server) => {
      expect((await failed(server)).reason).toBe('image-pull-failed');
    });
  });

  test('the pull secret is not there', async () => {
    const spec = { image: `${testCluster().registry}/labdock/none:1` };
    await withServer({ spec, ...settings({ imagePullSecrets: ['regcred'] }) }, async (server) => {
      expect(await failed(server)).toEqual({ reason: 'secret-missing', params: { name: 'regcred' } });
    });
  });

  test('no node has the label', async () => {
    await withServer(settings({ nodeSelector: { 'example.org/disk': 'fast' } }), async (server) => {
      const problem = await failed(server);
      expect(problem.reason).toBe('unschedulable');
      expect(problem.params?.['message']).toMatch(/0\/1 nodes are available/);
    });
  });

  test('the storage class is not there', async () => {
    await withServer(settings({ storage: { className: 'none-such', sizeGiB: 1 } }), async (server) => {
      expect(await failed(server)).toEqual({ reason: 'storage-class-missing', params: { name: 'none-such' } });
    });
  });

  test('the service account is not there', async () => {
    await withServer(settings({ serviceAccount: 'nobody' }), async (server) => {
      expect(await failed(server)).toMatchObject({ reason: 'service-account-missing', params: { name: 'nobody' } });
    });
  });

  test('the namespace is full', async () => {
    const full = await testNamespace({ quota: { pods: '0' } });
    try {
      await withServer({ namespace: full }, async (server) => {
        const problem = await failed(server);
        expect(problem.reason).toBe('quota-exceeded');
        expect(problem.params?.['message']).toMatch(/exceeded quota: quota/);
        // Room is made, and the same start succeeds.
        await full.kubectl('delete', 'quota', 'quota');
        await server.runtime.stop(server.id, 5);
        await server.runtime.start(server.id, soon());
        const running = await server.seen('it runs', ({ podReady }) => podReady);
        expect(running.problem).toBeUndefined();
      });
    } finally {
      await full.dispose();
    }
  });

  test('an image that would be root is refused where root is', async () => {
    // OpenShift would assign a user; here nobody does, and the image has none.
    const spec = { image: 'localhost/busybox:1', command: ['sleep', '1000'] };
    await withServer({ spec, ...settings({ runAsUser: null }) }, async (server) => {
      const problem = await failed(server);
      expect(problem.reason).toBe('container-refused');
      expect(problem.params?.['message']).toMatch(/runAsNonRoot|non-root|root/);
    });
  });

  test('the namespace forbids the pod', async () => {
    await withServer({}, async (server) => {
      const { runtime, id, spec, files } = server;
      await runtime.create(spec, soon(), files);
      // By another hand, since Labdock's own pods pass.
      const patch = JSON.stringify([{ op: 'add', path: '/spec/template/spec/hostNetwork', value: true }]);
      const [name] = (await namespace.kubectl('get', 'deployment', '-l', `io.labdock.workspace=${id}`, '-o', 'jsonpath={.items[*].metadata.name}')).split(' '); // prettier-ignore
      await namespace.kubectl('patch', 'deployment', name!, '--type=json', '-p', patch);
      await runtime.start(id, soon());
      const { problem } = await server.seen('a problem', (seen) => seen.problem);
      expect(problem).toMatchObject({
        reason: 'pod-security',
        params: { namespace: namespace.name, level: 'restricted' },
      });
    });
  });

  test('the command is not there', async () => {
    await withServer({ spec: { command: ['/nowhere/jupyter'] } }, async (server) => {
      const problem = await failed(server);
      expect(problem.reason).toBe('container-refused');
      expect(problem.params?.['message']).toMatch(/nowhere/);
    });
  });

  test('the server ends at once, again and again', async () => {
    await withServer({ spec: { command: ['sh', '-c', 'echo last words; exit 78'] } }, async (server) => {
      const problem = await failed(server);
      // The first ending is told; it does not take a loop.
      expect(problem.params).toEqual({ code: 78 });
      expect(['server-exited', 'crash-loop']).toContain(problem.reason);
      const looping = await server.seen('the loop', (seen) => seen.problem?.reason === 'crash-loop');
      expect(looping).toMatchObject({ exitCode: 78, outOfMemory: false });
    });
  });

  test('the memory does not suffice', async () => {
    const command = [
      'python3',
      '-c',
      'import time; x = []\nwhile True: x.append(bytearray(8 << 20)); time.sleep(0.02)',
    ];
    await withServer(
      { spec: { command }, ...settings({ memoryRequestMiB: 64, memoryLimitMiB: 128 }) },
      async (server) => {
        expect(await failed(server)).toEqual({ reason: 'out-of-memory', params: { limitMiB: 128 } });
        expect(await server.see()).toMatchObject({ outOfMemory: true, memoryLimitMiB: 128 });
      },
    );
  });

  test('its Secret was taken away', async () => {
    await withServer({}, async (server) => {
      const { runtime, id, spec, files } = server;
      await runtime.create(spec, soon(), files);
      await namespace.kubectl('delete', 'secret', '-l', `io.labdock.workspace=${id}`);
      await runtime.start(id, soon());
      const { problem } = await server.seen('a problem', (seen) => seen.problem, 150_000);
      expect(problem?.reason).toBe('secret-missing');
    });
  });

  test('its volume was taken away', async () => {
    await withServer({}, async (server) => {
      const { runtime, id, spec, files } = server;
      await runtime.create(spec, soon(), files);
      await namespace.kubectl('delete', 'pvc', '-l', `io.labdock.workspace=${id}`);
      await runtime.start(id, soon());
      const { problem } = await server.seen('a problem', (seen) => seen.problem, 150_000);
      expect(problem?.reason).toBe('volume-lost');
    });
  });
});

describe('a server that ends', () => {
  test('by its own hand is stopped, not restarted behind its user', async () => {
    await withServer({}, async (server) => {
      await server.start();
      const ready = await server.seen('the pod is ready', ({ podReady }) => podReady);
      await server.runtime.exec(server.id, ['sh', '-c', 'kill -TERM 1'], 10_000).catch(() => undefined);
      const { problem, process } = await server.seen('its ending', (seen) => seen.problem);
      expect(problem?.reason).toBe('stopped-outside');
      await server.runtime.stop(server.id, 5);
      await server.runtime.start(server.id, soon());
      const again = await server.seen('it is ready again', ({ podReady }) => podReady);
      expect(again.problem).toBeUndefined();
      expect(again.process).not.toBe(ready.process);
      expect(again.process).not.toBe(process);
    });
  });

  test('for memory says so, and the next Labdock does not take that for news', async () => {
    await withServer(settings({ memoryRequestMiB: 64, memoryLimitMiB: 512 }), async (server) => {
      await server.start();
      await server.seen('the pod is ready', ({ podReady }) => podReady);
      const eat = 'x = []\nwhile True: x.append(bytearray(16 << 20))';
      await server.runtime
        .exec(server.id, ['/opt/conda/envs/lab/bin/python', '-c', eat], 60_000)
        .catch(() => undefined);
      // The kernel of this machine may take only the eater, and then nothing of the server has ended.
      const seen = await server.seen('an ending, or none', ({ problem, podReady }) => problem ?? podReady);
      if (seen.problem) expect(seen.problem).toEqual({ reason: 'out-of-memory', params: { limitMiB: 512 } });
      console.log(`out of memory by a command: ${seen.problem?.reason ?? 'only the command was killed'}`);
      const next = await clusterServer({ namespace });
      const history = await until('it runs again', async () => {
        const found = await next.runtime.observe(server.id);
        return found?.podReady ? found : undefined;
      });
      expect(history.problem).toBeUndefined();
      await next.dispose();
    });
  });
});

describe('who may not', () => {
  test('is told which permission is missing', async () => {
    const access = await kubeconfigFor({ namespace: namespace.name, rules: [] });
    try {
      await withServer({ access: { kubeconfig: access.kubeconfig, context: 'limited' } }, async (server) => {
        const problem = await server.see().then(() => undefined, toProblem);
        expect(problem).toMatchObject({ reason: 'cluster-forbidden', params: { verb: 'list', resource: 'deployments', namespace: namespace.name } }); // prettier-ignore
      });
    } finally {
      await access.dispose();
    }
  });

  test('sees why a pod waits without a look at events, nodes and classes', async () => {
    const rules = [
      { apiGroups: ['apps'], resources: ['deployments'], verbs: ['get', 'list', 'watch', 'create', 'patch', 'delete'] },
      { apiGroups: [''], resources: ['pods'], verbs: ['get', 'list', 'watch'] },
      { apiGroups: [''], resources: ['secrets', 'configmaps', 'services', 'persistentvolumeclaims'], verbs: ['get', 'list', 'create', 'patch', 'delete'] }, // prettier-ignore
      { apiGroups: ['networking.k8s.io'], resources: ['ingresses'], verbs: ['get', 'list', 'delete'] },
      { apiGroups: ['coordination.k8s.io'], resources: ['leases'], verbs: ['get', 'list', 'delete'] },
    ];
    const access = await kubeconfigFor({ namespace: namespace.name, rules });
    const options = { access: { kubeconfig: access.kubeconfig, context: 'limited' } };
    try {
      await withServer({ ...options, spec: { image: `${testCluster().registry}/labdock/none:2` } }, async (server) => {
        expect((await failed(server)).reason).toBe('image-pull-failed');
        // Pods may not be deleted; scaling ends them all the same.
        await server.runtime.stop(server.id, 5);
        expect((await server.see())?.state).toBe('exited');
      });
      await withServer(
        { ...options, ...settings({ nodeSelector: { 'example.org/disk': 'none' } }) },
        async (server) => {
          expect((await failed(server)).reason).toBe('unschedulable');
        },
      );
    } finally {
      await access.dispose();
    }
  });
});
