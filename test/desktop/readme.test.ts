/** The picture in the README's first screen, as the application really looks: one workspace runs, one is stopped. */
import { mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@playwright/test';
import { launch, newFolder, removeFolder, screenshot } from '../harness/desktop';
import { appState, phase, removeWorkspaces, workspaceState } from '../harness/workspace';

test('the README’s picture', async () => {
  test.setTimeout(900_000);
  const home = homeFolder();
  // Twice as fine, as on the screens that most people have.
  const launched = await launch({ env: { HOME: home }, args: ['--force-device-scale-factor=2'] });
  const { window, app } = launched;
  const call = <T>(name: string, input?: object) =>
    window.evaluate<{ ok: boolean; value: T }>(
      `window.labdock.call(${[name, input].map((part) => JSON.stringify(part)).join(', ')})`,
    );
  try {
    await call('app.preferences', { theme: 'light', language: 'en' });
    const { workspace } = await workspaceState(window);
    const { id: _id, wanted: _wanted, ...draft } = workspace;
    const folder = join(home, 'River levels');
    mkdirSync(folder);
    const second = { ...draft, name: 'River levels', folder, port: draft.port + 7 };
    expect(await call('workspace.create', { draft: second })).toMatchObject({ ok: true });
    await call('workspace.start', { id: workspace.id });
    await phase(window, 'ready', 600_000, workspace.name);
    // A server that became ready shows itself; the list is one step back.
    await expect.poll(async () => (await appState(window)).view).toMatchObject({ kind: 'lab' });
    await call('view.home');
    await app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]!.setContentSize(960, 320));
    await expect(window.getByRole('button', { name: 'Start River levels' })).toBeVisible();
    await expect(window.getByRole('button', { name: new RegExp(`^Stop ${workspace.name}`) })).toBeVisible();
    await window.waitForTimeout(1500); // what moves has come to rest
    await screenshot(window, 'readme-home');
  } finally {
    const ids = (await appState(window)).workspaces.map((one) => one.workspace.id);
    await launched.close();
    removeWorkspaces(ids);
    removeFolder(home);
  }
});

/** With a name that people read well, where nobody has it. */
function homeFolder(): string {
  const folder = join(tmpdir(), 'ana');
  try {
    mkdirSync(folder);
    return folder;
  } catch {
    return newFolder('ana');
  }
}
