/** Windows a Lab page opens: same partition, same policy, no preload, hidden until they have something to show. */
import type {
  BrowserWindow,
  BrowserWindowConstructorOptions,
  HandlerDetails,
  WindowOpenHandlerResponse,
} from 'electron';
import { setPolicy, type ContentsPolicy } from '../hardening';
import { labBackground } from '../colors';
import { decidePopup } from './popupPolicy';

/** Milliseconds a window may stay empty before it is shown anyway: a script may be writing into it. */
const emptyFor = 1500;

export class Popups {
  readonly #windows = new Set<BrowserWindow>();
  readonly #origin: () => string | null;
  readonly #policy: ContentsPolicy;

  constructor(origin: () => string | null, policy: ContentsPolicy) {
    this.#origin = origin;
    this.#policy = policy;
  }

  decide(details: HandlerDetails): WindowOpenHandlerResponse {
    switch (decidePopup(details.url, { origin: this.#origin(), openPopups: this.#windows.size })) {
      case 'window':
      case 'blank':
        return { action: 'allow', overrideBrowserWindowOptions: options };
      case 'external':
        this.#policy.openExternal(details.url);
        return { action: 'deny' };
      case 'deny':
        return { action: 'deny' };
    }
  }

  adopt(window: BrowserWindow): void {
    this.#windows.add(window);
    const { id } = window.webContents;
    const openExternal = (url: string) => {
      this.#policy.openExternal(url);
      // Opened empty, and then sent to a place that the browser shows.
      setImmediate(() => this.closeIfEmpty(id));
    };
    setPolicy(window.webContents, { ...this.#policy, openExternal });
    window.webContents.on('did-create-window', (child) => this.adopt(child));
    window.removeMenu();
    const show = () => {
      if (!window.isDestroyed() && !window.isVisible()) window.show();
    };
    window.webContents.once('did-navigate', (_event, url) => {
      if (url !== 'about:blank') show();
    });
    const timer = setTimeout(() => {
      // Nothing is loading and nothing was handed out as a download: a script writes into it.
      if (!window.isDestroyed() && !window.webContents.isLoading()) show();
    }, emptyFor);
    window.once('closed', () => {
      clearTimeout(timer);
      this.#windows.delete(window);
    });
  }

  /** The window existed only to start a download, or to be sent elsewhere: it goes when nothing was ever shown in it. */
  closeIfEmpty(contentsId: number | undefined): void {
    for (const window of this.#windows) {
      if (window.webContents.id === contentsId && !window.isVisible()) window.close();
    }
  }

  closeAll(): void {
    for (const window of this.#windows) window.destroy();
  }
}

const options: BrowserWindowConstructorOptions = {
  show: false,
  width: 1000,
  height: 720,
  backgroundColor: labBackground,
  autoHideMenuBar: true,
  webPreferences: {
    sandbox: true,
    contextIsolation: true,
    nodeIntegration: false,
    webSecurity: true,
    webviewTag: false,
    spellcheck: false,
    preload: undefined,
  },
};
