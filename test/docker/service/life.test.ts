/** The life of a workspace: the whole heart on real engines with the real image. */
import { access, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runCell } from './kernelClient';
import { api, freePort, ok, openBenchOn, type Bench } from './workbench';

describe.each(['docker', 'podman'] as const)('the life of a workspace on %s', (engine) => {
  let bench: Bench;
  beforeAll(async () => {
    bench = await openBenchOn(engine);
  }, 900_000);
  afterAll(() => bench?.destroy());

  test('a first launch has a workspace that is ready to start, and starts nothing', async () => {
    const [state, ...others] = bench.service.snapshot().workspaces;
    expect(others).toEqual([]);
    expect(state).toMatchObject({ phase: 'stopped', workspace: { name: 'Notebooks', wanted: 'stopped' } });
    await access(join(bench.folder, 'home', 'Labdock', 'Notebooks'));
    expect(await bench.containers()).toEqual([]);
  });

  test('start builds the image, starts the server, and proves that it is ours', async () => {
    const endpoint = await bench.start();
    expect((await api(endpoint, '/api/status')).status).toBe(200);
    expect((await api(endpoint, '/api/status', { token: null })).status).toBe(403);
    expect(bench.state().conditions).toMatchObject([
      { type: 'Engine', status: 'true' },
      { type: 'Image', status: 'true', reason: 'Present' },
      { type: 'Server', status: 'true', reason: 'Ready' },
      { type: 'Files', status: 'true' },
    ]);
    expect(bench.history.filter((phase) => phase !== 'preparing')).toEqual(
      expect.arrayContaining(['stopped', 'starting', 'ready']),
    );
  }, 900_000);

  test('a kernel computes in the user’s folder', async () => {
    const endpoint = bench.service.endpoint(bench.id)!;
    const code = 'import pathlib; pathlib.Path("made.txt").write_text("한글"); print(6 * 7)';
    expect(await runCell(endpoint, code)).toBe('42\n');
    await access(join(bench.state().workspace.folder, 'made.txt'));
  });

  test('the log has the server’s lines and none of its secrets', async () => {
    const { token } = bench.service.endpoint(bench.id)!;
    const text = bench.service.logs
      .tail(bench.id)
      .lines.map((line) => line.text)
      .join('\n');
    expect(text).toMatch(/Jupyter Server .* is running/);
    expect(text).not.toContain(token);
    const settings = await readFile(join(bench.folder, 'data', 'settings.json'), 'utf8');
    expect(settings).not.toContain(token);
  });

  test('stop keeps the container, start brings the same one back with the same token', async () => {
    const before = await bench.containers();
    const { token, generation } = bench.service.endpoint(bench.id)!;
    await bench.stop();
    expect(bench.service.endpoint(bench.id)).toBeNull();
    expect(await bench.containers()).toEqual(before);
    const again = await bench.start();
    expect(await bench.containers()).toEqual(before);
    expect(again.token).toBe(token);
    expect(again.generation).toBeGreaterThan(generation);
  });

  test('a password: restart only', async () => {
    const before = await bench.containers();
    const { id } = bench;
    const { id: _id, wanted: _wanted, ...draft } = bench.state().workspace;
    const estimate = ok(await bench.service.procedures['workspace.estimate']({ id, draft, passwordChanged: true }));
    expect(estimate).toMatchObject({ cost: 'restart', because: ['password'], interrupts: true });
    ok(await bench.service.procedures['password.set']({ id, password: { plain: 'pä€😀' } }));
    await bench.settled(({ pending }) => pending === 'restart');
    ok(await bench.service.procedures['workspace.apply']({ id }));
    await bench.settled(({ phase }) => phase !== 'ready');
    const endpoint = await bench.service.whenReady(id);
    expect(await bench.containers()).toEqual(before);
    expect(bench.state()).toMatchObject({ password: 'set', phase: 'ready' });
    expect(bench.state().pending).toBeUndefined();
    // Jupyter's own login form takes it, and no other.
    expect(await logsIn(endpoint.origin, 'pä€😀')).toBe(true);
    expect(await logsIn(endpoint.origin, 'wrong')).toBe(false);
  });

  test('a port: recreate, said before, HOME survives', async () => {
    const { id } = bench;
    const before = await bench.containers();
    await runCell(bench.service.endpoint(id)!, 'import pathlib; pathlib.Path.home().joinpath("kept").write_text("x")');
    const port = await freePort();
    const { id: _id, wanted: _wanted, ...draft } = bench.state().workspace;
    const changed = { ...draft, port };
    const estimate = ok(
      await bench.service.procedures['workspace.estimate']({ id, draft: changed, passwordChanged: false }),
    );
    expect(estimate).toMatchObject({ cost: 'recreate', because: ['port'], kernels: [], handInstalled: [] });
    await bench.update({ port }, false);
    await bench.settled(({ pending }) => pending === 'recreate');
    expect(await bench.containers()).toEqual(before);
    ok(await bench.service.procedures['workspace.apply']({ id }));
    await bench.settled(({ phase }) => phase !== 'ready');
    const endpoint = await bench.service.whenReady(id);
    expect(endpoint.origin).toBe(`http://127.0.0.1:${port}`);
    expect(await bench.containers()).not.toEqual(before);
    expect(await runCell(endpoint, 'import pathlib; print(pathlib.Path.home().joinpath("kept").read_text())')).toBe(
      'x\n',
    );
  });

  test('another kernel: only it is built, while the old server goes on', async () => {
    const { id } = bench;
    const { id: _id, wanted: _wanted, ...draft } = bench.state().workspace;
    // A name of its own: an earlier run on this machine may have built the usual one, and then nothing is built.
    const name = `second-${Date.now().toString(36)}`;
    const second = { ...draft.kernels[0]!, name, displayName: name };
    const changed = { ...draft, kernels: [...draft.kernels, second] };
    const estimate = ok(
      await bench.service.procedures['workspace.estimate']({ id, draft: changed, passwordChanged: false }),
    );
    expect(estimate).toMatchObject({ cost: 'rebuild', because: ['kernels'], kernels: [name] });
    const lines: string[] = [];
    const unfollow = bench.service.logs.follow(id, (batch) =>
      lines.push(...batch.filter((l) => l.source === 'build').map((l) => l.text)),
    );
    await bench.update({ kernels: changed.kernels }, true);
    await bench.settled(({ progress }) => progress?.step === 'build-image');
    expect(bench.state().phase).toBe('ready');
    expect((await api(bench.service.endpoint(id)!, '/api/status')).status).toBe(200);
    await bench.settled(({ phase }) => phase !== 'ready', 600_000);
    const endpoint = await bench.service.whenReady(id);
    unfollow();
    const specs = (await api(endpoint, '/api/kernelspecs')).json as { kernelspecs: object };
    expect(Object.keys(specs.kernelspecs).sort()).toEqual(['py313', name]);
    // The classic builder and Podman say it in the line after the step, BuildKit before it.
    const built = (kernel: string) =>
      lines.some(
        (line, index) =>
          line.includes('make-environment') &&
          line.includes(`"${kernel}"`) &&
          !/CACHED/.test(line) &&
          !/Using cache/.test(lines[index + 1] ?? ''),
      );
    expect([built('py313'), built(name)]).toEqual([false, true]);
    // Back again: the old image is still there.
    const back = ok(await bench.service.procedures['workspace.estimate']({ id, draft, passwordChanged: false }));
    expect(back).toMatchObject({ cost: 'recreate', because: ['kernels'], kernels: [] });
  }, 900_000);

  test('removing the workspace takes its container and leaves the folder', async () => {
    const { id } = bench;
    const { folder } = bench.state().workspace;
    ok(await bench.service.procedures['workspace.remove']({ id, removeHome: true }));
    expect(await bench.containers()).toEqual([]);
    expect(bench.service.snapshot().workspaces).toEqual([]);
    await access(join(folder, 'made.txt'));
  });
});

async function logsIn(origin: string, password: string): Promise<boolean> {
  const form = await fetch(`${origin}/login`);
  const xsrf = /_xsrf=([^;]+)/.exec(form.headers.get('set-cookie') ?? '')?.[1] ?? '';
  const answer = await fetch(`${origin}/login`, {
    method: 'POST',
    redirect: 'manual',
    headers: { cookie: `_xsrf=${xsrf}` },
    body: new URLSearchParams({ password, _xsrf: xsrf }),
  });
  return answer.status === 302;
}
