/**
 * One workspace's Lab page: a WebContentsView without preload in a partition of its own. It logs in, loads, tells when
 * Lab is usable, saves, and says so when the page is lost. Where it is shown is labViews.ts' business.
 */
import { WebContentsView, type Session } from 'electron';
import type { Endpoint } from '../../workspace/service';
import { labBackground } from '../colors';
import { setPolicy, type ContentsPolicy } from '../hardening';
import type { Downloads } from './downloads';
import { dirtyScript, pathsSchema, readinessScript, saveAllScript } from './labPage';
import { labSession } from './labSession';
import { logIn } from './logIn';
import { decideNavigation, isOwn } from './navigationPolicy';
import { Popups } from './popups';
import { createRateLimit } from './rateLimit';
import { keepPage } from './viewPlan';

export type LabStatus = 'loading' | 'shown' | 'lost';

export interface LabViewHooks {
  /** Status, or whether there is something painted, changed. */
  changed(): void;
  openExternal(url: string): void;
  /** The page was refused or found nobody: the heart shall look. */
  poke(): void;
  endpoint(): Endpoint | null;
  /** The page wanted to reload or leave and Lab held it back because of unsaved work. */
  unloadHeld(): void;
  downloads: Downloads;
}

/** Milliseconds. */
const usableWithin = 60_000;
const retryAfter = [300, 1000, 3000];

export class LabView {
  readonly view: WebContentsView;
  readonly #hooks: LabViewHooks;
  readonly #session: Session;
  readonly #popups: Popups;
  // A 403 can be an honest answer (a file without permission): log in again, but not for every one of them.
  readonly #mayLogIn = createRateLimit(1, 10_000);
  readonly #mayRevive = createRateLimit(2, 300_000);
  #status: LabStatus = 'loading';
  #painted = false;
  #dead = false;
  #onScreen = false;
  #origin: string | null = null;
  #generation: number | null = null;
  /** Counts attempts to attach: a newer one makes the older one stop. */
  #attempt = 0;
  /** The next unload is ours: what could be saved has been saved. */
  #leaving = false;

  constructor(workspaceId: string, hooks: LabViewHooks) {
    this.#hooks = hooks;
    const policy: ContentsPolicy = {
      navigate: (url, isMainFrame) => decideNavigation(url, { origin: this.#origin, isMainFrame }),
      popup: (details) => this.#popups.decide(details),
      openExternal: (url) => hooks.openExternal(url),
    };
    this.#popups = new Popups(() => this.#origin, policy);
    this.#session = labSession(workspaceId, {
      origin: () => this.#origin,
      refused: () => void this.#refused(),
      download: (item, from) => {
        hooks.downloads.receive(workspaceId, item);
        this.#popups.closeIfEmpty(from?.id);
      },
    });
    this.view = new WebContentsView({
      webPreferences: {
        session: this.#session,
        sandbox: true,
        contextIsolation: true,
        nodeIntegration: false,
        webSecurity: true,
        webviewTag: false,
        spellcheck: false,
        navigateOnDragDrop: false,
      },
    });
    this.view.setBackgroundColor(labBackground);
    this.view.setVisible(false);
    setPolicy(this.view.webContents, policy);
    this.#listen();
  }

  get status(): LabStatus {
    return this.#status;
  }
  /** Something worth looking at is in the view. */
  get painted(): boolean {
    return this.#painted && !this.#dead;
  }
  /** To be seen when its workspace is the one shown: while Lab loads, too, since a hidden page gets no animation frames. */
  get visible(): boolean {
    return this.painted && this.#status !== 'lost' && this.#generation !== null;
  }
  /** Is on the screen now, as far as this process knows (Electron 33 cannot be asked). */
  get onScreen(): boolean {
    return this.#onScreen;
  }
  get generation(): number | null {
    return this.#generation;
  }

