/** The desktop application around the heart: builds its parts, connects them, and follows the heart's state. */
import { app, Menu, nativeTheme, powerMonitor } from 'electron';
import type { FrontEnd, Service, ServiceState } from '../workspace/service';
import type { AppState } from '../workspace/state';
import { buildState, StatePusher } from './appState';
import { AutoOpen } from './autoOpen';
import type { Answer } from './bridge/door';
import { createAnswer, sendEvent } from './bridge/serve';
import type { CommandLine } from './commandLine';
import type { CrashLog } from './crashLog';
import { openExternal } from './external';
import { createHandlers } from './handlers';
import { chooseLocale, loadWords, type Locale, type Translate } from './i18n';
import { Downloads } from './lab/downloads';
import { LabViews } from './lab/labViews';
import { LogStreams } from './logStreams';
import type { Memory } from './memory';
import { menuTemplate } from './menu';
import { moveNews, onTheWay } from './moveNews';
import { notify } from './notifications';
import type { LabComing, PageTurn } from './pageTurn';
import { Questions } from './questions';
import { Quit } from './quit';
import { decideRestore } from './restore';
import { chooseWorkspace, createFirst, startUnlessRunning } from './startup';
import { exposeTestHandle } from './testHandle';
import { AppTray } from './tray';
import { trayModel, type TrayAction } from './trayModel';
import { isTrayVisible } from './trayPresence';
import type { MainWindow } from './window';

export interface ApplicationParts {
  service: Service;
  /** `service.open()`, already under way. */
  opening: Promise<void>;
  memory: Memory;
  log: CrashLog;
  commandLine: CommandLine;
  window: MainWindow;
  /** Of a launch straight to Lab. */
  pageTurn?: PageTurn | undefined;
  /** To be called when the page has painted its first state. */
  painted: () => void;
}

/** Resolves once the page has nothing left to do, that is, has painted what it was told. A hidden page never does. */
const idle = `new Promise((resolve) => requestIdleCallback(() => requestAnimationFrame(resolve)))`;
/** Milliseconds. */
const paintPatience = 3000;

export class Application {
  /** Answers the window's calls. */
  readonly answer: Answer;
  readonly #parts: ApplicationParts;
  readonly #window: MainWindow;
  readonly #views: LabViews;
  readonly #questions: Questions;
  readonly #downloads: Downloads;
  readonly #logs: LogStreams;
  readonly #pusher: StatePusher;
  readonly #quit: Quit;
  readonly #autoOpen = new AutoOpen();
  readonly #tray: AppTray;
  /** Everything that can wait for the first paint has been done. */
  #settled = false;
  #open = false;
  /** A Lab was to be shown in this run. */
  #towardsLab = false;
  #words: { locale: Locale; t: Promise<Translate> } | null = null;
  #menuShown = '';
  #moving: ReadonlySet<string> = new Set();
  #restored: Promise<void> = Promise.resolve();

