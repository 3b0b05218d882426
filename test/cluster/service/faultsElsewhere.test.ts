/**
 * Faults of the cluster while a server starts there, while its route is used, and on the way in both directions. After
 * each: the state says what is so, every byte is on one side or the other, and the next attempt succeeds.
 */
import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { killPart, startApiServer, startKubelet, stopKubelet } from '../../harness/clusterParts';
import { until } from '../../harness/processes';
import { runCell } from '../../docker/service/kernelClient';
import { api, ok } from '../../docker/service/workbench';
import { copying, openClusterBench, type ClusterBench } from './bench';

let at: ClusterBench;
beforeAll(async () => {
  at = await openClusterBench();
  await writeFile(at.path('large.bin'), randomBytes(200_000_000));
  await writeFile(at.path('small.txt'), 'small');
  const report = await at.switchTo('cluster');
  expect(report?.problem).toBeUndefined();
}, 900_000);
afterAll(() => at?.destroy());
// Whatever a test stopped runs again for the next one.
afterEach(async () => {
  await startApiServer();
  await startKubelet();
}, 120_000);

/** Containers go on without a kubelet, and streams through it may: a move then just arrives. */
const kubeletBlinks = async () => {
  await stopKubelet();
  await pause(2_000);
  await startKubelet();
};
const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));
const answers = async () => (await api(at.endpoint(), '/api/status').catch(() => ({ status: 0 }))).status === 200;

describe('while it starts there', () => {
  beforeEach(async () => {
    if (at.bench.state().phase !== 'stopped') await at.stop();
  }, 200_000);

  const begin = () => at.bench.service.procedures['workspace.start']({ id: at.bench.id }).then(ok);
  const aPod = () => until('a pod', async () => (await at.serverPods())[0], 60_000);
  const comesUp = async () => {
    const state = await at.bench.until('ready', 240_000);
    expect(state.workspace.wanted).toBe('running');
    expect(state.problem).toBeUndefined();
    expect((await api(at.endpoint(), '/api/status')).status).toBe(200);
  };

  test('its pod is deleted: the next one is waited for', async () => {
    await begin();
    const pod = await aPod();
    await at.namespace.kubectl('delete', 'pod', pod, '--grace-period=0', '--force');
    await comesUp();
    expect(await at.serverPods()).not.toContain(pod);
  }, 400_000);

  test('the API server is killed: said, and gone on with once it is back', async () => {
    await begin();
    await aPod();
    await killPart('kube-apiserver');
    const away = await at.bench.settled(
      ({ conditions }) => conditions.some(({ type, status }) => type === 'Engine' && status === 'false'),
      60_000,
    );
    expect(away.workspace.wanted).toBe('running');
    await startApiServer();
    await comesUp();
  }, 400_000);

  test('no kubelet: it waits, and comes up with it', async () => {
    await stopKubelet();
    await begin();
    await aPod();
    await pause(5_000);
    expect(at.bench.state()).toMatchObject({ phase: 'starting', workspace: { wanted: 'running' } });
    await startKubelet();
    await comesUp();
  }, 400_000);
});

test('the kubelet stops while the route is used: what is asked again is answered once it is back', async () => {
  const pods = await at.serverPods();
  const { generation } = at.endpoint();
  const kernelsInLog = () =>
    at.bench.service.logs.tail(at.bench.id).lines.filter(({ text }) => text.includes('Kernel started')).length;
  const before = kernelsInLog();
  expect(await answers()).toBe(true);
  await stopKubelet();
  await pause(5_000);
  expect(at.bench.state().workspace.wanted).toBe('running');
  await startKubelet();
  await at.bench.until('ready', 120_000);
  await until('it answers again', answers, 60_000);
  expect(await at.serverPods()).toEqual(pods);
  expect(at.endpoint().generation).toBe(generation);
  expect(await runCell(at.endpoint(), 'print("still there")')).toBe('still there\n');
  await until('its log goes on', async () => kernelsInLog() > before, 30_000);
}, 300_000);

describe('on the way back', () => {
  const staysThere = async (before: Record<string, string>) => {
    expect(at.bench.state().workspace.target.kind).toBe('cluster');
    await at.bench.until('ready', 240_000);
    expect(await at.there()).toEqual(before);
  };
  beforeEach(async () => {
    if (at.bench.state().phase !== 'ready') await at.start();
    // What is here already would not have to travel.
    await runCell(at.endpoint(), 'import os; open("large.bin", "wb").write(os.urandom(200_000_000)); print(1)');
  }, 400_000);

  test('the pod at the far end is deleted', async () => {
    const [before, mine] = [await at.there(), await at.here()];
    const cut = () => at.namespace.kubectl('delete', 'pod', '--all', '--grace-period=0', '--force');
    const report = await at.switchTo('local', copying, cut);
    expect(report?.problem?.reason).toBe('move-interrupted');
    await staysThere(before);
    expect(await at.here()).toEqual(mine);
  }, 500_000);

  test('the kubelet stops', async () => {
    const [before, mine] = [await at.there(), await at.here()];
    const report = await at.switchTo('local', copying, kubeletBlinks);
    if (report?.problem) {
      expect(report.problem.reason).toBe('move-interrupted');
      await staysThere(before);
      expect(await at.here()).toEqual(mine);
      expect((await at.switchTo('local'))?.problem).toBeUndefined();
    }
    expect(await at.here()).toEqual(before);
    expect((await at.switchTo('cluster'))?.problem).toBeUndefined();
  }, 600_000);

  test('and then it arrives whole', async () => {
    const before = await at.there();
    const report = await at.switchTo('local');
    expect(report?.problem).toBeUndefined();
    expect(await at.here()).toEqual(before);
  }, 400_000);
});

describe('on the way there', () => {
  test('the kubelet stops: it runs where it was, and the next attempt succeeds', async () => {
    await writeFile(at.path('large.bin'), randomBytes(200_000_000));
    const before = await at.here();
    const report = await at.switchTo('cluster', copying, kubeletBlinks);
    if (report?.problem) {
      expect(report.problem.reason).toBe('move-interrupted');
      expect(at.bench.state().workspace.target.kind).toBe('local');
      await at.bench.until('ready', 120_000);
      expect(await at.here()).toEqual(before);
      expect((await at.switchTo('cluster'))?.problem).toBeUndefined();
    }
    expect(await at.there()).toEqual(before);
    expect((await at.switchTo('local'))?.problem).toBeUndefined();
  }, 600_000);

  test('a file that may not be read is left out, and stays', async () => {
    expect((await at.switchTo('cluster'))?.problem).toBeUndefined();
    await runCell(at.endpoint(), 'import os; open("closed.txt", "w").write("x"); os.chmod("closed.txt", 0); print(1)');
    const report = await at.switchTo('local');
    expect(report).toMatchObject({ leftOutCount: 1 });
    expect(report?.problem).toBeUndefined();
    expect(Object.keys(await at.here())).not.toContain('closed.txt');
    await at.switchTo('cluster');
    expect(
      await runCell(at.endpoint(), 'import os; os.chmod("closed.txt", 0o600); print(open("closed.txt").read())'),
    ).toBe('x\n');
  }, 400_000);
});
