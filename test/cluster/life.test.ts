/** A real JupyterLab on a real cluster: made, started, looked at, reached, stopped, started again, removed. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { paths } from '../../main/runtime/runtime';
import { testNamespace, type KubeObject, type TestNamespace } from '../harness/cluster';
import { clusterServer, serverFiles, type ClusterServer } from '../harness/clusterServer';
import { until } from '../harness/processes';

let namespace: TestNamespace;
let server: ClusterServer;
beforeAll(async () => {
  namespace = await testNamespace({ restricted: true });
  server = await clusterServer({ namespace });
});
afterAll(async () => {
  await server.dispose();
  await namespace.dispose();
});

const never = () => AbortSignal.timeout(120_000);
const status = async (port: number) => {
  const answer = await server.ask(port, '/api/status');
  return answer.ok ? ((await answer.json()) as { kernels: number }) : undefined;
};

describe('one life', () => {
  test('begins with nothing, then objects at rest', async () => {
    const { runtime, spec, files, id } = server;
    expect(await server.see()).toBeNull();
    expect(await runtime.list()).not.toContain(id);
    await runtime.create(spec, never(), files);
    expect(await server.see()).toMatchObject({ state: 'created', configHash: 'hash-1', image: spec.image });
    expect(await runtime.list()).toContain(id);
    expect((await namespace.get('pods')).items).toEqual([]);
    // Again is nothing new.
    await runtime.create(spec, never(), files);
    expect((await server.see())?.state).toBe('created');
  });

  test('keeps its files where they belong, and gives them back', async () => {
    const { runtime, id, token, files } = server;
    expect((await runtime.readFile(id, paths.token))?.toString()).toBe(token);
    expect((await runtime.readFile(id, paths.config))?.toString()).toBe(files[0]?.content);
    expect(await runtime.readFile(id, `${paths.labdock}/etc/none`)).toBeNull();
    const configMaps = JSON.stringify(await namespace.get('configmaps'));
    expect(configMaps).not.toContain(token);
  });

  test('runs, is ready, and proves itself over the route', async () => {
    await server.runtime.start(server.id, never());
    expect((await server.see())?.state).toBe('running');
    const ready = await server.seen('the pod is ready', ({ podReady }) => podReady);
    expect(ready).toMatchObject({ state: 'running', outOfMemory: false, memoryLimitMiB: 1024 });
    expect(ready.problem).toBeUndefined();
    expect(ready.waitingFor).toBeUndefined();
    expect(ready.process).toMatch(/\/0$/);
    expect(Date.parse(ready.startedAt ?? '')).toBeGreaterThan(Date.now() - 120_000);
    const port = await server.route();
    expect(await until('the server answers', () => status(port))).toMatchObject({ kernels: 0 });
    expect((await server.see())?.port).toBe(port);
    await until('the route says so', () => server.runtime.route(server.id)?.open);
    expect(server.runtime.route(server.id)).toEqual({ open: true, port });
    const foreign = await fetch(`http://127.0.0.1:${port}/api/status`);
    expect(foreign.status).toBe(403);
  });

  test('runs as the restricted profile wants it, without a token of the cluster', async () => {
    const { stdout } = await server.runtime.exec(server.id, ['sh', '-c', 'id -u; ls /var/run/secrets 2>&1; cat /proc/1/comm; echo $HOME'], 20_000); // prettier-ignore
    const [uid, secrets, first, home] = stdout.trim().split('\n');
    expect([uid, first, home]).toEqual(['1000', 'tini', paths.home]);
    expect(secrets).toMatch(/No such file/);
  });

  test('stops to zero, with its work kept, and comes back on its word', async () => {
    const { runtime, id } = server;
    await runtime.exec(id, ['sh', '-c', `echo kept > ${paths.work}/kept.txt`], 20_000);
    const before = (await server.see())?.process;
    await runtime.closeRoute(id);
    await runtime.stop(id, 10);
    // Its processes have ended; the object may need a moment more.
    const running = await namespace.kubectl('get', 'pods', '--field-selector=status.phase=Running', '-o', 'name');
    expect(running).toBe('');
    expect(await server.see()).toMatchObject({ state: 'exited', exitCode: 0 });
    expect(runtime.route(id)).toBeUndefined();
    await runtime.start(id, never());
    const again = await server.seen('the pod is ready again', ({ podReady }) => podReady);
    expect(again.process).not.toBe(before);
    const { stdout } = await runtime.exec(id, ['cat', `${paths.work}/kept.txt`], 20_000);
    expect(stdout).toBe('kept\n');
  });

  test('takes another configuration at its next start', async () => {
    const { runtime, id } = server;
    await runtime.stop(id, 10);
    await runtime.putFiles(id, serverFiles('another-token'), never());
    expect((await server.see())?.state).toBe('exited');
    expect((await runtime.readFile(id, paths.token))?.toString()).toBe('another-token');
    await runtime.start(id, never());
    await server.seen('the pod is ready', ({ podReady }) => podReady);
    const port = await server.route();
    const other = () =>
      fetch(`http://127.0.0.1:${port}/api/status`, { headers: { Authorization: 'token another-token' } });
    await until('the new token is good', async () => (await other()).ok);
    expect((await server.ask(port, '/api/status')).status).toBe(403);
    // And the whole spec again over all that: no conflict with our own scaling and writing.
    await runtime.stop(id, 10);
    await runtime.create({ ...server.spec, configHash: 'hash-2' }, never(), server.files);
    expect(await server.see()).toMatchObject({ state: 'exited', configHash: 'hash-2' });
  });

  test('goes, and leaves its volume; which goes on a word of its own', async () => {
    const { runtime, id } = server;
    await runtime.start(id, never());
    await server.seen('the pod runs', ({ startedAt }) => startedAt);
    await runtime.remove(id);
    expect(await server.see()).toBeNull();
    const kinds = 'deployments,pods,services,secrets,configmaps,ingresses,leases,persistentvolumeclaims';
    const left = async () =>
      (await namespace.get<{ items: KubeObject[] }>(kinds, '-l', `io.labdock.workspace=${id}`)).items.map(
        ({ kind }) => kind,
      );
    // An ended pod's object goes a moment after its processes.
    await until('only the volume is left', async () => (await left()).join() === 'PersistentVolumeClaim');
    await runtime.removeHome(id);
    await until('the volume is gone', async () => (await left()).length === 0);
    // Nothing to do is no failure.
    await runtime.remove(id);
    await runtime.stop(id, 1);
  });
});

describe('events', () => {
  test('wake for what changes, from inside and outside', async () => {
    const one = await clusterServer({ namespace });
    const told: (string | null)[] = [];
    const availability: boolean[] = [];
    const watching = one.runtime.watch(
      (id) => told.push(id),
      (now) => availability.push(now),
    );
    try {
      await until('the watch is there', () => availability.length > 0 && told.includes(null));
      expect(availability).toEqual([true]);
      await one.start();
      await until('a word of the start', () => told.includes(one.id));
      await one.seen('the pod is ready', ({ podReady }) => podReady);
      told.length = 0;
      await namespace.kubectl('scale', 'deployment', '-l', `io.labdock.workspace=${one.id}`, '--replicas=0');
      await until('a word of the scaling', () => told.includes(one.id), 10_000);
      // Seen as running until its processes are gone, and then as told to stop.
      const ended = await one.seen('it has ended', ({ state }) => state === 'exited');
      expect(ended).toMatchObject({ exitCode: 0 });
      // What an admin scaled is ours to start again.
      await one.runtime.start(one.id, never());
      await one.seen('the pod is ready', ({ podReady }) => podReady);
    } finally {
      watching.dispose();
      await one.runtime.remove(one.id);
      await one.runtime.removeHome(one.id);
      await one.dispose();
    }
  });

  test('a pod deleted by hand is replaced: another process of the same server', async () => {
    const one = await clusterServer({ namespace });
    try {
      await one.start();
      const first = await one.seen('the pod is ready', ({ podReady }) => podReady);
      await namespace.kubectl('delete', 'pod', '-l', `io.labdock.workspace=${one.id}`, '--wait=false');
      const second = await one.seen(
        'another pod is ready',
        ({ podReady, process }) => podReady && process !== first.process,
      );
      expect(second).toMatchObject({ id: first.id, state: 'running' });
      expect(second.problem).toBeUndefined();
    } finally {
      await one.runtime.remove(one.id);
      await one.runtime.removeHome(one.id);
      await one.dispose();
    }
  });
});

describe('beside the server', () => {
  test('a helper pod has files and HOME and no secrets, whether the server runs or not', async () => {
    const one = await clusterServer({ namespace });
    const { runtime, id } = one;
    const say = async (script: string) => {
      const agent = await runtime.openAgent(id, ['sh', '-c', script], never());
      let text = '';
      for await (const chunk of agent.stdout) text += String(chunk);
      expect((await agent.done).code).toBe(0);
      return text;
    };
    const helpers = () => namespace.kubectl('get', 'pods', '-l', 'app.kubernetes.io/component=helper', '-o', 'name');
    try {
      await runtime.create(one.spec, never(), one.files);
      const at = Date.now();
      expect(await say(`echo moved > ${paths.work}/m.txt; echo $(id -u); ls ${paths.labdock}`)).not.toMatch(/secrets/);
      console.log(`helper pod ready and used after ${Date.now() - at} ms`);
      const [helper] = (await helpers()).trim().split('\n');
      // The same one serves again; and the observation does not take it for the server.
      expect(await say(`cat ${paths.work}/m.txt`)).toBe('moved\n');
      expect((await helpers()).trim()).toBe(helper);
      expect((await one.see())?.state).toBe('created');
      await runtime.start(id, never());
      await one.seen('the pod is ready beside its helper', ({ podReady }) => podReady);
      const { stdout } = await runtime.exec(id, ['cat', `${paths.work}/m.txt`], 20_000);
      expect(stdout).toBe('moved\n');
      await runtime.removeHelper(id);
      expect(await helpers()).toBe('');
      // While the server runs, its own pod serves, and the command is the first to go where memory runs out.
      expect(await say(`cat ${paths.work}/m.txt /proc/self/oom_score_adj`)).toBe('moved\n1000\n');
      expect(await helpers()).toBe('');
      expect((await one.see())?.podReady).toBe(true);
      await runtime.removeHelper(id);
      await runtime.removeHelper(id);
    } finally {
      await runtime.remove(id);
      await runtime.removeHome(id);
      await one.dispose();
    }
  });

  test('one Labdock at a time holds the lease, and one that is gone gives it up', async () => {
    const one = await clusterServer({ namespace });
    const { runtime, id } = one;
    try {
      await runtime.create(one.spec, never(), one.files);
      const lease = () => namespace.get('leases', '-l', `io.labdock.workspace=${id}`);
      const result = await runtime.withLease(id, async (signal) => {
        expect(signal.aborted).toBe(false);
        expect((await lease()).items).toHaveLength(1);
        return 'done';
      });
      expect(result).toBe('done');
      expect((await lease()).items).toEqual([]);
      await expect(runtime.withLease(id, () => Promise.reject(new Error('inside')))).rejects.toThrow('inside');
      expect((await lease()).items).toEqual([]);
    } finally {
      await runtime.remove(id);
      await one.dispose();
    }
  });

  test('an image is looked into with a pod that is thrown away', async () => {
    const { spec } = server;
    const { image, pullPolicy, settings } = spec;
    const script = 'id -u; echo noise >&2; test -x /opt/labdock/bin/entrypoint && echo ours; exit 3';
    const result = await server.runtime.runImage({ image, pullPolicy, settings, script }, never());
    expect(result).toEqual({ code: 3, stdout: '1000\nours\n' });
    await until(
      'the probe is gone',
      async () =>
        (await namespace.kubectl('get', 'pods', '-l', 'app.kubernetes.io/component=probe', '-o', 'name')) === '',
    );
  });
});
