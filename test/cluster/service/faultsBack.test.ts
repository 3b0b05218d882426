/**
 * Faults on the way back from the cluster: the cluster itself goes away, or the user's kubeconfig is another one. The
 * workspace is where it was, running again as soon as that can be, and nobody has to click for it.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { readFile, rename, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadYaml } from '@kubernetes/client-node';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { MoveState } from '../../../main/workspace/state';
import { testCluster } from '../../harness/cluster';
import { killPart, startApiServer } from '../../harness/clusterParts';
import { until } from '../../harness/processes';
import { runCell } from '../../docker/service/kernelClient';
import { api } from '../../docker/service/workbench';
import { copying, openClusterBench, type ClusterBench } from './bench';

const folder = mkdtempSync(join(tmpdir(), 'labdock-kubeconfig-'));
const kubeconfig = join(folder, 'config');
let at: ClusterBench;
beforeAll(async () => {
  await writeFile(kubeconfig, await readFile(testCluster().kubeconfig));
  at = await openClusterBench({ kubeconfig });
  await writeFile(at.path('small.txt'), 'small');
  await at.start();
  expect((await at.switchTo('cluster'))?.problem).toBeUndefined();
}, 900_000);
afterAll(async () => {
  await at?.destroy();
  rmSync(folder, { recursive: true, force: true });
});
afterEach(() => startApiServer(), 120_000);

/** Large enough to be met in the middle. */
const writeLarge = () => runCell(at.endpoint(), 'import os; open("large.bin", "wb").write(os.urandom(400_000_000))');

const saving = ({ stage }: MoveState) => stage === 'saving';
const now = () => Promise.resolve();
/** What was heard is carried out once the cluster is back, whoever has changed their mind meanwhile. */
const stopHeard = () =>
  until('it is scaled to zero', async () => {
    const [deployment] = (await at.namespace.get('deployments')).items ?? [];
    return deployment?.spec['replicas'] === 0;
  });

test.each([
  ['copying', copying, now],
  ['saving', saving, now],
  ['stopping', saving, stopHeard],
])(
  'the API server is killed while %s: it stays wanted, and runs again once that is back',
  async (_, during, after) => {
    await writeLarge();
    const before = await at.there();
    const report = await at.switchTo('local', during, () => after().then(() => killPart('kube-apiserver')));
    expect(report?.problem?.reason).toMatch(/move-interrupted|cluster-unreachable/);
    const cut = ({ conditions }: ReturnType<typeof at.bench.state>) =>
      conditions.some(({ type, status }) => type === 'Engine' && status === 'false');
    const away = await at.bench.settled(cut, 60_000);
    expect(away).toMatchObject({
      problem: { reason: 'cluster-unreachable' },
      workspace: { wanted: 'running', target: { kind: 'cluster' } },
    });
    await startApiServer();
    const back = await at.bench.until('ready', 240_000);
    expect(back).toMatchObject({ workspace: { wanted: 'running', target: { kind: 'cluster' } } });
    expect(back.problem).toBeUndefined();
    expect((await api(at.endpoint(), '/api/status')).status).toBe(200);
    expect(await at.there()).toEqual(before);
  },
  500_000,
);

test('and the next attempt arrives whole', async () => {
  const before = await at.there();
  expect((await at.switchTo('local'))?.problem).toBeUndefined();
  expect(await at.here()).toEqual(before);
  expect(at.bench.state()).toMatchObject({ phase: 'ready', workspace: { target: { kind: 'local' } } });
}, 400_000);

interface Config {
  contexts: { name: string; context: Record<string, string> }[];
  [key: string]: unknown;
}

/** Replaced whole, as kubectl does it. */
async function editKubeconfig(edit: (config: Config) => Config): Promise<void> {
  const config = edit(loadYaml<Config>(await readFile(kubeconfig, 'utf8')));
  await writeFile(`${kubeconfig}.new`, JSON.stringify(config));
  await rename(`${kubeconfig}.new`, kubeconfig);
}

test('another context is made the current one in the middle: the move goes on', async () => {
  expect((await at.switchTo('cluster'))?.problem).toBeUndefined();
  await writeLarge();
  const before = await at.there();
  const report = await at.switchTo('local', copying, () =>
    editKubeconfig((config) => {
      const [first] = config.contexts;
      return { ...config, contexts: [...config.contexts, { ...first!, name: 'other' }], 'current-context': 'other' };
    }),
  );
  expect(report?.problem).toBeUndefined();
  expect(await at.here()).toEqual(before);
}, 500_000);

test('its own context is changed in the middle: the move goes on, and what follows takes the new one', async () => {
  expect((await at.switchTo('cluster'))?.problem).toBeUndefined();
  await writeLarge();
  const before = await at.there();
  const report = await at.switchTo('local', copying, () =>
    editKubeconfig((config) => ({
      ...config,
      contexts: config.contexts.map(({ name, context }) => ({ name, context: { ...context, namespace: 'default' } })),
    })),
  );
  expect(report?.problem).toBeUndefined();
  expect(await at.here()).toEqual(before);
  expect((await at.switchTo('cluster'))?.problem).toBeUndefined();
  expect(await at.there()).toEqual(before);
}, 500_000);
