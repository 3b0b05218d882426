/** The whole heart between a real engine and a real cluster: start there, switch to and fro, and what it says on the way. */
import { createHash } from 'node:crypto';
import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { testCluster, type TestNamespace } from '../../harness/cluster';
import { until } from '../../harness/processes';
import { runCell } from '../../docker/service/kernelClient';
import { api, containersOf, ok, type Bench } from '../../docker/service/workbench';
import { openClusterBench, type ClusterBench } from './bench';

let at: ClusterBench;
let bench: Bench;
let namespace: TestNamespace;

beforeAll(async () => {
  at = await openClusterBench();
  ({ bench, namespace } = at);
}, 900_000);
afterAll(() => at?.destroy());

const folder = (...names: string[]) => at.path(...names);
const hash = async (...names: string[]) =>
  createHash('sha256')
    .update(await readFile(folder(...names)))
    .digest('hex');
const start = () => at.start();
/** Resolves when the switch is over; fails with what it failed with. */
const switchTo = async (to: 'local' | 'cluster') => {
  const moved = await at.switchTo(to);
  if (!moved || moved.problem) throw new Error(JSON.stringify(moved?.problem ?? 'taken back'));
  return moved;
};
const endpoint = () => bench.service.endpoint(bench.id)!;

describe('between this computer and a cluster', () => {
  test('contexts and offers are what the cluster has', async () => {
    const { contexts } = ok(await bench.service.procedures['cluster.contexts'](undefined));
    expect(contexts).toMatchObject([{ name: 'local', current: true }]);
    const offer = ok(await bench.service.procedures['cluster.offer']({ context: 'local', namespace: namespace.name }));
    expect(offer.namespaces).toContain(namespace.name);
    expect(offer.storageClasses).toContainEqual(expect.objectContaining({ name: 'local-path', isDefault: true }));
    expect(offer.architectures).toEqual(['amd64']);
  }, 60_000);

  test('a running workspace goes there with its files, and says what that takes beforehand', async () => {
    await start();
    await mkdir(folder('한글 폴더'));
    await writeFile(folder('한글 폴더', '공책 😀.ipynb'), '{"cells": []}');
    await writeFile(folder('big.bin'), Buffer.alloc(3_000_000, 7));
    const preview = ok(await bench.service.procedures['move.preview']({ id: bench.id, to: 'cluster' }));
    expect(preview).toMatchObject({
      to: 'cluster',
      firstCopy: true,
      conflictCount: 0,
      deletions: 0,
      image: ['push'],
      running: true,
      findings: [],
    });
    expect(preview.files).toBe(2);
    const moved = await switchTo('cluster');
    expect(moved).toMatchObject({ to: 'cluster', files: 2, conflictCount: 0 });
    expect(bench.state()).toMatchObject({
      phase: 'ready',
      leftBehind: 'local',
      workspace: { target: { kind: 'cluster' }, wanted: 'running' },
    });
    expect(bench.state().conditions).toContainEqual(expect.objectContaining({ type: 'Route', status: 'true' }));
    // One server, one page: nothing that happens to the pod afterwards makes the window load it again.
    const { generation } = endpoint();
    await new Promise((resolve) => setTimeout(resolve, 8_000));
    expect(endpoint().generation).toBe(generation);
    // The container stays, at rest.
    expect((await containersOf(bench.host, bench.id)).map(({ State }) => State)).toEqual(['exited']);
  }, 600_000);

  test('it computes there, on the files that went along', async () => {
    const code = [
      'import os, hashlib, pathlib',
      'print(os.environ["KUBERNETES_SERVICE_HOST"])',
      'print(hashlib.sha256(pathlib.Path("big.bin").read_bytes()).hexdigest())',
      'pathlib.Path("한글 폴더/from-cluster.txt").write_text("there")',
    ].join('\n');
    const [service, sum] = (await runCell(endpoint(), code)).split('\n');
    expect(service).toMatch(/^\d+\.\d+\.\d+\.\d+$/);
    expect(sum).toBe(await hash('big.bin'));
    expect((await api(endpoint(), '/api/status', { token: null })).status).toBe(403);
  }, 120_000);

  test('the log has the pod’s events and lines, and no secret', () => {
    const lines = bench.service.logs.tail(bench.id).lines;
    expect(lines.some(({ source, text }) => source === 'server' && text.includes('Jupyter Server'))).toBe(true);
    expect(lines.some(({ source }) => source === 'cluster')).toBe(true);
    expect(JSON.stringify(lines)).not.toContain(endpoint().token);
  });

  test('stop scales to zero and keeps the volume; start brings the files back', async () => {
    ok(await bench.service.procedures['workspace.stop']({ id: bench.id }));
    await bench.until('stopped', 120_000);
    // Its processes have ended; the object goes a moment later.
    await until('no pod', async () => (await namespace.get('pods')).items?.length === 0, 30_000);
    await start();
    expect(await runCell(endpoint(), 'print(open("한글 폴더/from-cluster.txt").read())')).toBe('there\n');
  }, 300_000);

  test('launched again, what runs there is adopted, with the same token', async () => {
    const { token } = endpoint();
    await bench.relaunch();
    await bench.until('ready', 120_000);
    expect(endpoint().token).toBe(token);
    expect((await api(endpoint(), '/api/status')).status).toBe(200);
  }, 200_000);

  test('started before this computer’s engine has answered: its images are waited for', async () => {
    await at.stop();
    const socket = join(bench.folder, 'slow.sock');
    let answersFrom = 0;
    const relay = createServer({ allowHalfOpen: true }, (near) => {
      const answer = () => {
        const far = connect(bench.host.slice('unix://'.length));
        for (const one of [near, far]) one.on('error', () => near.destroy()).on('close', () => far.destroy());
        near.pipe(far).pipe(near);
      };
      setTimeout(answer, Math.max(0, answersFrom - Date.now()));
    });
    await new Promise<void>((listening) => relay.listen(socket, listening));
    try {
      ok(await bench.service.procedures['app.preferences']({ engine: `unix://${socket}` }));
      answersFrom = Date.now() + 2_000;
      await bench.relaunch();
      await bench.settled(({ conditions }) =>
        conditions.some(({ type, status }) => type === 'Engine' && status === 'true'),
      );
      expect(bench.service.snapshot().engine.status).toBe('looking');
      bench.history.length = 0;
      await start();
      await bench.until('ready');
      expect(bench.history.filter((phase) => phase.startsWith('failed'))).toEqual([]);
      ok(await bench.service.procedures['app.preferences']({ engine: bench.host }));
    } finally {
      relay.close();
    }
  }, 200_000);

  test('and back: what was written there is in the folder', async () => {
    const preview = ok(await bench.service.procedures['move.preview']({ id: bench.id, to: 'local' }));
    expect(preview).toMatchObject({ to: 'local', firstCopy: false, files: 1, unchanged: 2, image: [], findings: [] });
    const moved = await switchTo('local');
    expect(moved).toMatchObject({ to: 'local', files: 1, conflictCount: 0 });
    expect(await readFile(folder('한글 폴더', 'from-cluster.txt'), 'utf8')).toBe('there');
    expect(bench.state()).toMatchObject({ phase: 'ready', leftBehind: 'cluster' });
    expect(await runCell(endpoint(), 'import os; print("KUBERNETES_SERVICE_HOST" in os.environ)')).toBe('False\n');
    const deployments = await testCluster().get('deployments', '-n', namespace.name);
    expect(deployments.items?.map(({ spec }) => spec['replicas'])).toEqual([0]);
  }, 600_000);

  test('again there, with one file edited: only that one travels, and what is too large is named and stays', async () => {
    await writeFile(folder('한글 폴더', 'from-cluster.txt'), 'edited here');
    await writeFile(folder('large.bin'), Buffer.alloc(2 * 1024 * 1024));
    await bench.update({ cluster: { ...bench.state().workspace.cluster!, moveLimitMiB: 1 } }, false);
    const moved = await switchTo('cluster');
    expect(moved).toMatchObject({
      files: 1,
      leftOut: [
        { path: 'big.bin', bytes: 3_000_000, why: 'too-large' },
        { path: 'large.bin', bytes: 2 * 1024 * 1024, why: 'too-large' },
      ],
    });
    expect((await stat(folder('large.bin'))).size).toBe(2 * 1024 * 1024);
    // What went there before stays there.
    const there = 'import os; print(os.path.exists("big.bin"), os.path.exists("large.bin"))';
    expect(await runCell(endpoint(), there)).toBe('True False\n');
    // The server has nothing to do with it.
    await bench.update({ cluster: { ...bench.state().workspace.cluster!, moveLimitMiB: 0 } }, true);
    expect(bench.state()).toMatchObject({ phase: 'ready' });
    expect(bench.state().pending).toBeUndefined();
    expect(await runCell(endpoint(), 'print(open("한글 폴더/from-cluster.txt").read())')).toBe('edited here\n');
  }, 600_000);

  test('manifests can be read, and hold no secret', async () => {
    const { id: _id, wanted: _wanted, ...draft } = bench.state().workspace;
    const { yaml, files } = ok(await bench.service.procedures['cluster.manifests']({ id: bench.id, draft }));
    expect(yaml).toContain('kind: Deployment');
    expect(yaml).toContain('@sha256:');
    expect(JSON.stringify([yaml, files])).not.toContain(endpoint().token);
    expect(files.map(({ name }) => name)).toContain('kustomization.yaml');
  }, 60_000);

  test('removed with its volume only by its name', async () => {
    const { name } = bench.state().workspace;
    const refused = await bench.service.procedures['workspace.remove']({ id: bench.id, removeHome: true });
    expect(refused).toMatchObject({ ok: false, problem: { reason: 'name-mismatch' } });
    ok(await bench.service.procedures['workspace.remove']({ id: bench.id, removeHome: true, typedName: name }));
    const left = await testCluster().get(
      'all,pvc,secret,configmap',
      '-n',
      namespace.name,
      '-l',
      'io.labdock.workspace',
    );
    expect(left.items).toEqual([]);
    expect(await containersOf(bench.host, bench.id)).toEqual([]);
  }, 200_000);
});
