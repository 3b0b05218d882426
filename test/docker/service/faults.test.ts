/** What goes wrong, done to the whole heart on a real engine: a clear reason, nothing lost, nothing half-made. */
import { execFileSync } from 'node:child_process';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createClient } from '../../../main/runtime/docker/client';
import { testBase } from '../../harness/baseImage';
import { machineEngine } from '../../harness/engine';
import { listenOn } from '../../harness/runtimeEngines';
import { runCell } from './kernelClient';
import { api, containersOf, freePort, ok, openBench, type Bench } from './workbench';

let bench: Bench;
beforeAll(async () => {
  bench = await openBench(`unix://${await machineEngine()}`, await testBase());
}, 900_000);
afterAll(() => bench?.destroy());

const call = (name: 'start' | 'stop' | 'cancel' | 'apply') =>
  bench.service.procedures[`workspace.${name}`]({ id: bench.id }).then(ok);
const start = () => bench.start();
const failsToStart = async () => {
  await call('start');
  await expect(bench.service.whenReady(bench.id)).rejects.toThrow();
  return (await bench.settled(({ phase }) => phase === 'failed')).problem;
};
const stopped = async () => {
  await call('stop');
  await bench.until('stopped');
};
const containers = () => containersOf(bench.host, bench.id);
const container = async () => createClient({ host: bench.host }).getContainer((await containers())[0]!.Id);
const draftServer = () => bench.state().workspace.server;
/** The engine is quiet about us again. */
const calm = () => new Promise((resolve) => setTimeout(resolve, 1200));

describe('from outside', () => {
  beforeEach(async () => void (await start()), 900_000);

  test('stopped by hand: said, and not started again', async () => {
    await (await container()).stop();
    const state = await bench.until('stopped');
    expect(state.problem).toEqual({ reason: 'stopped-outside', detail: expect.any(String) as string });
    expect(state.workspace.wanted).toBe('stopped');
    await calm();
    expect((await containers())[0]!.State).toBe('exited');
    expect(bench.service.endpoint(bench.id)).toBeNull();
  });

  test('started by hand again: adopted', async () => {
    await (await container()).stop();
    await bench.until('stopped');
    await (await container()).start();
    const state = await bench.until('ready');
    expect(state.workspace.wanted).toBe('running');
    expect(state.problem).toBeUndefined();
  });

  test('removed by hand: said; the next start makes a new one', async () => {
    await (await container()).remove({ force: true });
    const state = await bench.until('stopped');
    expect(state.problem?.reason).toBe('removed-outside');
    await calm();
    expect(await containers()).toEqual([]);
  });

  test('killed by SIGKILL while ready, launched again: adopted, the same server, nothing started', async () => {
    const before = await containers();
    await bench.killWhen('ready');
    await bench.until('ready');
    const endpoint = bench.service.endpoint(bench.id)!;
    expect((await containers()).map(({ Id }) => Id)).toEqual(before.map(({ Id }) => Id));
    expect((await api(endpoint, '/api/status')).status).toBe(200);
  });

  test('launched again with an emptied keychain: the token is read back, nothing restarts', async () => {
    const { token } = bench.service.endpoint(bench.id)!;
    const before = (await (await container()).inspect()).State.StartedAt;
    await bench.relaunch(() => rm(join(bench.folder, 'keychain.json'), { force: true }));
    await bench.until('ready');
    expect(bench.service.endpoint(bench.id)!.token).toBe(token);
    expect(bench.state().pending).toBeUndefined();
    expect((await (await container()).inspect()).State.StartedAt).toBe(before);
  });

  test('launched again after the server was stopped meanwhile: stays stopped', async () => {
    await bench.relaunch(async () => void (await (await container()).stop()));
    const state = await bench.settled(({ workspace }) => workspace.wanted === 'stopped');
    expect(state.phase).toBe('stopped');
    await calm();
    expect((await containers())[0]!.State).toBe('exited');
  });

  test('two stops and a start in one moment end where the last word points', async () => {
    void call('stop');
    void call('start');
    void call('stop');
    await call('start');
    await bench.service.whenReady(bench.id);
    await calm();
    expect(bench.state().phase).toBe('ready');
    expect((await containers()).map(({ State }) => State)).toEqual(['running']);
  });
});

