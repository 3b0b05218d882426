/** What a person can do wrong or meet, on the packaged application: each gets a sentence, and nothing is lost. */
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { expect, test, type Page } from '@playwright/test';
import { launch, newFolder, removeFolder, screenshot } from '../harness/desktop';
import { freePort, until } from '../harness/processes';
import { appState, workspaceState } from '../harness/workspace';

let home: string;
test.beforeEach(() => {
  home = newFolder('home');
});
test.afterEach(() => removeFolder(home));

async function openSettings(window: Page, section: string): Promise<void> {
  const { workspace } = await workspaceState(window);
  await window.getByRole('button', { name: `Settings of ${workspace.name}` }).click();
  await window.getByRole('button', { name: section, exact: true }).click();
}

test('wrong values are refused at their fields, and nothing is saved', async () => {
  const launched = await launch({ env: { HOME: home } });
  const { window } = launched;
  try {
    const before = (await workspaceState(window)).workspace;
    await openSettings(window, 'General');
    const port = window.getByLabel('Port');
    for (const value of ['0', '80', '70000', '']) {
      await port.fill(value);
      await expect(port, value).toHaveAttribute('aria-invalid', 'true');
    }
    await screenshot(window, 'trouble-port');
    await port.fill('abc');
    await expect(port).not.toHaveValue('abc');

    // Another program has this one: who, and which is free.
    const taken = createServer().listen(0, '127.0.0.1');
    await new Promise((done) => taken.once('listening', done));
    const { port: busy } = taken.address() as { port: number };
    await port.fill(String(busy));
    await expect(window.getByText(new RegExp(`uses (this port|port ${busy})`)).first()).toBeVisible();
    await screenshot(window, 'trouble-port-busy');
    taken.close();

    await port.fill(String(await freePort()));
    const folder = window.getByLabel('Folder');
    await folder.fill(join(home, 'there is none 없음 😀'));
    await expect(folder).toHaveAttribute('aria-invalid', 'true');
    await screenshot(window, 'trouble-folder');
    expect((await workspaceState(window)).workspace).toEqual(before);
  } finally {
    await launched.close();
  }
});

test('kernel names and packages that would inject are refused at the border too', async () => {
  const launched = await launch({ env: { HOME: home } });
  const { window } = launched;
  try {
    const { workspace } = await workspaceState(window);
    const { id, wanted: _, ...draft } = workspace;
    const [kernel] = draft.kernels;
    for (const bad of [
      { ...kernel, name: 'a; rm -rf /' },
      { ...kernel, name: 'a\nb' },
      { ...kernel, conda: ['numpy; rm -rf /'] },
      { ...kernel, pip: ['--index-url=http://127.0.0.1/'] },
      { ...kernel, pip: ['six\nRUN touch /x'] },
      { ...kernel, displayName: 'a\u0000b' },
    ]) {
      const input = { id, draft: { ...draft, kernels: [bad] }, apply: false };
      const outcome = await window.evaluate<{ ok: boolean; fields?: object }>(
        `window.labdock.call('workspace.update', ${JSON.stringify(input)})`,
      );
      expect(outcome, JSON.stringify(bad)).toMatchObject({ ok: false });
      expect(Object.keys(outcome.fields ?? {})[0]).toMatch(/^draft\.kernels\.0|^kernels\.0/);
    }
    const twice = { id, draft: { ...draft, kernels: [kernel, kernel] }, apply: false };
    expect(await window.evaluate(`window.labdock.call('workspace.update', ${JSON.stringify(twice)})`)).toMatchObject({
      ok: false,
    });
    for (const plain of ['', 'x'.repeat(10_240), 'a\nb']) {
      const input = { id, password: { plain } };
      expect(await window.evaluate(`window.labdock.call('password.set', ${JSON.stringify(input)})`)).toMatchObject({
        ok: false,
      });
    }
    expect((await workspaceState(window)).workspace).toEqual(workspace);
  } finally {
    await launched.close();
  }
});

