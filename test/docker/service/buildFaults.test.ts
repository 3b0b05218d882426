/**
 * Builds that cannot end well, done to the whole heart on an engine of its own: the reason reaches the workspace, nothing
 * half-made stays, and the next start begins anew. The base is two megabytes whose `conda` does what the case needs.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type Docker from 'dockerode';
import { createClient } from '../../../main/runtime/docker/client';
import { startOwnEngine, type OwnEngine } from '../../harness/engine';
import { startRegistry, type Registry } from '../../harness/registry';
import { putTinyImage } from '../../harness/tinyImage';
import { containersOf, ok, openBench, type Bench } from './workbench';

/** BuildKit looks `USER 0` up. */
const root = [
  { name: 'etc/passwd', content: 'root:x:0:0:root:/:/bin/sh\n' },
  { name: 'etc/group', content: 'root:x:0:\n' },
];
const conda = (script: string) => ({
  extra: [...root, { name: 'opt/conda/bin/conda', mode: 0o755, content: `#!/bin/sh\n${script}\n` }],
});
const base = (what: string) => `labdock-test/base-that-${what}:1`;

let engine: OwnEngine;
let registry: Registry;
let bench: Bench;
let docker: Docker;

beforeAll(async () => {
  registry = await startRegistry();
  engine = await startOwnEngine({ size: '96m' });
  docker = createClient({ host: `unix://${engine.socket}` });
  await putTinyImage(docker, base('fills'), conda('echo filling; dd if=/dev/zero of=/big bs=1M count=400'));
  await putTinyImage(docker, base('takes-time'), conda('echo taking time; sleep 120'));
  await putTinyImage(docker, base('has-no-conda'), { extra: root });
  bench = await openBench(`unix://${engine.socket}`, { reference: base('fills'), channels: ['x'], standin: true });
}, 120_000);
afterAll(async () => {
  await bench?.service.close();
  await engine?.destroy();
  await registry?.stop();
});

const start = async (reference: string) => {
  await bench.update({ image: { kind: 'build', base: reference } }, false);
  ok(await bench.service.procedures['workspace.start']({ id: bench.id }));
};
const failed = () => bench.settled(({ phase }) => phase === 'failed', 90_000);
const nothingHalfMade = async () => {
  expect(await containersOf(bench.host, bench.id)).toEqual([]);
  const names = (await docker.listImages()).flatMap(({ RepoTags }) => RepoTags ?? []);
  expect(names.filter((name) => name.includes('labdock/workspace'))).toEqual([]);
};
const log = () => bench.service.logs.tail(bench.id).lines.map(({ text }) => text);

describe('a build', () => {
  test('that fills the disk', async () => {
    await start(base('fills'));
    const { problem, conditions } = await failed();
    expect(problem).toMatchObject({ reason: 'disk-full' });
    expect(problem?.detail).toMatch(/no space left/i);
    // Not there; or, a moment later, when nothing is to be started any more, not asked about.
    expect(conditions.find(({ type }) => type === 'Image')?.status).not.toBe('true');
    expect(log().some((line) => line.includes('filling'))).toBe(true);
    await nothingHalfMade();
  });

  test('on a base that its registry does not have', async () => {
    const reference = `${registry.address}/no/such-base:1`;
    await start(reference);
    expect((await failed()).problem).toMatchObject({ reason: 'base-not-found', params: { reference } });
    await nothingHalfMade();
  });

  test('on a base whose registry is out of reach', async () => {
    await start('127.0.0.1:9/no/such-base:1');
    expect((await failed()).problem).toMatchObject({ reason: 'network-unreachable', params: { host: '127.0.0.1' } });
  });

  test('on a base without conda', async () => {
    await start(base('has-no-conda'));
    expect((await failed()).problem).toMatchObject({ reason: 'base-without-conda' });
    await nothingHalfMade();
  });

  test('whose engine is stopped: said at once, and begun anew when the engine is back', async () => {
    await start(base('takes-time'));
    await bench.settled(() => log().some((line) => line.includes('taking time')), 60_000);
    const stopping = engine.stop();
    const gone = await failed();
    expect(gone.problem?.reason).toMatch(/^engine-/);
    await stopping;
    await engine.start();
    // The user still wants it: the start goes on by itself.
    await bench.settled(({ progress }) => progress?.step === 'build-image', 60_000);
    ok(await bench.service.procedures['workspace.cancel']({ id: bench.id }));
    const cancelled = await bench.until('stopped');
    expect(cancelled.problem).toBeUndefined();
    await nothingHalfMade();
  });
});