  /** Shows the page if there is one to be seen, or hides it. */
  show(wanted: boolean): void {
    this.#onScreen = wanted && this.visible;
    this.view.setVisible(this.#onScreen);
  }

  /** Logs in to the server and loads Lab, unless the page that is there must be kept. Never rejects. */
  async attach(endpoint: Endpoint): Promise<void> {
    if (endpoint.generation === this.#generation) return;
    const attempt = ++this.#attempt;
    this.#generation = endpoint.generation;
    // What is there is the page of another server: until it is known to stay, it is not the one to work in.
    if (this.#status === 'shown') this.#set('loading');
    const page = { origin: this.#origin, dirty: this.painted ? await this.dirty() : [] };
    if (attempt !== this.#attempt) return;
    this.#origin = endpoint.origin;
    if (!keepPage(page, endpoint.origin)) this.#set('loading', false);
    for (const delay of [0, ...retryAfter]) {
      if (delay > 0) await new Promise((resolve) => setTimeout(resolve, delay));
      if (attempt !== this.#attempt) return;
      const result = await logIn(this.#session, endpoint);
      if (attempt !== this.#attempt) return;
      if (result === 'in') {
        if (keepPage(page, endpoint.origin)) this.#set('shown', true);
        else this.#load();
        return;
      }
      this.#hooks.poke();
    }
    this.#set('lost');
  }

  /** There will be a server, soon: start the page's process, hide what is there. */
  wait(): void {
    this.#attempt++;
    this.#generation = null;
    if (!this.view.webContents.getURL()) void this.view.webContents.loadURL('about:blank').catch(() => undefined);
    this.#set('loading');
  }

  /** The server went away by itself. The page stays, hidden, with what it may hold. */
  lose(): void {
    this.#attempt++;
    this.#generation = null;
    this.#set('lost');
  }

  /** Loads Lab anew; the caller has saved what could be saved. */
  async reload(): Promise<void> {
    const endpoint = this.#hooks.endpoint();
    if (!endpoint) return this.#hooks.poke();
    this.#generation = null;
    this.#origin = null;
    await this.attach(endpoint);
  }

  /** Paths of documents with unsaved changes; empty when the page cannot say. */
  async dirty(): Promise<string[]> {
    const answer = await this.#run(dirtyScript, 3000);
    return pathsSchema.safeParse(answer).data ?? [];
  }

  /** Saves all documents; names those that could not be saved within `milliseconds`. */
  async saveAll(milliseconds: number): Promise<string[]> {
    if (!this.painted || this.#origin === null) return [];
    const answer = await this.#run(saveAllScript(milliseconds), milliseconds + 2000);
    const paths = pathsSchema.safeParse(answer);
    // A page that hangs cannot say what it holds: that is not the same as nothing.
    return paths.success ? paths.data : ['JupyterLab'];
  }

  /** The caller has saved what could be saved. */
  destroy(): void {
    this.#attempt++;
    this.#leaving = true;
    this.#origin = null;
    this.#popups.closeAll();
    // A detached view lives on until its contents are closed.
    if (!this.view.webContents.isDestroyed()) this.view.webContents.close({ waitForBeforeUnload: false });
  }

  #load(): void {
    this.#dead = false;
    this.#leaving = true;
    this.#set('loading', false);
    // Failures arrive as did-fail-load.
    void this.view.webContents.loadURL(`${this.#origin}/lab`).catch(() => undefined);
  }

  #listen(): void {
    const { webContents } = this.view;
    webContents.on('did-create-window', (window) => this.#popups.adopt(window));
    webContents.on('did-navigate', (_event, url, httpResponseCode) => {
      this.#leaving = false;
      if (!isOwn(url, this.#origin)) return;
      const path = new URL(url).pathname;
      if (httpResponseCode === 401 || httpResponseCode === 403 || path === '/login' || path === '/logout') {
        void this.#refused(true);
      } else if (httpResponseCode >= 500) {
        this.#set('lost', false);
        this.#hooks.poke();
      } else {
        this.#set('loading', true);
      }
    });
    webContents.on('dom-ready', () => void this.#awaitUsable());
    webContents.on('did-fail-load', (_event, code, _description, _url, isMainFrame) => {
      // -3: another load took over.
      if (!isMainFrame || code === -3) return;
      this.#set('lost', false);
      this.#hooks.poke();
    });
    webContents.on('render-process-gone', (_event, details) => {
      if (details.reason === 'clean-exit') return;
      this.#dead = true;
      this.#set('lost', false);
      if (this.#mayRevive()) void this.reload();
      else this.#hooks.poke();
    });
    webContents.on('unresponsive', () => {
      this.#set('lost');
      this.#hooks.poke();
    });
    webContents.on('responsive', () => {
      if (this.#painted && this.#generation !== null) this.#set('shown');
    });
    // Without preventDefault the page stays; Lab asks only when there is unsaved work.
    webContents.on('will-prevent-unload', (event) => {
      if (this.#leaving) event.preventDefault();
      else this.#hooks.unloadHeld();
    });
  }

  /** The server did not take our cookie: log in again; `load` when the page itself was refused. */
  async #refused(load = false): Promise<void> {
    const endpoint = this.#hooks.endpoint();
    if (load) this.#set('loading', false);
    if (!endpoint || !this.#mayLogIn()) {
      if (load) this.#set('lost', false);
      return this.#hooks.poke();
    }
    const attempt = this.#attempt;
    const result = await logIn(this.#session, endpoint);
    if (attempt !== this.#attempt) return;
    if (result !== 'in') this.#hooks.poke();
    if (!load) return;
    if (result === 'in') this.#load();
    else this.#set('lost', false);
  }

  async #awaitUsable(): Promise<void> {
    const attempt = this.#attempt;
    const url = this.view.webContents.getURL();
    if (!isOwn(url, this.#origin) || !this.#painted) return;
    // Whatever else the server shows (a published image without Lab) is shown as it is.
    if (new URL(url).pathname.startsWith('/lab')) {
      const stalled = (await this.#run(readinessScript(usableWithin), usableWithin + 5000)) === 'stalled';
      // Nobody has worked in a page that never came: loading it anew loses nothing.
      if (stalled && attempt === this.#attempt && this.#status === 'loading' && this.#mayRevive()) return this.#load();
    }
    if (attempt === this.#attempt && this.#status === 'loading' && this.#painted) this.#set('shown');
  }

  /** The script's answer, or undefined when the page failed or took longer than `milliseconds`. */
  async #run(script: string, milliseconds: number): Promise<unknown> {
    const { webContents } = this.view;
    if (webContents.isDestroyed() || this.#dead) return undefined;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<undefined>((resolve) => {
      timer = setTimeout(() => resolve(undefined), milliseconds);
    });
    try {
      return await Promise.race([webContents.mainFrame.executeJavaScript(script), late]);
    } catch {
      return undefined;
    } finally {
      clearTimeout(timer);
    }
  }

  #set(status: LabStatus, painted = this.#painted): void {
    if (status === this.#status && painted === this.#painted) return;
    this.#status = status;
    this.#painted = painted;
    this.#hooks.changed();
  }
}
