/** Where the bench looks: the launcher's cards in Lab, the list with its Start button in the window. */
import type { DebuggedProcess, Page } from './devtools';
import { painted } from './devtools';

export const cards = '.jp-LauncherCard';
/** The primary button of a stopped workspace, by its name for screen readers (the bench's settings say English). */
export const startButton = 'button[aria-label^="Start "]';

export const ownPage = (app: DebuggedProcess): Promise<Page> => app.page(/^app:\/\//);
export const labPage = (app: DebuggedProcess, port: number): Promise<Page> =>
  app.page(new RegExp(`^http://127\\.0\\.0\\.1:${port}/`), 180_000);

/** Date.now() of the frame in which Lab can be used. */
export const labPainted = async (app: DebuggedProcess, port: number): Promise<number> =>
  (await labPage(app, port)).evaluate<number>(painted(cards));

/** Clicks Start as a person would and returns Date.now() of the click. */
export const clickStart = (page: Page): Promise<number> =>
  page.evaluate<number>(
    `(() => { const at = Date.now(); document.querySelector(${JSON.stringify(startButton)}).click(); return at; })()`,
  );
