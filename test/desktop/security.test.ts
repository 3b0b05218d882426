/**
 * Electron's own security checklist (its `security` tutorial, numbered as there) over the real application. Number 16, a current
 * Electron, is a matter of package.json, 19, the fuses, one of packaging; what a Lab page with a server may do is in the lab tests.
 */
import { expect, test } from '@playwright/test';
import { launch, type Launched } from '../harness/desktop';

interface Preferences {
  [name: string]: unknown;
}
interface Contents {
  url: string;
  preferences: Preferences;
}

let launched: Launched;
let contents: { own: Contents; lab: Contents; labId: number };

test.beforeAll(async () => {
  launched = await launch({ args: ['--test-handle'] });
  const { window, app } = launched;
  // A Lab page without a server: what it may not do, it may never do.
  await window.evaluate(`(async () => {
    const state = await window.labdock.call('app.state');
    await window.labdock.call('view.open', { id: state.value.workspaces[0].workspace.id });
  })()`);
  contents = await app.evaluate(({ BrowserWindow, webContents }) => {
    interface WithPreferences {
      getURL(): string;
      getLastWebPreferences(): Preferences;
    }
    const about = (of: WithPreferences) => ({ url: of.getURL(), preferences: { ...of.getLastWebPreferences() } });
    const { labdockTest } = globalThis as unknown as { labdockTest: { labViews(): { contentsId: number }[] } };
    const labId = labdockTest.labViews()[0]!.contentsId;
    return {
      own: about(BrowserWindow.getAllWindows()[0]!.webContents as unknown as WithPreferences),
      lab: about(webContents.fromId(labId) as unknown as WithPreferences),
      labId,
    };
  });
});
test.afterAll(() => launched.close());

const inPage = <T>(script: string) => launched.window.evaluate<T>(script);

test('1, 18: the window loads its own scheme, neither http: nor file:', async () => {
  expect(contents.own.url).toBe('app://labdock/index.html');
  expect(await inPage('isSecureContext')).toBe(true);
});

for (const which of ['own', 'lab'] as const) {
  test(`2, 3, 4, 6, 8, 9, 10: the ${which} page is isolated, sandboxed and has nothing switched on`, () => {
    const { preferences } = contents[which];
    expect(preferences).toMatchObject({ sandbox: true, contextIsolation: true });
    expect(preferences['nodeIntegration'] ?? false).toBe(false);
    expect(preferences['nodeIntegrationInWorker'] ?? false).toBe(false);
    expect(preferences['nodeIntegrationInSubFrames'] ?? false).toBe(false);
    expect(preferences['webSecurity'] ?? true).toBe(true);
    expect(preferences['allowRunningInsecureContent'] ?? false).toBe(false);
    expect(preferences['experimentalFeatures'] ?? false).toBe(false);
    expect(preferences['enableBlinkFeatures'] ?? '').toBe('');
    expect(preferences['webviewTag'] ?? false).toBe(false);
  });
}

test('20: the window has the bridge and nothing else; a Lab page has not even that', async () => {
  expect(
    await inPage(`[typeof require, typeof process, typeof module, Object.keys(window.labdock).sort().join()]`),
  ).toEqual(['undefined', 'undefined', 'undefined', 'call,on']);
  expect(contents.lab.preferences['preload'] ?? '').toBe('');
  const seen = await launched.app.evaluate(
    ({ webContents }, id) =>
      webContents.fromId(id)!.executeJavaScript(`[typeof window.labdock, typeof require, typeof process]`) as Promise<
        string[]
      >,
    contents.labId,
  );
  expect(seen).toEqual(['undefined', 'undefined', 'undefined']);
});

test('5: what a page asks for is denied', async () => {
  const states = await inPage<
    string[]
  >(`Promise.all(['geolocation', 'notifications', 'camera', 'microphone', 'clipboard-read', 'midi']
    .map((name) => navigator.permissions.query({ name }).then((p) => p.state, () => 'denied')))`);
  expect(states).toEqual(Array(6).fill('denied'));
  expect(
    await inPage(`navigator.mediaDevices.getUserMedia({ audio: true }).then(() => 'granted', (e) => e.name)`),
  ).not.toBe('granted');
});

test('7: the policy stops inline scripts, foreign frames and foreign requests', async () => {
  expect(
    await inPage(
      `(() => { const s = document.createElement('script'); s.textContent = 'window.ran = true'; document.head.append(s); return window.ran ?? false; })()`,
    ),
  ).toBe(false);
  const violated = await inPage<string[]>(`new Promise((resolve) => {
    const seen = new Set();
    document.addEventListener('securitypolicyviolation', (e) => { seen.add(e.effectiveDirective); if (seen.size === 3) resolve([...seen].sort()); });
    setTimeout(() => resolve([...seen].sort()), 5000);
    const frame = document.createElement('iframe'); frame.src = 'http://127.0.0.1:9/'; document.body.append(frame);
    fetch('http://127.0.0.1:9/').catch(() => {});
    const image = new Image(); image.src = 'http://127.0.0.1:9/x.png';
  })`);
  expect(violated).toEqual(['connect-src', 'frame-src', 'img-src']);
});

test('11, 12: a webview cannot be made', async () => {
  expect(
    await inPage(
      `(() => { const v = document.createElement('webview'); v.src = 'http://127.0.0.1:9/'; document.body.append(v); return typeof v.loadURL; })()`,
    ),
  ).toBe('undefined');
});

test('13, 14: the window goes nowhere and opens nothing', async () => {
  for (const url of ['http://127.0.0.1:9/', 'file:///etc/passwd', 'app://labdock/other.html', 'data:text/html,x']) {
    await inPage(`void (location.href = ${JSON.stringify(url)})`).catch(() => undefined);
    expect(await inPage(`String(window.open(${JSON.stringify(url)}))`)).toBe('null');
  }
  expect(launched.window.url()).toBe('app://labdock/index.html');
  expect(await launched.app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows().length)).toBe(1);
});

test('15: the page names a link, never an address', async () => {
  const refused = await inPage<{ ok: boolean }>(
    `window.labdock.call('app.openExternal', { link: 'https://example.org' })`,
  );
  expect(refused.ok).toBe(false);
});

test('17: calls from anywhere but the trusted page, or with input that does not fit, are refused', async () => {
  const unknown = await inPage<{ ok: boolean }>(`window.labdock.call('constructor')`);
  expect(unknown.ok).toBe(false);
  const misfit = await inPage<{ ok: boolean; fields: object }>(
    `window.labdock.call('workspace.start', { id: '../x' })`,
  );
  expect(misfit).toMatchObject({ ok: false, fields: { id: { reason: 'field-invalid' } } });
});

test('18: files outside the pages are out of reach', async () => {
  const answers = await inPage<
    number[]
  >(`Promise.all(['/../package.json', '/..%2f..%2fpackage.json', '/%00', '//etc/passwd', '/..%5c..%5cpackage.json']
    .map((path) => fetch('app://labdock' + path).then((r) => r.status, () => 0)))`);
  expect(answers.every((status) => status === 404 || status === 0)).toBe(true);
});
