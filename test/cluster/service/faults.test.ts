/**
 * Faults on the way between this computer and a cluster, done to the whole heart. After each: every byte is on one side or
 * the other, the state says what is so, and the next attempt succeeds.
 */
import { randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { killPart, startApiServer, startKubelet, stopApiServer, stopKubelet } from '../../harness/clusterParts';
import { until } from '../../harness/processes';
import { runCell } from '../../docker/service/kernelClient';
import { api, ok } from '../../docker/service/workbench';
import { copying, openClusterBench, type ClusterBench } from './bench';

let at: ClusterBench;
beforeAll(async () => {
  at = await openClusterBench();
}, 900_000);
afterAll(() => at?.destroy());
// Whatever a test stopped runs again for the next one.
afterEach(async () => {
  await startApiServer();
  await startKubelet();
}, 120_000);

/** Large enough to be met in the middle. */
const large = 400_000_000;

describe('on the way there', () => {
  beforeAll(async () => {
    await writeFile(at.path('large.bin'), randomBytes(large));
    await writeFile(at.path('small.txt'), 'small');
    await at.start();
  }, 300_000);

  const staysHere = async () => {
    expect(at.bench.state().workspace.target.kind).toBe('local');
    await at.bench.until('ready', 120_000);
    expect((await api(at.endpoint(), '/api/status')).status).toBe(200);
  };

  test('taken back in the middle: it runs where it was, and nothing is said to have failed', async () => {
    const before = await at.here();
    const cancel = () => at.bench.service.procedures['move.cancel']({ id: at.bench.id }).then(ok);
    expect(await at.switchTo('cluster', copying, cancel)).toBeUndefined();
    await staysHere();
    expect(await at.here()).toEqual(before);
  }, 300_000);

  test('the helper pod is deleted in the middle', async () => {
    const before = await at.here();
    const cut = () => at.namespace.kubectl('delete', 'pod', '--all', '--grace-period=0', '--force');
    const report = await at.switchTo('cluster', copying, cut);
    expect(report?.problem?.reason).toBe('move-interrupted');
    await staysHere();
    expect(await at.here()).toEqual(before);
  }, 300_000);

  test('the API server is killed in the middle, and comes back', async () => {
    const before = await at.here();
    const report = await at.switchTo('cluster', copying, () => killPart('kube-apiserver'));
    expect(report?.problem?.reason).toMatch(/move-interrupted|cluster-unreachable/);
    await startApiServer();
    await staysHere();
    expect(await at.here()).toEqual(before);
  }, 300_000);

  test('a file that goes on changing is named', async () => {
    let writing = true;
    const write = (async () => {
      while (writing) {
        await writeFile(at.path('large.bin'), randomBytes(1_000_000), { flag: 'r+' });
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    })();
    const report = await at.switchTo('cluster');
    writing = false;
    await write;
    expect(report?.problem).toMatchObject({ reason: 'move-source-changed', params: { path: 'large.bin' } });
    await staysHere();
  }, 300_000);

  test('Labdock quits in the middle: the switch is taken back first', async () => {
    const before = await at.here();
    ok(await at.bench.service.procedures['move.start']({ id: at.bench.id, to: 'cluster' }));
    await at.bench.settled(({ move }) => move !== undefined && copying(move), 120_000);
    await at.bench.relaunch();
    expect(at.bench.state().workspace.target.kind).toBe('local');
    expect(at.bench.state().moved).toBeUndefined();
    expect(await at.here()).toEqual(before);
    await at.start();
  }, 300_000);

  test.each(['copying', 'committing'])(
    'Labdock is killed while %s: launched again it says so, nothing is lost',
    async (stage) => {
      const before = await at.here();
      await at.bench.killWhen(stage, 'cluster');
      expect(at.bench.state()).toMatchObject({
        workspace: { target: { kind: 'local' } },
        moved: { to: 'cluster', problem: { reason: 'move-interrupted' } },
      });
      expect(await at.here()).toEqual(before);
      await at.start();
    },
    300_000,
  );

  test('and after all that it arrives whole', async () => {
    const before = await at.here();
    const report = await at.switchTo('cluster');
    expect(report?.problem).toBeUndefined();
    expect(await at.there()).toEqual(before);
    expect(await at.here()).toEqual(before);
  }, 400_000);
});

describe('while it runs there', () => {
  test('its pod is deleted: another one comes, and is shown anew', async () => {
    const { generation } = at.endpoint();
    const [pod] = await at.serverPods();
    await at.namespace.kubectl('delete', 'pod', pod!, '--wait=false');
    await at.bench.settled(() => (at.bench.service.endpoint(at.bench.id)?.generation ?? 0) > generation, 120_000);
    expect(await at.serverPods()).not.toContain(pod);
    expect((await api(at.endpoint(), '/api/status')).status).toBe(200);
  }, 200_000);

  test('the API server goes and comes back: said, then ready again, the same server', async () => {
    const { generation } = at.endpoint();
    const pods = await at.serverPods();
    await stopApiServer();
    const away = await at.bench.settled(({ phase }) => phase !== 'ready', 60_000);
    expect(away.conditions).toContainEqual(expect.objectContaining({ type: 'Engine', status: 'false' }));
    expect(away.workspace.wanted).toBe('running');
    await startApiServer();
    await at.bench.until('ready', 120_000);
    expect(await at.serverPods()).toEqual(pods);
    expect(at.endpoint().generation).toBe(generation);
    expect(await runCell(at.endpoint(), 'print("still there")')).toBe('still there\n');
  }, 300_000);

  test('its kubelet stops and starts: the server is not taken for ended', async () => {
    const pods = await at.serverPods();
    await stopKubelet();
    await new Promise((resolve) => setTimeout(resolve, 5_000));
    expect(at.bench.state().workspace.wanted).toBe('running');
    await startKubelet();
    await at.bench.until('ready', 120_000);
    expect(await at.serverPods()).toEqual(pods);
    expect(await runCell(at.endpoint(), 'print(1)')).toBe('1\n');
  }, 300_000);

  test('scaled to zero by hand: said, and not started again', async () => {
    const name = (await at.namespace.get('deployments')).items![0]!.metadata.name;
    await at.namespace.kubectl('scale', 'deployment', name, '--replicas=0');
    const state = await at.bench.until('stopped', 120_000);
    expect(state.problem?.reason).toBe('stopped-outside');
    expect(state.workspace.wanted).toBe('stopped');
    await at.start();
  }, 300_000);

  test('stopped here and scaled up by hand: it is shown, and counts as wanted', async () => {
    await at.stop();
    const name = (await at.namespace.get('deployments')).items![0]!.metadata.name;
    await at.namespace.kubectl('scale', 'deployment', name, '--replicas=1');
    const state = await at.bench.until('ready', 120_000);
    expect(state.problem).toBeUndefined();
    expect(state.workspace.wanted).toBe('running');
    expect(await at.there()).toEqual(await at.here());
  }, 300_000);
});

describe('two sides', () => {
  test('a file edited on both: both versions are kept', async () => {
    await runCell(at.endpoint(), 'open("small.txt", "w").write("there")');
    await writeFile(at.path('small.txt'), 'here');
    const report = await at.switchTo('local');
    expect(report).toMatchObject({ conflictCount: 1, conflicts: [{ path: 'small.txt' }] });
    expect(await readFile(at.path('small.txt'), 'utf8')).toBe('there');
    expect(await readFile(at.path(report!.conflicts[0]!.copy), 'utf8')).toBe('here');
  }, 300_000);

  test('the volume is swapped for an empty one: nothing here counts as deleted', async () => {
    await at.stop();
    const before = await at.here();
    const [claim] = (await at.namespace.get('pvc')).items!;
    await at.namespace.kubectl('delete', 'pvc', claim!.metadata.name, '--wait=true');
    const preview = ok(await at.bench.service.procedures['move.preview']({ id: at.bench.id, to: 'cluster' }));
    expect(preview).toMatchObject({ deletions: 0, conflictCount: 0 });
    const report = await at.switchTo('cluster');
    expect(report?.problem).toBeUndefined();
    await at.start();
    expect(await at.there()).toEqual(before);
    expect(await at.here()).toEqual(before);
    await at.switchTo('local');
    expect(await at.here()).toEqual(before);
  }, 400_000);
});

describe('starts that cannot be', () => {
  beforeEach(async () => {
    if (at.bench.state().phase !== 'stopped') await at.stop();
    if (at.bench.state().workspace.target.kind === 'local') await at.switchTo('cluster');
  }, 300_000);

  const fails = async () => {
    ok(await at.bench.service.procedures['workspace.start']({ id: at.bench.id }));
    await expect(at.bench.service.whenReady(at.bench.id)).rejects.toThrow();
    return (await at.bench.settled(({ phase }) => phase === 'failed', 60_000)).problem;
  };
  const withSettings = (change: object) => at.bench.update({ cluster: { ...at.settings, ...change } }, false);

  test('a node nobody has', async () => {
    await withSettings({ nodeSelector: { disk: 'none-such' } });
    expect((await fails())?.reason).toBe('unschedulable');
    await withSettings({});
  }, 200_000);

  test('a published image that is not there, and the next start with one that is', async () => {
    const { image } = at.bench.state().workspace;
    const reference = at.settings.repository.replace('/switch', '/none-such:1');
    await at.bench.update({ image: { kind: 'published', reference, pull: 'if-not-present' } }, false);
    expect((await fails())?.reason).toBe('image-pull-failed');
    await at.bench.update({ image }, false);
    await at.start();
    await at.stop();
  }, 300_000);

  test('a quota that is used up', async () => {
    await at.namespace.apply({
      apiVersion: 'v1',
      kind: 'ResourceQuota',
      metadata: { name: 'tight' },
      spec: { hard: { pods: '0' } },
    });
    await until('the quota counts', async () => (await at.namespace.get('quota', 'tight')).status?.['hard']);
    expect((await fails())?.reason).toBe('quota-exceeded');
    await at.namespace.kubectl('delete', 'quota', 'tight');
    await at.start();
    await at.stop();
  }, 300_000);

  test('another place while it is there is refused at its field', async () => {
    const { id: _id, wanted: _wanted, ...draft } = at.bench.state().workspace;
    const answer = await at.bench.service.procedures['workspace.update']({
      id: at.bench.id,
      draft: { ...draft, cluster: { ...at.settings, namespace: 'default' } },
      apply: false,
    });
    expect(answer).toMatchObject({ ok: false, fields: { 'cluster.namespace': { reason: 'cluster-place-fixed' } } });
  });
});
