/** Stopping, closing and quitting: what was written is saved first or asked about, and servers stay or go as was said. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test, type Page } from '@playwright/test';
import { launch, newFolder, removeFolder, screenshot, type Launched } from '../harness/desktop';
import { labPage } from '../harness/lab';
import { until } from '../harness/processes';
import { TrayWatcher } from '../harness/trayWatcher';
import { appState, containersOf, docker, phase, removeWorkspaces, workspaceState } from '../harness/workspace';

test.describe.configure({ mode: 'serial' });

let tray: TrayWatcher;
let launched: Launched;
let home: string;
let workspace: { id: string; name: string; port: number; folder: string };

test.beforeAll(async () => {
  test.setTimeout(600_000);
  home = newFolder('home');
  tray = await TrayWatcher.start();
  launched = await launch({ env: { HOME: home } });
  ({ workspace } = await workspaceState(launched.window));
  await launched.window.getByRole('button', { name: `Start ${workspace.name}` }).click();
  await labPage(launched, workspace.port, 500_000);
});

test.afterAll(async () => {
  await launched.close();
  tray.stop();
  removeWorkspaces([workspace.id]);
  removeFolder(home);
});

const file = () => join(workspace.folder, 'notes.txt');

/** Opens the file in Lab's editor and types a text in place of what is there, without saving. */
async function write(lab: Page, text: string): Promise<void> {
  await lab.evaluate(`(async () => {
    await window.jupyterapp.restored;
    const widget = await window.jupyterapp.commands.execute('docmanager:open', { path: 'notes.txt' });
    await widget.context.ready;
  })()`);
  await lab.locator('.jp-FileEditor .cm-content').click();
  await lab.keyboard.press('ControlOrMeta+a');
  await lab.keyboard.insertText(text);
  await expect(lab.locator('.lm-TabBar-tab.jp-mod-dirty')).toHaveCount(1);
}

const running = () => docker('inspect', '-f', '{{.State.Running}}', containersOf(workspace.id)[0]!);

test('what was not saved is saved before a stop', async () => {
  writeFileSync(file(), 'before\n');
  const lab = await labPage(launched, workspace.port);
  await write(lab, 'written and not saved');
  await (await tray.item()).click(`Stop ${workspace.name}`);
  await phase(launched.window, 'stopped', 90_000);
  expect(readFileSync(file(), 'utf8')).toBe('written and not saved');
});

test('what cannot be saved is asked about, and nothing stops when the answer is no', async () => {
  test.setTimeout(300_000);
  await (await tray.item()).click(`Start ${workspace.name}`);
  await phase(launched.window, 'ready', 120_000);
  await (await tray.item()).click(`Open ${workspace.name}`);
  const lab = await labPage(launched, workspace.port);
  await write(lab, 'mine');
  // Another program saves the same file: Lab asks which one shall stay, and nobody answers.
  await new Promise((done) => setTimeout(done, 1500));
  writeFileSync(file(), 'another program’s\n');
  await (await tray.item()).click(`Stop ${workspace.name}`);
  const dialog = launched.window.getByRole('dialog', { name: 'Unsaved work' });
  await dialog.waitFor({ timeout: 60_000 });
  await expect(dialog.getByText('notes.txt')).toBeVisible();
  await screenshot(launched.window, 'stop-unsaved');
  await dialog.getByRole('button', { name: 'Do not stop' }).click();
  await dialog.waitFor({ state: 'detached' });
  await phase(launched.window, 'ready', 30_000);
  expect(running()).toBe('true');
  const source = `[...window.jupyterapp.shell.widgets('main')].find((w) => w.context?.path === 'notes.txt').context.model.toString()`;
  expect(await lab.evaluate(source)).toBe('mine');
  // The person decides in Lab's own dialog.
  await lab.locator('.jp-Dialog').getByRole('button', { name: 'Overwrite' }).click();
  await expect.poll(() => readFileSync(file(), 'utf8')).toBe('mine');
});

test('closing the window keeps Labdock in the tray and the server running', async () => {
  await launched.app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.close());
  const visible = () =>
    launched.app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows().some((window) => window.isVisible()));
  await expect.poll(visible).toBe(false);
  expect(await (await tray.item()).tooltip()).toContain('running');
  expect(running()).toBe('true');
  await (await tray.item()).click(`Open ${workspace.name}`);
  await expect.poll(visible).toBe(true);
  expect((await appState(launched.window)).view.kind).toBe('lab');
});

/** Quits and gives the answer; resolves when the application has gone. */
async function quit(answer: string): Promise<void> {
  const gone = new Promise<void>((done) => launched.app.process().once('exit', () => done()));
  await launched.app.evaluate(({ app }) => void setTimeout(() => app.quit(), 0));
  const dialog = launched.window.getByRole('dialog', { name: 'Quit Labdock?' });
  await dialog.getByRole('button', { name: answer }).click();
  await gone;
}

test('quitting, the server kept: it runs on, what was open is saved, and the next launch shows it', async () => {
  test.setTimeout(300_000);
  await write(await labPage(launched, workspace.port), 'at the end');
  await quit('Quit, keep running');
  expect(running()).toBe('true');
  expect(readFileSync(file(), 'utf8')).toBe('at the end');
  launched = await launch({ userData: launched.userData, env: { HOME: home } });
  await phase(launched.window, 'ready', 60_000);
});

test('quitting, the server stopped', async () => {
  await quit('Stop and quit');
  await until('the container has ended', () => Promise.resolve(running() === 'false'));
  launched = await launch({ userData: launched.userData, env: { HOME: home } });
  expect((await workspaceState(launched.window)).workspace.wanted).toBe('stopped');
});
