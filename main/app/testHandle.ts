/**
 * What desktop tests need and Playwright does not give: which WebContents is whose Lab page (its own list misses
 * WebContentsViews). Only with `--test-handle` and an inspector attached to the main process; releases ship with the
 * inspect fuse off, so there it cannot exist, and whoever has an inspector has everything anyway.
 *
 * In a test: `app.evaluate(({ webContents }, id) => webContents.fromId(id).executeJavaScript('…'), contentsId)` with the id from
 * `app.evaluate(() => globalThis.labdockTest.labViews())`.
 */
import { url as inspectorUrl } from 'node:inspector';
import type { AppState } from '../workspace/state';
import type { LabViews } from './lab/labViews';

export interface TestHandle {
  labViews(): { workspace: string; contentsId: number; url: string; status: string; visible: boolean }[];
  state(): AppState | null;
}

export function exposeTestHandle(views: LabViews, state: () => AppState | null): void {
  if (inspectorUrl() === undefined) return;
  const handle: TestHandle = {
    labViews: () =>
      [...views.all].map(([workspace, view]) => ({
        workspace,
        contentsId: view.view.webContents.id,
        url: view.view.webContents.getURL(),
        status: view.status,
        visible: view.onScreen,
      })),
    state,
  };
  Object.defineProperty(globalThis, 'labdockTest', { value: handle });
}