  constructor(parts: ApplicationParts) {
    this.#parts = parts;
    const { service, memory } = parts;
    const contents = () => this.#window.window?.webContents ?? null;
    this.#window = parts.window;
    const changed = () => this.#changed();
    this.#questions = new Questions(changed);
    this.#downloads = new Downloads({
      changed,
      progress: (fraction) => this.#window.window?.setProgressBar(fraction ?? -1),
      ended: (state) => void this.#downloadEnded(state),
    });
    this.#views = new LabViews({
      service,
      memory,
      questions: this.#questions,
      downloads: this.#downloads,
      window: () => this.#window.window,
      openExternal,
      changed,
    });
    this.#logs = new LogStreams(service.logs, (payload) => sendEvent(contents(), 'log', payload));
    this.#pusher = new StatePusher(
      () => (this.#open && this.#window.window ? this.#state() : null),
      (state) => sendEvent(contents(), 'state', state),
    );
    this.#quit = new Quit({
      service,
      views: this.#views,
      questions: this.#questions,
      showWindow: () => this.#window.show(),
      beforeExit: () => {
        memory.flush();
        this.#tray.destroy();
      },
    });
    this.#tray = new AppTray((action) => this.#trayAction(action));
    service.setFrontEnd(this.#frontEnd());
    this.#window.connect({
      created: (window) => {
        this.#views.placeIn(window);
        window.on('session-end', () => this.#quit.request('system'));
      },
      mayClose: () => {
        if (!this.#quit.gone) void this.#closing();
        return this.#quit.gone;
      },
      pageGone: () => {
        this.#logs.closeAll();
        this.#pusher.forget();
        this.#views.cover(false);
      },
      focusLab: () => {
        const lab = this.#views.current;
        if (lab?.visible) lab.view.webContents.focus();
      },
    });
    this.answer = createAnswer(
      createHandlers({
        opened: async () => {
          await parts.opening;
          await this.#restored;
        },
        service,
        state: () => this.#state(),
        told: () => void this.#painted(),
        views: this.#views,
        questions: this.#questions,
        downloads: this.#downloads,
        logs: this.#logs,
        window: this.#window,
        autoOpen: this.#autoOpen,
        words: () => this.#translate(),
        quit: () => this.#quit.request('user'),
        started: (id) => {
          memory.update({ lastWorkspace: id });
          this.#views.expect(id);
        },
      }),
      contents,
      (kind, error) => parts.log.write(kind, error),
    );
  }

  /** Once Electron is ready and the window, if there is to be one, is on its way. */
  start(): void {
    const { commandLine, memory, opening, service } = this.#parts;
    if (commandLine.hidden) void this.#settle();
    const last = memory.value.lastView;
    if (last && !commandLine.hidden && !commandLine.start) this.#restored = this.#restore(last);
    void opening.then(() => {
      this.#open = true;
      service.subscribe((state) => this.#follow(state));
      this.#follow(service.snapshot());
      if (commandLine.start) void this.startWorkspace(commandLine.start.name);
    });
    nativeTheme.on('updated', () => {
      this.#window.setBackground();
      this.#changed();
    });
    app.on('activate', () => this.#window.show());
    powerMonitor.on('resume', () => service.refresh());
    powerMonitor.on('shutdown', () => this.#quit.request('system'));
    // A session that ends with a signal waits for no question. Set after Electron's own handlers, which would ask.
    for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const)
      process.on(signal, () => this.#quit.request('system'));
    if (commandLine.testHandle) exposeTestHandle(this.#views, () => (this.#open ? this.#state() : null));
  }

  /** Another launch of Labdock: it hands over what it was asked for. */
  secondLaunch(commandLine: CommandLine): void {
    if (!commandLine.hidden) this.#window.show();
    if (commandLine.start) void this.#parts.opening.then(() => this.startWorkspace(commandLine.start?.name));
  }

  async startWorkspace(name?: string): Promise<void> {
    const { service, memory, log } = this.#parts;
    try {
      let id = chooseWorkspace(service.snapshot().workspaces, name, memory.value.lastWorkspace);
      if (id === null && name !== undefined) {
        const t = await this.#translate();
        notify({ title: t('notification.startUnknownTitle'), body: t('notification.startUnknown', { name }) });
        return;
      }
      id ??= await createFirst(service);
      startUnlessRunning(service, id);
      if (this.#window.window) this.#views.open(id);
      memory.update({ lastWorkspace: id });
    } catch (error) {
      log.write('start', error);
    }
  }

  #state(): AppState {
    const { service } = this.#parts;
    const snapshot = service.snapshot();
    return buildState(snapshot, {
      version: app.getVersion(),
      platform: process.platform,
      locale: chooseLocale(snapshot.preferences.language, app.getPreferredSystemLanguages()),
      theme: nativeTheme.shouldUseDarkColors ? 'dark' : 'light',
      view: this.#views.state,
      downloads: this.#downloads.states,
      ...(this.#questions.current && { question: this.#questions.current }),
    });
  }

  #follow(state: ServiceState): void {
    const { preferences } = state;
    if (nativeTheme.themeSource !== preferences.theme) nativeTheme.themeSource = preferences.theme;
    if (this.#parts.memory.value.theme !== preferences.theme) this.#parts.memory.update({ theme: preferences.theme });
    this.#views.sync();
    void this.#tellOfMoves(state);
    const awaited = this.#autoOpen.awaited;
    const phase = awaited === null ? undefined : this.#parts.service.workspace(awaited)?.phase;
    if (awaited !== null && (phase === 'ready' || phase === 'failed')) {
      this.#autoOpen.done();
      if (phase === 'ready' && this.#views.currentId === null && this.#window.window?.isVisible())
        this.#views.open(awaited);
    }
    this.#changed();
  }

  /** Something the window or the tray shows is another. */
  #changed(): void {
    this.#parts.pageTurn?.follow(this.#labComing(), this.#questions.current !== undefined);
    this.#pusher.changed();
    if (this.#settled && this.#open) void this.#dress();
  }

  #labComing(): LabComing {
    const lab = this.#views.current;
    if (this.#views.currentId !== null) this.#towardsLab = true;
    if (!lab) return this.#towardsLab ? 'gone' : 'none';
    if (lab.status !== 'loading') return lab.status === 'shown' ? 'shown' : 'gone';
    return lab.generation === null ? 'none' : 'coming';
  }

  async #painted(): Promise<void> {
    if (this.#settled) return;
    // After the answer to `app.state`, which is on its way to the page.
    await new Promise((resolve) => setImmediate(resolve));
    const page = this.#window.window?.webContents.mainFrame.executeJavaScript(idle).catch(() => undefined);
    await Promise.race([page, new Promise((resolve) => setTimeout(resolve, paintPatience))]);
    this.#parts.painted();
    await this.#settle();
  }

  /** After the first paint: words, tray, menu. */
  async #settle(): Promise<void> {
    if (this.#settled) return;
    await this.#parts.opening;
    this.#settled = true;
    await this.#dress();
    if (this.#parts.commandLine.hidden && !(await isTrayVisible())) this.#window.show();
  }

  async #dress(): Promise<void> {
    const t = await this.#translate();
    if (this.#quit.gone) return;
    try {
      this.#tray.show(trayModel(this.#parts.service.snapshot().workspaces, t));
    } catch (error) {
      // A desktop without any place for icons: the window does everything, too.
      this.#parts.log.write('tray', error);
    }
    const labShown = this.#views.current?.visible === true;
    const shown = `${this.#words?.locale} ${labShown}`;
    if (shown === this.#menuShown) return;
    this.#menuShown = shown;
    const context = { platform: process.platform, developer: !app.isPackaged, labShown };
    Menu.setApplicationMenu(
      Menu.buildFromTemplate(
        menuTemplate(context, t, {
          home: () => this.#views.home(),
          reloadLab: () => void this.#views.reload(),
          zoom: (change) => {
            const lab = this.#views.current?.view.webContents;
            lab?.setZoomLevel(change === 0 ? 0 : Math.max(-4, Math.min(6, lab.getZoomLevel() + change / 2)));
          },
          devtools: (of) => {
            const contents = of === 'lab' ? this.#views.current?.view.webContents : this.#window.window?.webContents;
            contents?.toggleDevTools();
          },
          quit: () => this.#quit.request('user'),
        }),
      ),
    );
  }

  #translate(): Promise<Translate> {
    const locale = chooseLocale(this.#parts.service.snapshot().preferences.language, app.getPreferredSystemLanguages());
    if (this.#words?.locale !== locale) this.#words = { locale, t: loadWords(locale) };
    return this.#words.t;
  }

  async #restore(id: string): Promise<void> {
    const { opening, service } = this.#parts;
    const began = Date.now();
    this.#views.open(id);
    await opening;
    await new Promise<void>((resolve) => {
      const look = () => {
        const decided = decideRestore(service.snapshot(), id, Date.now() - began);
        if (decided === 'wait' && this.#views.currentId === id) return;
        clearInterval(timer);
        unsubscribe();
        if (decided !== 'keep' && this.#views.currentId === id) {
          this.#views.home();
          if (decided === 'later') this.#autoOpen.expect(id);
        }
        resolve();
      };
      const timer = setInterval(look, 250);
      const unsubscribe = service.subscribe(look);
      look();
    });
  }

  /** The user closed the window: servers and tray stay. Without a tray nobody could find Labdock again, so it leaves. */
  async #closing(): Promise<void> {
    if (!(await isTrayVisible())) return this.#quit.request('close');
    this.#window.window?.hide();
    const { memory } = this.#parts;
    if (memory.value.toldAboutTray) return;
    memory.update({ toldAboutTray: true });
    const t = await this.#translate();
    notify({ title: t('notification.stillRunningTitle'), body: t('notification.stillRunning') }, () =>
      this.#window.show(),
    );
  }

  #trayAction(action: TrayAction): void {
    const { service } = this.#parts;
    switch (action.do) {
      case 'show':
        return this.#window.show();
      case 'quit':
        return this.#quit.request('user');
      case 'open':
        this.#window.show();
        return this.#views.open(action.workspace);
      case 'start':
        startUnlessRunning(service, action.workspace);
        return this.#views.expect(action.workspace);
      case 'stop':
        return void service.procedures['workspace.stop']({ id: action.workspace });
      case 'cancel':
        return void service.procedures['workspace.cancel']({ id: action.workspace });
      case 'cancelMove':
        return void service.procedures['move.cancel']({ id: action.workspace });
      case 'move':
        this.#window.show();
        // Asked for again, it is another switch or the same one anew: one dialog at a time.
        this.#questions.withdraw('move');
        return void this.#questions.ask({ kind: 'move', workspace: action.workspace, to: action.to });
    }
  }

  #frontEnd(): FrontEnd {
    return {
      saveOpenDocuments: async (id) => ({ unsaved: (await this.#views.saveAll(30_000, id)).get(id) ?? [] }),
      ask: async (question) => {
        this.#window.show();
        const choice = await this.#questions.ask(question);
        return choice === 'cancel' ? 'cancel' : 'proceed';
      },
      askToKeep: async (workspace, found, signal) => {
        this.#window.show();
        const choice = await this.#questions.ask({ kind: 'hand-installed', workspace, found }, signal);
        return choice === 'keep' ? 'keep' : choice === 'discard' ? 'lose' : 'cancel';
      },
    };
  }

  /** A switch takes minutes: whoever turned to something else meanwhile is told how it ended. */
  async #tellOfMoves({ workspaces }: ServiceState): Promise<void> {
    const news = moveNews(this.#moving, workspaces);
    this.#moving = onTheWay(workspaces);
    if (news.length === 0 || this.#window.window?.isFocused()) return;
    const t = await this.#translate();
    for (const { name, to, arrived } of news) {
      const title = arrived ? t(`notification.moved.${to}`) : t(`notification.moveFailed.${to}`);
      notify({ title, body: name }, () => this.#window.show());
    }
  }

  async #downloadEnded(state: { id: string; name: string; status: string }): Promise<void> {
    const t = await this.#translate();
    const title = t(state.status === 'done' ? 'notification.downloadDoneTitle' : 'notification.downloadFailedTitle');
    notify({ title, body: state.name }, () => this.#downloads.act(state.id, 'reveal'));
  }
}