test('broken settings are kept aside and the person is told; newer ones are left alone', async () => {
  const userData = newFolder('user-data');
  const file = join(userData, 'settings.json');
  let id: string | undefined;
  writeFileSync(file, '{ "version": 1, "workspaces": [');
  const first = await launch({ userData, env: { HOME: home } });
  try {
    await expect(first.window.getByText('The settings file was damaged')).toBeVisible();
    await screenshot(first.window, 'trouble-settings-damaged');
    const kept = readdirSync(userData).find((name) => name.startsWith('settings.damaged'));
    expect(readFileSync(join(userData, kept!), 'utf8')).toBe('{ "version": 1, "workspaces": [');
    expect(statSync(file, { throwIfNoEntry: false })?.mode ?? 0o600).toBe(0o100600);
    // Something to save, so that there is a copy of it.
    await first.window.evaluate(`window.labdock.call('app.preferences', { theme: 'dark' })`);
    id = (await appState(first.window)).workspaces[0]!.workspace.id;
  } finally {
    await first.close();
  }
  writeFileSync(file, '');
  const again = await launch({ userData, env: { HOME: home } });
  try {
    const { notices, workspaces, preferences } = await appState(again.window);
    expect(notices.map((notice) => notice.problem.reason)).toContain('settings-restored');
    expect(workspaces.map(({ workspace }) => workspace.id)).toEqual([id]);
    expect(preferences.theme).toBe('dark');
  } finally {
    await again.close();
  }
  const newer = '{ "version": 99, "workspaces": [], "something": "else" }';
  writeFileSync(file, newer);
  const second = await launch({ userData, env: { HOME: home } });
  try {
    expect((await appState(second.window)).notices.map((notice) => notice.problem.reason)).toContain('settings-newer');
    expect(readFileSync(file, 'utf8')).toBe(newer);
  } finally {
    await second.close();
    removeFolder(userData);
  }
});

test('without an engine the window says whom it asked and what each answered', async () => {
  const launched = await launch({ env: { HOME: home } });
  const { window } = launched;
  try {
    const absent = `unix://${join(home, 'no engine.sock').replaceAll(' ', '_')}`;
    await window.evaluate(`window.labdock.call('app.preferences', ${JSON.stringify({ engine: absent })})`);
    const engine = await until('the refusal', async () => {
      const now = (await appState(window)).engine;
      return now.status === 'unavailable' ? now : undefined;
    });
    expect(engine.candidates.length).toBeGreaterThan(0);
    for (const candidate of engine.candidates) expect(candidate.info ?? candidate.problem).toBeDefined();
    await expect(window.getByRole('button', { name: 'Try again' }).first()).toBeVisible();
    await screenshot(window, 'trouble-no-engine');
  } finally {
    await launched.close();
  }
});

test('without a keychain the person is told, and a password still works for this run', async () => {
  const launched = await launch({ env: { HOME: home, DBUS_SESSION_BUS_ADDRESS: 'unix:path=/nonexistent' } });
  const { window } = launched;
  try {
    // Whether there is one is asked after the first paint.
    const problem = async () => (await appState(window)).secrets.problem?.reason;
    await expect.poll(problem).toMatch(/^keychain-/);
    expect(['memory', 'safe-storage']).toContain((await appState(window)).secrets.store);
    const { workspace } = await workspaceState(window);
    const input = { id: workspace.id, password: { plain: 'secret' } };
    expect(await window.evaluate(`window.labdock.call('password.set', ${JSON.stringify(input)})`)).toMatchObject({
      ok: true,
    });
    expect((await workspaceState(window)).password).toBe('set');
    await screenshot(window, 'trouble-no-keychain');
    const settings = readFileSync(join(launched.userData, 'settings.json'), 'utf8');
    expect(settings).not.toContain('secret');
  } finally {
    await launched.close();
  }
});

test('a second launch shows the first one’s window', async () => {
  const launched = await launch({ env: { HOME: home } });
  try {
    await launched.app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.minimize());
    const second = await import('node:child_process').then(({ spawn }) =>
      spawn(process.env['LABDOCK_TEST_APP']!, [`--user-data-dir=${launched.userData}`], {
        env: { ...process.env, HOME: home },
        stdio: 'ignore',
      }),
    );
    // It hands over and ends.
    expect(await new Promise((done) => second.once('exit', done))).toBe(0);
    const visible = () =>
      launched.app.evaluate(({ BrowserWindow }) => {
        const [window] = BrowserWindow.getAllWindows();
        return Boolean(window?.isVisible() && !window.isMinimized());
      });
    await expect.poll(visible).toBe(true);
  } finally {
    await launched.close();
  }
});