describe('starts that cannot work', () => {
  beforeEach(stopped);
  const folder = () => bench.state().workspace.folder;

  test('folder missing', async () => {
    await rm(folder(), { recursive: true });
    try {
      expect(await failsToStart()).toMatchObject({ reason: 'folder-missing', params: { folder: folder() } });
      expect(bench.state().conditions.find(({ type }) => type === 'Files')?.problem?.reason).toBe('folder-missing');
    } finally {
      await mkdir(folder(), { recursive: true });
    }
    await start();
    expect(bench.state().conditions.find(({ type }) => type === 'Files')?.status).toBe('true');
  });

  test('folder on a disk that is mounted read-only', async () => {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'ro,size=1m', 'labdock-test', folder()]);
    try {
      expect(await failsToStart()).toMatchObject({ reason: 'folder-read-only' });
    } finally {
      execFileSync('umount', [folder()]);
    }
  });

  test('port taken by another program: who, and which is free', async () => {
    const { port } = bench.state().workspace;
    const squatter = await listenOn(port);
    try {
      const problem = await failsToStart();
      expect(problem).toMatchObject({ reason: 'port-busy', params: { port, holder: expect.any(String) as string } });
      expect(problem?.params?.suggestion).toBeGreaterThan(port);
    } finally {
      squatter.close();
    }
    await start();
  });

  test('custom configuration that is no Python is refused at its field', async () => {
    const { id: _id, wanted: _wanted, ...draft } = bench.state().workspace;
    const broken = { ...draft, server: { ...draftServer(), custom: 'c.ServerApp.x = (' } };
    const outcome = await bench.service.procedures['workspace.update']({ id: bench.id, draft: broken, apply: false });
    expect(outcome).toMatchObject({ ok: false, fields: { 'server.custom': { reason: 'config-syntax' } } });
  });

  test.each([
    ['raises', 'raise RuntimeError("not today")', /not today/],
    ['sets what Jupyter refuses', 'c.ServerApp.max_body_size = "much"', /max_body_size/],
  ])('custom configuration that %s', async (_, custom, message) => {
    const { server } = bench.state().workspace;
    await bench.update({ server: { ...server, custom } }, false);
    const problem = await failsToStart();
    expect(problem).toMatchObject({ reason: 'config-rejected' });
    expect(String(problem?.params?.message)).toMatch(message);
    await bench.update({ server: { ...server, custom: '' } }, false);
    await start();
  });

  test('out of memory', async () => {
    const { server, resources } = bench.state().workspace;
    const custom = '_eaten = b"x" * (2 * 2**30)';
    await bench.update({ server: { ...server, custom }, resources: { ...resources, memoryMiB: 512 } }, false);
    expect(await failsToStart()).toMatchObject({ reason: 'out-of-memory', params: { limitMiB: 512 } });
    await bench.update({ server, resources }, false);
    await start();
  });

  test('no engine: said at once, and found again when there is one', async () => {
    const { host } = bench;
    ok(await bench.service.procedures['app.preferences']({ engine: 'unix:///nonexistent/docker.sock' }));
    expect(bench.service.snapshot().engine).toMatchObject({ status: 'unavailable' });
    const problem = await failsToStart();
    expect(problem?.reason).toMatch(/^engine-/);
    ok(await bench.service.procedures['app.preferences']({ engine: host }));
    expect(bench.service.snapshot().engine).toMatchObject({ status: 'available' });
    await start();
  });
});

describe('images', () => {
  beforeEach(stopped);
  const image = async (source: Bench['state'] extends () => { workspace: { image: infer I } } ? I : never) =>
    bench.update({ image: source }, false);

  test('killed by SIGKILL while building, launched again: nothing half-made, and the build can begin again', async () => {
    const { kernels } = bench.state().workspace;
    const unique = { ...kernels[0]!, name: `k${Date.now()}`, displayName: 'Unique' };
    await bench.update({ kernels: [...kernels, unique] }, false);
    await bench.killWhen('build-image');
    const state = await bench.settled(({ workspace }) => workspace.wanted === 'stopped');
    expect(state.phase).toBe('stopped');
    await calm();
    const made = await containers();
    expect(made.filter(({ State }) => State !== 'exited')).toEqual([]);
    await call('start');
    await bench.settled(({ progress }) => progress?.step === 'build-image');
    await call('cancel');
    const cancelled = await bench.until('stopped');
    expect(cancelled.problem).toBeUndefined();
    await bench.update({ kernels }, false);
  }, 900_000);

  test('a reference nobody has', async () => {
    await image({ kind: 'published', reference: '127.0.0.1:9/nobody/nothing:1', pull: 'if-not-present' });
    const problem = await failsToStart();
    expect(problem?.reason).toMatch(/image-not-found|pull-failed|network-unreachable|pull-denied/);
    await image({ kind: 'build' });
  });

  test('a published image without Jupyter: said, and it runs once Labdock has built on it', async () => {
    const theirs = 'labdock-test/theirs:faults';
    const input = `FROM ${(await testBase()).reference}\nRUN echo theirs > /opt/whose\n`;
    execFileSync('docker', ['build', '-q', '-t', theirs, '-'], { input, stdio: ['pipe', 'pipe', 'pipe'] });
    try {
      await image({ kind: 'published', reference: theirs, pull: 'if-not-present' });
      expect((await failsToStart())?.reason).toBe('image-without-jupyter');
      await image({ kind: 'build', base: theirs });
      await start();
      const endpoint = bench.service.endpoint(bench.id)!;
      expect(await runCell(endpoint, 'print(open("/opt/whose").read())')).toBe('theirs\n\n');
      await stopped();
      await image({ kind: 'build' });
    } finally {
      execFileSync('docker', ['rmi', theirs], { stdio: 'ignore' });
    }
  }, 900_000);

  test('an archive that is none', async () => {
    const path = join(bench.folder, 'none.tar');
    await writeFile(path, 'no archive');
    await image({ kind: 'archive', path });
    expect((await failsToStart())?.reason).toBe('archive-invalid');
    await image({ kind: 'build' });
  });

  test('a package nobody has names it', async () => {
    const { kernels } = bench.state().workspace;
    await bench.update({ kernels: [{ ...kernels[0]!, pip: ['labdock-no-such-package-1'] }] }, false);
    const problem = await failsToStart();
    expect(problem).toMatchObject({ reason: 'package-not-found' });
    await bench.update({ kernels, port: await freePort() }, false);
    await start();
  }, 900_000);
});
