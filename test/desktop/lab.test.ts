/** The Lab page and its surroundings: foreign pages get nothing, a server that goes is noticed, quitting asks. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type * as Electron from 'electron';
import { expect, test, type Page } from '@playwright/test';
import { launch, newFolder, removeFolder, screenshot, type Launched } from '../harness/desktop';
import { labPage } from '../harness/lab';
import { until } from '../harness/processes';
import { appState, containersOf, docker, phase, removeWorkspaces, workspaceState } from '../harness/workspace';

test.describe.configure({ mode: 'serial' });

let launched: Launched;
let lab: Page;
let home: string;
let workspace: { id: string; name: string; port: number };

test.beforeAll(async () => {
  test.setTimeout(600_000);
  home = newFolder('home');
  launched = await launch({ env: { HOME: home }, args: ['--test-handle'] });
  ({ workspace } = await workspaceState(launched.window));
  await loseFirstScript();
  await launched.window.getByRole('button', { name: `Start ${workspace.name}` }).click();
  lab = await labPage(launched, workspace.port, 500_000);
});

test.afterAll(async () => {
  await launched.close();
  removeWorkspaces([workspace.id]);
  removeFolder(home);
});

/** As when a connection breaks on the way: what the page then lacks it never asks for again. */
async function loseFirstScript(): Promise<void> {
  const listen = ({ session }: typeof Electron, id: string) => {
    const counted = globalThis as { lost?: number };
    counted.lost = 0;
    session.fromPartition(`persist:lab-${id}`).webRequest.onBeforeRequest(({ url }, answer) => {
      const first = counted.lost === 0 && /\/static\/lab\/main\./.test(url);
      if (first) counted.lost = 1;
      answer({ cancel: first });
    });
    return true;
  };
  // While the application is starting, what it is asked may get lost.
  await until('it listens', () => launched.app.evaluate(listen, workspace.id));
}

test('a page whose script did not arrive was loaded anew by itself', async () => {
  expect(await launched.app.evaluate(() => (globalThis as { lost?: number }).lost)).toBe(1);
  await lab.waitForSelector('.jp-LauncherCard', { timeout: 60_000 });
  await launched.app.evaluate(
    ({ session }, id) => session.fromPartition(`persist:lab-${id}`).webRequest.onBeforeRequest(null),
    workspace.id,
  );
});

test('every window keeps to the security checklist', async () => {
  const preferences = await launched.app.evaluate(({ webContents }) =>
    webContents.getAllWebContents().map((contents) => {
      const of = contents as unknown as { getLastWebPreferences(): Record<string, unknown> };
      return { url: contents.getURL(), ...of.getLastWebPreferences() };
    }),
  );
  expect(preferences.length).toBeGreaterThanOrEqual(2);
  for (const one of preferences) {
    expect(one, String(one.url)).toMatchObject({ contextIsolation: true, nodeIntegration: false, sandbox: true });
    expect((one as { webSecurity?: boolean }).webSecurity, String(one.url)).not.toBe(false);
  }
  const page = preferences.find((one) => one.url.startsWith('http://127.0.0.1')) as { preload?: string } | undefined;
  expect(page).toBeDefined();
  expect(page?.preload ?? '').toBe('');
  expect(await lab.evaluate('typeof window.labdock')).toBe('undefined');
  expect(await lab.evaluate('typeof window.require')).toBe('undefined');
  // The token is nowhere the page can read it.
  expect(await lab.evaluate('document.cookie')).not.toContain('username-');
  expect(lab.url()).not.toContain('token');
});

test('a foreign page in a frame cannot reach the server with the session', async () => {
  const foreign = await foreignSite(workspace.port);
  try {
    await lab.evaluate(
      `(() => { const frame = document.createElement('iframe'); frame.id = 'foreign'; frame.src = ${JSON.stringify(foreign.url)}; document.body.append(frame); })()`,
    );
    const said = await until('the foreign page’s attempts', () => Promise.resolve(foreign.reports.at(-1)), 30_000);
    // Refused, or the browser did not let the answer be read; in no case a kernel.
    expect(said).toEqual({ kernels: 'none', socket: 'closed', form: 'sent' });
    const kernels = await lab.evaluate<unknown[]>(`fetch('/api/kernels').then((answer) => answer.json())`);
    expect(kernels).toEqual([]);
  } finally {
    await lab.evaluate(`document.getElementById('foreign')?.remove()`);
    foreign.server.close();
  }
});

