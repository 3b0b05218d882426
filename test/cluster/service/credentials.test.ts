/** A user who may do what the documented Role says and no more: enough for everything, until the credentials expire midway. */
import { readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { Agent, fetch as request } from 'undici';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { role } from '../../../main/runtime/kubernetes/preflight/role';
import type { WorkspaceState } from '../../../main/workspace/state';
import { testNamespace, type TestNamespace } from '../../harness/cluster';
import { kubeconfigFor, writeKubeconfig, type Access, type Rule } from '../../harness/clusterAccess';
import { until } from '../../harness/processes';
import { runCell } from '../../docker/service/kernelClient';
import { api, ok } from '../../docker/service/workbench';
import { copying, openClusterBench, type ClusterBench } from './bench';

let namespace: TestNamespace;
let access: Access;
let at: ClusterBench;
beforeAll(async () => {
  namespace = await testNamespace({ restricted: true });
  access = await kubeconfigFor({ namespace: namespace.name, rules: role(namespace.name).rules as unknown as Rule[] });
  at = await openClusterBench({ namespace, kubeconfig: access.kubeconfig, settings: { context: 'limited' } });
}, 900_000);
afterAll(async () => {
  await at?.destroy();
  await access?.dispose();
  await namespace?.dispose();
});

let generation: number;
const endpoint = () => at.bench.service.endpoint(at.bench.id)!;
const pods = async () => (await namespace.get('pods')).items!.map(({ metadata }) => metadata.uid);

test('the documented Role is enough to go there, stop, start, come back and go again', async () => {
  await writeFile(at.path('note.txt'), 'here');
  await at.start();
  const preview = ok(await at.bench.service.procedures['move.preview']({ id: at.bench.id, to: 'cluster' }));
  expect(preview.findings).toEqual([]);
  expect((await at.switchTo('cluster'))?.problem).toBeUndefined();
  expect(await runCell(endpoint(), 'print(open("note.txt").read())')).toBe('here\n');
  await at.stop();
  await at.start();
  await runCell(endpoint(), 'open("note.txt", "w").write("there")');
  expect((await at.switchTo('local'))?.problem).toBeUndefined();
  expect(await readFile(at.path('note.txt'), 'utf8')).toBe('there');
  expect((await at.switchTo('cluster'))?.problem).toBeUndefined();
  expect(at.bench.state().phase).toBe('ready');
}, 600_000);

test('credentials that expire while it runs are named, and it stays wanted', async () => {
  const before = await pods();
  generation = endpoint().generation;
  await access.revoke();
  // Streams that are open live on; a page that asks for more needs a connection, which is refused.
  const { origin } = endpoint();
  const dispatcher = new Agent({ pipelining: 0 });
  const asking = setInterval(() => void request(origin, { dispatcher }).catch(() => undefined), 1_000);
  const told = ({ conditions }: WorkspaceState) =>
    conditions.some(({ status, problem }) => status === 'false' && problem?.reason === 'cluster-credentials');
  const expired = await at.bench.settled(told, 60_000).finally(() => {
    clearInterval(asking);
    return dispatcher.destroy();
  });
  expect(expired.workspace).toMatchObject({ wanted: 'running', target: { kind: 'cluster' } });
  const refused = await at.bench.service.procedures['move.preview']({ id: at.bench.id, to: 'local' });
  expect(refused).toMatchObject({
    ok: false,
    problem: { reason: 'cluster-credentials', params: { context: 'limited' } },
  });
  // What runs there runs on.
  expect(await pods()).toEqual(before);
}, 200_000);

test('fresh ones in the same file are enough: ready again, the same server, without a restart of Labdock', async () => {
  const before = await pods();
  await writeKubeconfig(access.kubeconfig, namespace.name, { token: await access.freshToken() });
  const healed = ({ phase, conditions }: WorkspaceState) =>
    phase === 'ready' && conditions.every(({ status }) => status !== 'false');
  // Once the change of the file is seen, all is looked at anew.
  await until('the endpoint is there', () => at.bench.service.endpoint(at.bench.id), 60_000);
  await at.bench.settled(healed, 60_000);
  expect(await pods()).toEqual(before);
  expect(endpoint().generation).toBe(generation);
  expect((await api(endpoint(), '/api/status')).status).toBe(200);
  expect(await runCell(endpoint(), 'print(open("note.txt").read())')).toBe('there\n');
  expect((await at.switchTo('local'))?.problem).toBeUndefined();
}, 300_000);

test('credentials that expire in the middle of a switch: it runs where it was, whole, and the next one arrives', async () => {
  // The API server believes a token for ten seconds more: the copying has to take longer than that.
  await writeFile(at.path('large.bin'), '');
  await truncate(at.path('large.bin'), 1_500_000_000);
  const before = await at.here();
  const report = await at.switchTo('cluster', copying, () => access.revoke());
  expect(report?.problem?.reason).toBe('cluster-credentials');
  expect(at.bench.state()).toMatchObject({ workspace: { target: { kind: 'local' }, wanted: 'running' } });
  await at.bench.settled(({ phase }) => phase === 'ready', 60_000);
  expect(await at.here()).toEqual(before);
  await rm(at.path('large.bin'));
  await writeKubeconfig(access.kubeconfig, namespace.name, { token: await access.freshToken() });
  const again = await until(
    'the new credentials were read, and it is there',
    async () => {
      const next = await at.switchTo('cluster');
      return next?.problem ? undefined : next;
    },
    120_000,
  );
  expect(again.leftOut).toEqual([]);
  expect(await at.there()).toEqual(await at.here());
}, 400_000);
