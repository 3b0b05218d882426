/** The engine goes and comes back while a server runs: the heart starts it again by itself, and says what is so meanwhile. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { testBase } from '../../harness/baseImage';
import { machineEngine, startOwnEngine, type OwnEngine } from '../../harness/engine';
import { copyImage } from '../../harness/engineApi';
import { api, freePort, ok, openBench, type Bench } from './workbench';

let engine: OwnEngine;
let bench: Bench;

beforeAll(async () => {
  const base = await testBase();
  const socket = await machineEngine();
  engine = await startOwnEngine({ size: '6g' });
  // Built on the machine's engine, so that the own one needs no network: it then is a published image to it.
  const builder = await openBench(`unix://${socket}`, base);
  const name = await builder.buildOnly();
  await builder.destroy();
  await copyImage(socket, engine.socket, name);
  bench = await openBench(`unix://${engine.socket}`, base);
  const image = { kind: 'published', reference: name, pull: 'if-not-present' } as const;
  await bench.update({ image, port: await freePort() }, false);
}, 900_000);
afterAll(async () => {
  await bench?.service.close();
  await engine?.destroy();
});

const restartsAfter = async (away: () => Promise<void>) => {
  const { generation, token } = bench.service.endpoint(bench.id)!;
  await away();
  const gone = await bench.settled(({ phase }) => phase === 'failed', 30_000);
  expect(gone.problem?.reason).toMatch(/^engine-/);
  expect(gone.workspace.wanted).toBe('running');
  expect(bench.service.endpoint(bench.id)).toBeNull();
  expect(bench.service.snapshot().engine.status).toBe('unavailable');
  await engine.start();
  await bench.until('ready', 90_000);
  const endpoint = bench.service.endpoint(bench.id)!;
  expect(endpoint.generation).toBeGreaterThan(generation);
  expect(endpoint.token).toBe(token);
  expect((await api(endpoint, '/api/status')).status).toBe(200);
  expect(bench.state().problem).toBeUndefined();
};

describe('an engine that goes and comes back', () => {
  test('a published image is probed once and serves', async () => {
    ok(await bench.service.procedures['workspace.start']({ id: bench.id }));
    const endpoint = await bench.service.whenReady(bench.id);
    expect((await api(endpoint, '/api/status')).status).toBe(200);
  }, 120_000);

  test('stopped by its administrator', () => restartsAfter(() => engine.stop()), 200_000);

  test('crashed', () => restartsAfter(() => engine.kill()), 200_000);

  test('a stop by hand afterwards is still the user’s word', async () => {
    const { createClient } = await import('../../../main/runtime/docker/client');
    const client = createClient({ host: bench.host });
    const [container] = await client.listContainers();
    await client.getContainer(container!.Id).stop();
    const state = await bench.until('stopped');
    expect(state.problem?.reason).toBe('stopped-outside');
    await new Promise((resolve) => setTimeout(resolve, 1500));
    expect(await client.listContainers()).toEqual([]);
  });

  test('an engine stopped while the server starts: the start goes on when it is back', async () => {
    ok(await bench.service.procedures['workspace.start']({ id: bench.id }));
    // Not a moment earlier: killed while it starts a container, Docker 20.10 leaves that port's forwarder with nobody to end it.
    await bench.settled(({ progress }) => progress?.step === 'await-ready');
    await engine.kill();
    await bench.settled(({ phase }) => phase === 'failed', 30_000);
    await engine.start();
    await bench.until('ready', 90_000);
  }, 200_000);
});
