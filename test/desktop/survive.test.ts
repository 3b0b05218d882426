/** Labdock is killed; what it started is adopted or cleaned by the next launch. */
import { readFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { expect, test } from '@playwright/test';
import { launch, newFolder, removeFolder } from '../harness/desktop';
import { labPage } from '../harness/lab';
import { until } from '../harness/processes';
import { appState, containersOf, docker, phase, removeWorkspaces, workspaceState } from '../harness/workspace';

test('killed while ready: the next launch adopts the running server', async () => {
  test.setTimeout(600_000);
  const home = newFolder('home');
  const first = await launch({ env: { HOME: home } });
  const { workspace } = await workspaceState(first.window);
  try {
    await first.window.getByRole('button', { name: `Start ${workspace.name}` }).click();
    await labPage(first, workspace.port, 400_000);
    await phase(first.window, 'ready');
    const [container] = containersOf(workspace.id);
    const startedAt = docker('inspect', '-f', '{{.State.StartedAt}}', container!);
    // What was shown last is written down a moment later.
    const shown = () =>
      readFileSync(join(first.userData, 'window.json'), 'utf8').includes(`"lastView":"${workspace.id}"`);
    await until('what is shown is written down', () => Promise.resolve(shown()));
    await first.kill();
    expect(docker('inspect', '-f', '{{.State.Running}}', container!)).toBe('true');

    const second = await launch({ userData: first.userData, env: { HOME: home } });
    try {
      await phase(second.window, 'ready', 60_000);
      expect(containersOf(workspace.id)).toEqual([container]);
      expect(docker('inspect', '-f', '{{.State.StartedAt}}', container!)).toBe(startedAt);
      // Shown again without a click.
      await labPage(second, workspace.port);
      const view = { kind: 'lab', workspace: workspace.id };
      await expect.poll(async () => (await appState(second.window)).view, { timeout: 60_000 }).toMatchObject(view);
    } finally {
      await second.close();
    }
  } finally {
    removeWorkspaces([workspace.id]);
    removeFolder(home);
  }
});

test('a slow engine: the page of workspaces meanwhile, and then Lab as it was shown before', async () => {
  test.setTimeout(600_000);
  const home = newFolder('home');
  const socket = join(home, 'slow.sock');
  let delay = 0;
  const relay = createServer((near) => {
    const far = connect('/var/run/docker.sock');
    for (const end of [near, far]) end.on('error', () => [near, far].forEach((one) => one.destroy()));
    far.pipe(near);
    setTimeout(() => near.pipe(far), delay);
  });
  await new Promise<void>((done) => relay.listen(socket, done));
  const first = await launch({ env: { HOME: home } });
  const { workspace } = await workspaceState(first.window);
  try {
    await first.window.evaluate(
      `window.labdock.call('app.preferences', ${JSON.stringify({ engine: `unix://${socket}` })})`,
    );
    await first.window.getByRole('button', { name: `Start ${workspace.name}` }).click();
    await labPage(first, workspace.port, 400_000);
    await until('what is shown is written down', () =>
      Promise.resolve(
        readFileSync(join(first.userData, 'window.json'), 'utf8').includes(`"lastView":"${workspace.id}"`),
      ),
    );
    await first.kill();

    delay = 4000;
    const second = await launch({ userData: first.userData, env: { HOME: home } });
    try {
      // Not before the engine's patience is over, and without an empty window meanwhile.
      await expect.poll(async () => (await appState(second.window)).view.kind, { timeout: 10_000 }).toBe('home');
      expect((await workspaceState(second.window)).phase).not.toBe('ready');
      delay = 0;
      await labPage(second, workspace.port);
      const view = { kind: 'lab', workspace: workspace.id, status: 'shown' };
      await expect.poll(async () => (await appState(second.window)).view, { timeout: 60_000 }).toMatchObject(view);
    } finally {
      await second.close();
    }
  } finally {
    relay.close();
    removeWorkspaces([workspace.id]);
    removeFolder(home);
  }
});

test('killed while building: nothing half-made stays, and the next start succeeds', async () => {
  test.setTimeout(900_000);
  const home = newFolder('home');
  const first = await launch({ env: { HOME: home } });
  const { workspace } = await workspaceState(first.window);
  try {
    // A kernel no other test has, so that there is something to build.
    const draft = { ...workspace, kernels: [{ ...workspace.kernels[0]!, name: `k${Date.now()}`, pip: ['six'] }] };
    const saved = await first.window.evaluate(
      ([id, kernels]) =>
        (
          window as never as { labdock: { call: (name: string, input: unknown) => Promise<{ ok: boolean }> } }
        ).labdock.call('workspace.update', { id, draft: kernels, apply: false }),
      [workspace.id, withoutOwn(draft)] as const,
    );
    expect(saved).toMatchObject({ ok: true });
    await first.window.getByRole('button', { name: `Start ${workspace.name}` }).click();
    await until('the build', async () => {
      const state = await workspaceState(first.window);
      return state.progress?.step === 'build-image' && (state.progress.current ?? 0) > 1 ? true : undefined;
    });
    await first.kill();

    const second = await launch({ userData: first.userData, env: { HOME: home } });
    try {
      // Launching starts nothing by itself.
      const now = async () => (await workspaceState(second.window)).workspace.wanted;
      await expect.poll(now, { timeout: 60_000 }).toBe('stopped');
      await phase(second.window, 'stopped', 60_000);
      expect(containersOf(workspace.id)).toEqual([]);
      await second.window.getByRole('button', { name: `Start ${workspace.name}` }).click();
      await labPage(second, workspace.port, 600_000);
      expect(containersOf(workspace.id)).toHaveLength(1);
    } finally {
      await second.close();
    }
  } finally {
    removeWorkspaces([workspace.id]);
    removeFolder(home);
  }
});

/** The draft of a workspace: everything but what Labdock itself keeps. */
function withoutOwn<T extends { id: string; wanted: string }>({ id: _, wanted: __, ...draft }: T) {
  return draft;
}
