/**
 * Test equipment: a trivial Electron application that shows one empty window, as isolated as Labdock's own, and the next
 * one when that is closed. It serves Labdock's page under the address and the policy it ships with.
 *
 * The first window comes when it is asked for (`openWindow`): Playwright may miss that a page has loaded while it
 * connects, and then waits for it without end.
 */
import { join } from 'node:path';
import { app, BrowserWindow, session } from 'electron';
import { registerAppScheme, serveApp } from '../../../../main/app/appProtocol';
import { emptyPage } from '../pages';

registerAppScheme();
let ends = false;
app.on('before-quit', () => (ends = true));
app.on('window-all-closed', () => undefined);

function open(): void {
  const window = new BrowserWindow({
    useContentSize: true,
    width: 1100,
    height: 760,
    webPreferences: {
      sandbox: true,
      contextIsolation: true,
      nodeIntegration: false,
      // The windows of two workers may lie on top of each other.
      backgroundThrottling: false,
      v8CacheOptions: 'bypassHeatCheck',
    },
  });
  window.on('closed', () => ends || open());
  void window.loadURL(emptyPage);
}

const ready = app.whenReady().then(() => serveApp(session.defaultSession, join(app.getAppPath(), 'pages')));
Object.assign(globalThis, { openWindow: () => void ready.then(open) });
