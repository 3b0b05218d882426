/** The one window: where it was last time, in the right colour from the first frame, with the trusted page in it. */
import { join } from 'node:path';
import { app, BrowserWindow, nativeTheme, screen } from 'electron';
import { startPage } from './appProtocol';
import { backgroundColor } from './colors';
import { setPolicy } from './hardening';
import { createRateLimit } from './lab/rateLimit';
import type { Memory } from './memory';
import { minimumSize, placeWindow } from './windowBounds';

export interface MainWindowHooks {
  created(window: BrowserWindow): void;
  /** False holds the window; the hook does what closing means. */
  mayClose(): boolean;
  /** The page is loaded again: subscriptions of the old one are void. */
  pageGone(): void;
  focusLab(): void;
}

export class MainWindow {
  #window: BrowserWindow | null = null;
  #hooks: MainWindowHooks | null = null;
  readonly #memory: Memory;
  readonly #mayRevive = createRateLimit(3, 60_000);

  constructor(memory: Memory) {
    this.#memory = memory;
  }

  /** The application comes after the window: what it has to do with a window that is there already, it does now. */
  connect(hooks: MainWindowHooks): void {
    this.#hooks = hooks;
    if (this.#window) hooks.created(this.#window);
  }

  get window(): BrowserWindow | null {
    return this.#window;
  }

  /**
   * Shows the window, making it first if there is none yet.
   * @param pageAfter a new window loads its page then: on the way straight to Lab, Lab comes first
   */
  show(pageAfter?: Promise<void>): void {
    const window = this.#window;
    if (!window) return this.#create(pageAfter);
    if (window.isMinimized()) window.restore();
    window.show();
    window.focus();
  }

  setBackground(): void {
    this.#window?.setBackgroundColor(backgroundColor(nativeTheme.shouldUseDarkColors ? 'dark' : 'light'));
  }

  #create(pageAfter?: Promise<void>): void {
    const remembered = this.#memory.value;
    const areas = screen.getAllDisplays().map((display) => display.workArea);
    const window = new BrowserWindow({
      ...placeWindow(remembered.bounds, areas),
      minWidth: minimumSize.width,
      minHeight: minimumSize.height,
      show: false,
      title: 'Labdock',
      backgroundColor: backgroundColor(nativeTheme.shouldUseDarkColors ? 'dark' : 'light'),
      autoHideMenuBar: true,
      ...(process.platform === 'linux' && {
        icon: join(app.getAppPath(), 'resources', 'icons', 'linux', '128x128.png'),
      }),
      webPreferences: {
        preload: join(app.getAppPath(), 'out', 'preload', 'preload.cjs'),
        sandbox: true,
        contextIsolation: true,
        nodeIntegration: false,
        webSecurity: true,
        webviewTag: false,
        spellcheck: false,
        navigateOnDragDrop: false,
        devTools: !app.isPackaged,
        v8CacheOptions: 'bypassHeatCheck',
      },
    });
    this.#window = window;
    // The trusted page goes nowhere and opens nothing; links leave by name through the bridge.
    setPolicy(window.webContents, {
      navigate: () => 'deny',
      popup: () => ({ action: 'deny' }),
      openExternal: () => undefined,
    });
    this.#listen(window);
    this.#hooks?.created(window);
    const load = () => void (window.isDestroyed() || window.loadURL(startPage).catch(() => undefined));
    if (!pageAfter) return load();
    // What is shown before the page is the window's colour; Lab's page gets no frames in a window that is not shown.
    this.#present(window);
    void pageAfter.then(load);
  }

  #present(window: BrowserWindow): void {
    if (this.#memory.value.maximized) window.maximize();
    window.show();
  }

  #listen(window: BrowserWindow): void {
    window.once('ready-to-show', () => {
      if (!window.isVisible()) this.#present(window);
    });
    const remember = () => {
      if (window.isDestroyed() || window.isMinimized() || window.isFullScreen()) return;
      this.#memory.update({ bounds: window.getNormalBounds(), maximized: window.isMaximized() });
    };
    for (const event of ['resize', 'move', 'maximize', 'unmaximize'] as const) window.on(event as 'move', remember);
    window.on('close', (event) => {
      if (this.#hooks?.mayClose() !== true) event.preventDefault();
    });
    window.on('closed', () => (this.#window = null));
    const { webContents } = window;
    webContents.on('did-start-navigation', (details) => {
      if (details.isMainFrame && !details.isSameDocument) this.#hooks?.pageGone();
    });
    webContents.on('render-process-gone', (_event, details) => {
      if (details.reason !== 'clean-exit' && this.#mayRevive()) webContents.reload();
    });
    webContents.on('before-input-event', (event, input) => {
      if (input.type !== 'keyDown' || input.key !== 'F6' || input.control || input.alt || input.meta) return;
      event.preventDefault();
      this.#hooks?.focusLab();
    });
  }
}
