/** Two people's workspaces in one namespace, and two Labdocks at one workspace: neither touches what is the other's. */
import { writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { labels } from '../../../main/runtime/runtime';
import type { KubeObject } from '../../harness/cluster';
import { runCell } from '../../docker/service/kernelClient';
import { api, ok } from '../../docker/service/workbench';
import { openClusterBench, type ClusterBench } from './bench';

let one: ClusterBench;
let two: ClusterBench;
beforeAll(async () => {
  one = await openClusterBench();
  two = await openClusterBench({ namespace: one.namespace });
}, 900_000);
afterAll(async () => {
  await two?.destroy();
  await one?.destroy();
});

const endpoint = ({ bench }: ClusterBench) => bench.service.endpoint(bench.id)!;
const lives = async (at: ClusterBench) => {
  expect(at.bench.state()).toMatchObject({ phase: 'ready', workspace: { wanted: 'running' } });
  expect((await api(endpoint(at), '/api/status')).status).toBe(200);
};
const kinds = 'deployment,replicaset,pod,service,configmap,secret,pvc,lease,ingress';
/** Name and uid of everything that is a workspace's. */
const objectsOf = async ({ bench, namespace }: ClusterBench) => {
  const { items } = await namespace.get(kinds, '-l', `${labels.workspace}=${bench.id}`);
  return items!.map(({ kind, metadata }: KubeObject) => `${kind}/${metadata.name} ${metadata.uid}`).sort();
};

describe('another Labdock is at work on the workspace', () => {
  const leaseOf = async (at: ClusterBench) => (await at.namespace.get('deployment')).items![0]!.metadata.name;

  test('the switch is refused with its name, and the workspace runs where it was', async () => {
    await writeFile(one.path('mine.txt'), 'one');
    await one.start();
    // A first switch makes the objects: the lease has their name.
    expect((await one.switchTo('cluster'))?.problem).toBeUndefined();
    expect((await one.switchTo('local'))?.problem).toBeUndefined();
    const before = await one.here();
    const name = await leaseOf(one);
    const renew = () =>
      one.namespace.apply({
        apiVersion: 'coordination.k8s.io/v1',
        kind: 'Lease',
        metadata: { name },
        spec: {
          holderIdentity: 'desk-of-ann-0123456789ab',
          leaseDurationSeconds: 15,
          renewTime: new Date().toISOString().replace('Z', '000Z'),
        },
      });
    await renew();
    const renewing = setInterval(() => void renew().catch(() => undefined), 3_000);
    try {
      const report = await one.switchTo('cluster');
      expect(report?.problem).toMatchObject({ reason: 'move-elsewhere', params: { holder: 'desk-of-ann' } });
    } finally {
      clearInterval(renewing);
    }
    expect(one.bench.state().workspace.target.kind).toBe('local');
    await lives(one);
    expect(await runCell(endpoint(one), 'import os; print("KUBERNETES_SERVICE_HOST" in os.environ)')).toBe('False\n');
    expect(await one.here()).toEqual(before);
    // The other's lease is left to it.
    const lease = await one.namespace.get('lease', name);
    expect(lease.spec['holderIdentity']).toBe('desk-of-ann-0123456789ab');
  }, 600_000);

  test('once it has gone without giving the lease back, the next attempt succeeds', async () => {
    const report = await one.switchTo('cluster');
    expect(report).toMatchObject({ to: 'cluster' });
    expect(report?.problem).toBeUndefined();
    await lives(one);
    expect(await runCell(endpoint(one), 'print(open("mine.txt").read())')).toBe('one\n');
  }, 300_000);
});

describe('two people in one namespace', () => {
  test('both run there under the same name, each with its own token', async () => {
    expect(two.bench.state().workspace.name).toBe(one.bench.state().workspace.name);
    await writeFile(two.path('mine.txt'), 'two');
    await two.start();
    expect((await two.switchTo('cluster'))?.problem).toBeUndefined();
    await Promise.all([lives(one), lives(two)]);
    expect(await runCell(endpoint(two), 'print(open("mine.txt").read())')).toBe('two\n');
    const crossed = { origin: endpoint(two).origin, token: endpoint(one).token };
    expect((await api(crossed, '/api/status')).status).toBe(403);
    const [mine, theirs] = [await objectsOf(one), await objectsOf(two)];
    expect(mine.length).toBeGreaterThan(5);
    expect(mine.filter((object) => theirs.includes(object))).toEqual([]);
  }, 600_000);

  test('one stops, restarts on other settings and is removed with its volume; the other’s server does not notice', async () => {
    const { generation } = endpoint(two);
    const before = await objectsOf(two);
    await one.stop();
    await one.bench.update({ cluster: { ...one.settings, podLabels: { team: 'one' } } }, false);
    await one.start();
    await lives(two);
    await one.stop();
    const { name } = one.bench.state().workspace;
    const asked = { id: one.bench.id, removeHome: true, typedName: name };
    ok(await one.bench.service.procedures['workspace.remove'](asked));
    expect(await objectsOf(one)).toEqual([]);
    expect(await objectsOf(two)).toEqual(before);
    expect(endpoint(two).generation).toBe(generation);
    await lives(two);
    expect(await runCell(endpoint(two), 'print(open("mine.txt").read())')).toBe('two\n');
  }, 300_000);
});