test('a popup to a foreign page opens no window of ours', async () => {
  const foreign = await foreignSite(workspace.port);
  try {
    await launched.app.evaluate(({ shell }) => {
      (globalThis as { opened?: string[] }).opened = [];
      shell.openExternal = (url: string) => {
        (globalThis as { opened?: string[] }).opened?.push(url);
        return Promise.resolve();
      };
    });
    const before = launched.app.windows().length;
    await lab.evaluate(`void window.open(${JSON.stringify(foreign.url)})`);
    await expect
      .poll(() => launched.app.evaluate(() => (globalThis as { opened?: string[] }).opened))
      .toEqual([foreign.url]);
    expect(launched.app.windows()).toHaveLength(before);
    // Opened empty first, as Lab's own exports are: the browser gets the address, and no empty window stays.
    await lab.evaluate(`window.open('').location = ${JSON.stringify(`${foreign.url}later`)}`);
    await expect
      .poll(() => launched.app.evaluate(() => (globalThis as { opened?: string[] }).opened))
      .toEqual([foreign.url, `${foreign.url}later`]);
    await expect.poll(() => launched.app.windows().length).toBe(before);
    await lab.evaluate(`void window.open('file:///etc/passwd')`);
    expect(launched.app.windows()).toHaveLength(before);
  } finally {
    foreign.server.close();
  }
});

test('quitting asks while a server runs, and can be called off', async () => {
  await launched.app.evaluate(({ app }) => app.quit());
  const dialog = launched.window.getByRole('dialog', { name: 'Quit Labdock?' });
  await dialog.waitFor();
  await screenshot(launched.window, 'quit-question');
  await dialog.getByRole('button', { name: 'Cancel' }).click();
  await dialog.waitFor({ state: 'detached' });
  expect((await appState(launched.window)).question).toBeUndefined();
  expect((await workspaceState(launched.window)).phase).toBe('ready');
});

test('stopped by hand while shown: said in words, and started again from there', async () => {
  docker('stop', containersOf(workspace.id)[0]!);
  const state = await phase(launched.window, 'stopped', 60_000).catch(() => phase(launched.window, 'failed', 10_000));
  expect(state.problem?.reason).toBe('stopped-outside');
  expect(state.workspace.wanted).toBe('stopped');
  await screenshot(launched.window, 'stopped-outside');
  await launched.window
    .getByRole('button', { name: /^(Start|Try again)/ })
    .first()
    .click();
  await phase(launched.window, 'ready', 120_000);
});

test('removed by hand while shown: said in words, and made anew', async () => {
  docker('rm', '-f', containersOf(workspace.id)[0]!);
  const state = await phase(launched.window, 'stopped', 60_000).catch(() => phase(launched.window, 'failed', 10_000));
  expect(state.problem?.reason).toBe('removed-outside');
  await launched.window
    .getByRole('button', { name: /^(Start|Try again)/ })
    .first()
    .click();
  await phase(launched.window, 'ready', 120_000);
  expect(containersOf(workspace.id)).toHaveLength(1);
});

/** A site that tries to start a kernel by fetch and by form, and to open a kernel's websocket, and reports to its own server. */
async function foreignSite(port: number) {
  const reports: unknown[] = [];
  const page = `<!doctype html><iframe name="sink"></iframe><form id="f" method="post" target="sink" action="http://127.0.0.1:${port}/api/kernels"></form><script>
    const base = '127.0.0.1:${port}';
    (async () => {
      document.getElementById('f').submit();
      let kernels = 'none';
      try {
        const answer = await fetch('http://' + base + '/api/kernels', { method: 'POST', credentials: 'include', body: '{}' });
        if (answer.ok) kernels = 'started';
      } catch {}
      const socket = await new Promise((done) => {
        const ws = new WebSocket('ws://' + base + '/api/events/subscribe');
        ws.onopen = () => done('open');
        ws.onerror = () => done('closed');
      });
      await fetch('/report', { method: 'POST', body: JSON.stringify({ kernels, socket, form: 'sent' }) });
    })();
  </script>`;
  const server: Server = createServer((request, response) => {
    if (request.method !== 'POST') return response.setHeader('content-type', 'text/html').end(page);
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      reports.push(JSON.parse(body));
      response.end();
    });
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  // Another host name than the server's: a site of its own.
  return { server, reports, url: `http://localhost:${(server.address() as AddressInfo).port}/` };
}
