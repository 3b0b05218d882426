/** Launching the packaged application for a desktop test, with a user-data folder of its own. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { tmpdir } from 'node:os';
import type { ElectronApplication, Page } from '@playwright/test';
import { launchElectron } from './electronLaunch';

export interface Launched {
  app: ElectronApplication;
  /** The application's own window, its page loaded. */
  window: Page;
  userData: string;
  /** Main's and the page's output so far. */
  output: () => string;
  /** Ends the application at once (SIGKILL to its main process), as a crash would. */
  kill: () => Promise<void>;
  close: () => Promise<void>;
}

/** The packaged application's executable; `npm test -- desktop` says where it is. */
export function packagedApp(): string {
  const app = process.env['LABDOCK_TEST_APP'];
  if (!app) throw new Error('LABDOCK_TEST_APP is not set: run desktop tests with npm test -- desktop');
  return app;
}

/** A fresh folder of the test's, removed by `removeFolder` or with the run's home. */
export const newFolder = (name: string): string => mkdtempSync(join(tmpdir(), `labdock-${name}-`));
export const removeFolder = (folder: string): void => rmSync(folder, { recursive: true, force: true });

/** Launches the application and waits for its window. The same `userData` again is the same person's next launch. */
export async function launch(
  options: { userData?: string; args?: string[]; env?: Record<string, string> } = {},
): Promise<Launched> {
  const userData = options.userData ?? newFolder('user-data');
  mkdirSync(userData, { recursive: true });
  const inherited = Object.entries(process.env).filter((pair): pair is [string, string] => pair[1] !== undefined);
  const app = await launchElectron({
    executablePath: packagedApp(),
    userData,
    args: options.args ?? [],
    env: { ...Object.fromEntries(inherited), ...options.env },
  });
  let output = '';
  const child = app.process();
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk: Buffer) => (output = (output + chunk.toString()).slice(-200_000)));
  }
  const gone = new Promise<void>((done) => child.once('exit', () => done()));
  const window = await ownWindow(app);
  window.on('console', (message) => (output += `page: ${message.text()}\n`));
  await window.waitForLoadState('domcontentloaded');
  return {
    app,
    window,
    userData,
    output: () => output,
    kill: async () => {
      child.kill('SIGKILL');
      await gone;
    },
    close: async () => {
      // Quitting asks while a server runs; nobody is here to answer, and servers are the test's to remove.
      await window.evaluate(`window.labdock.call('app.preferences', { onQuit: 'keep' })`).catch(() => undefined);
      const patience = setTimeout(() => child.kill('SIGKILL'), 20_000);
      await Promise.race([app.close().catch(() => undefined), gone]);
      clearTimeout(patience);
    },
  };
}

/** The application's own page: the first one Playwright meets may be a Lab page that was restored. */
async function ownWindow(app: ElectronApplication): Promise<Page> {
  const own = (page: Page) => page.url().startsWith('app://');
  const first = await app.firstWindow();
  if (own(first)) return first;
  return app.windows().find(own) ?? app.waitForEvent('window', { predicate: own, timeout: 60_000 });
}

/** Takes a screenshot into the run's folder of screenshots (test/screenshots/desktop after the run). */
export async function screenshot(window: Page, name: string): Promise<void> {
  const folder = process.env['LABDOCK_TEST_SCREENSHOTS'] ?? join(tmpdir(), 'labdock-screenshots');
  mkdirSync(folder, { recursive: true });
  await window.screenshot({ path: join(folder, `${name}.png`) });
}
