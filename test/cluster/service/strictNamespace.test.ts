/** A namespace that admits one pod at a time, and only pods with the team's label: everything still works there. */
import { readFile, writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { admissionPolicy } from '../../harness/admissionPolicy';
import { testCluster, testNamespace, type TestNamespace } from '../../harness/cluster';
import { clusterServer } from '../../harness/clusterServer';
import { until } from '../../harness/processes';
import { runCell } from '../../docker/service/kernelClient';
import { ok } from '../../docker/service/workbench';
import { openClusterBench, type ClusterBench } from './bench';

const podLabels = { 'cost-centre': '42' };
let namespace: TestNamespace;
let at: ClusterBench;
beforeAll(async () => {
  namespace = await testNamespace({ quota: { pods: '1' } });
  await testCluster().apply(...demandLabel(namespace.name));
  await until('the policy is in force', async () => {
    const refused = await namespace
      .kubectl('run', 'bare', '--image=none', '--dry-run=server')
      .catch((error: unknown) => String(error));
    return refused.includes('no cost centre');
  });
  at = await openClusterBench({ namespace, settings: { podLabels } });
}, 900_000);
afterAll(async () => {
  await at?.destroy();
  const kinds = 'validatingadmissionpolicybinding,validatingadmissionpolicy';
  await testCluster().kubectl('delete', kinds, namespace.name, '--ignore-not-found');
  await namespace?.dispose();
});

const demandLabel = (name: string) =>
  admissionPolicy({
    name,
    namespace: name,
    apiGroup: '',
    resource: 'pods',
    expression: "has(object.metadata.labels) && 'cost-centre' in object.metadata.labels",
    message: 'no cost centre',
  });

const endpoint = () => at.bench.service.endpoint(at.bench.id)!;
const preview = (to: 'local' | 'cluster') =>
  at.bench.service.procedures['move.preview']({ id: at.bench.id, to }).then(ok);
const pods = async () => (await namespace.get('pods')).items!.map(({ metadata }) => metadata.uid);

test('it goes there, and the way back is looked at through the server that runs', async () => {
  await writeFile(at.path('note.txt'), 'here');
  await at.start();
  expect((await preview('cluster')).findings).toEqual([]);
  expect((await at.switchTo('cluster'))?.problem).toBeUndefined();
  await runCell(endpoint(), 'open("note.txt", "w").write("there"); open("new.txt", "w").write("new")');
  const before = await pods();
  expect(before).toHaveLength(1);
  expect(await preview('local')).toMatchObject({ files: 2, running: true, findings: [] });
  expect(await pods()).toEqual(before);
  // Looking disturbed nobody.
  expect(await runCell(endpoint(), 'print(open("note.txt").read())')).toBe('there\n');
}, 600_000);

test('back and there again: one pod at a time', async () => {
  expect((await at.switchTo('local'))?.problem).toBeUndefined();
  expect(await readFile(at.path('note.txt'), 'utf8')).toBe('there');
  await writeFile(at.path('note.txt'), 'again');
  expect(await preview('cluster')).toMatchObject({ files: 1, findings: [] });
  expect((await at.switchTo('cluster'))?.problem).toBeUndefined();
  expect(await runCell(endpoint(), 'print(open("note.txt").read())')).toBe('again\n');
}, 600_000);

test('stopped, it is looked at through a helper pod, which leaves room for the next start', async () => {
  await at.stop();
  await until('no pod', async () => (await pods()).length === 0, 60_000);
  expect(await preview('local')).toMatchObject({ files: 0, running: false });
  await at.start();
  expect(await runCell(endpoint(), 'print(1)')).toBe('1\n');
  await at.stop();
}, 300_000);

test('an image is looked into there', async () => {
  await until('no pod', async () => (await pods()).length === 0, 60_000);
  const server = await clusterServer({ namespace, settings: { podLabels } });
  const { runtime, spec } = server;
  const request = {
    image: spec.image,
    pullPolicy: 'IfNotPresent',
    settings: spec.settings,
    script: 'echo in',
  } as const;
  try {
    const looked = await runtime.runImage(request, AbortSignal.timeout(60_000));
    expect(looked).toMatchObject({ code: 0, stdout: 'in\n' });
    const bare = { ...request, settings: { ...spec.settings, podLabels: {} } };
    const refused = runtime.runImage(bare, AbortSignal.timeout(60_000));
    await expect(refused).rejects.toMatchObject({ problem: { reason: 'admission-denied' } });
  } finally {
    await server.dispose();
  }
}, 200_000);
