/** Launching an Electron application for Playwright, the packaged one or a trivial one. */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { _electron, type ElectronApplication } from '@playwright/test';
import { WebSocket } from 'ws';

type Options = NonNullable<Parameters<typeof _electron.launch>[0]> & { userData: string };

export async function launchElectron({ userData, ...options }: Options): Promise<ElectronApplication> {
  const launched = new AbortController();
  const helping = reloadWhereMissed(userData, launched.signal);
  try {
    const app = await _electron.launch({
      // Playwright switches Chromium's sandbox off unless told not to; only root has to go without.
      chromiumSandbox: process.getuid?.() !== 0,
      timeout: 60_000,
      ...options,
      args: [...(options.args ?? []), `--user-data-dir=${userData}`],
    });
    return askingAgain(app);
  } finally {
    launched.abort();
    await helping;
  }
}

/** Milliseconds; a launch takes a tenth of it on a loaded machine. */
const patience = 10_000;

/**
 * The window opens while Playwright 1.65 is still attaching. Where it asks for the page's frames in the very moment of the
 * page's first navigation, it is told of the empty page before and takes it for one that has yet to navigate, and waits for
 * ever (`_firstNonInitialNavigationCommittedPromise`; seen in 11 of 430 launches). One more navigation lets it go on.
 */
async function reloadWhereMissed(userData: string, launched: AbortSignal): Promise<void> {
  try {
    await sleep(patience, undefined, { signal: launched });
    // Written by Chromium where it chose the port.
    const [port] = readFileSync(join(userData, 'DevToolsActivePort'), 'utf8').split('\n');
    const answer = await fetch(`http://127.0.0.1:${port}/json/list`, { signal: launched });
    const targets = (await answer.json()) as { type: string; webSocketDebuggerUrl: string }[];
    for (const { webSocketDebuggerUrl } of targets.filter(({ type }) => type === 'page')) {
      console.warn('the runner missed the page’s first navigation; loading the page anew');
      const socket = new WebSocket(webSocketDebuggerUrl).on('error', () => undefined);
      try {
        await once(socket, 'open', { signal: launched });
        socket.send(JSON.stringify({ id: 1, method: 'Page.reload' }));
        await once(socket, 'message', { signal: launched });
      } finally {
        socket.terminate();
      }
    }
  } catch (error) {
    if (!launched.aborted) console.warn(`no page could be loaded anew: ${String(error)}`);
  }
}

/**
 * V8's inspector holds the promise of an answer weakly, so a collection of garbage at that moment takes the answer away
 * (seen once in hundreds of calls; a promise that nothing ever settles fails the second time too). What tests evaluate in
 * main may be evaluated twice.
 */
function askingAgain(app: ElectronApplication): ElectronApplication {
  const evaluate = app.evaluate.bind(app) as (...args: unknown[]) => Promise<unknown>;
  const again = (...args: unknown[]) =>
    evaluate(...args).catch((error: unknown) => {
      if (!String(error).includes('promise was garbage collected')) throw error;
      console.warn('an answer of main was collected as garbage; asking once more');
      return evaluate(...args);
    });
  return Object.assign(app, { evaluate: again as ElectronApplication['evaluate'] });
}
