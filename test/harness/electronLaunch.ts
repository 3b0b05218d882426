/** Launching an Electron application for Playwright, the packaged one or a trivial one. */
import { _electron, type ElectronApplication } from '@playwright/test';

type Options = NonNullable<Parameters<typeof _electron.launch>[0]>;

export async function launchElectron(options: Options): Promise<ElectronApplication> {
  const start = () =>
    _electron.launch({
      // Playwright switches Chromium's sandbox off unless told not to; only root has to go without.
      chromiumSandbox: process.getuid?.() !== 0,
      timeout: 60_000,
      ...options,
    });
  // Seen twice in well over a hundred launches, once on a quiet machine: both debuggers are attached, and the runner still
  // waits for the application to say it is ready. Why is not known; one more attempt tells it apart from a real failure.
  const app = await start().catch((error: unknown) => {
    if (!String(error).includes('Timeout')) throw error;
    console.warn('the runner did not get through to the application; launching it once more');
    return start();
  });
  return askingAgain(app);
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
