/** All Lab pages and which of them the window shows: below the bar, one at a time, hidden while the window covers it. */
import type { BrowserWindow } from 'electron';
import { barHeight } from '../../common/layout';
import type { Service } from '../../workspace/service';
import type { AppState } from '../../workspace/state';
import type { Memory } from '../memory';
import type { Questions } from '../questions';
import type { Downloads } from './downloads';
import { clearLabSession } from './labSession';
import { LabView } from './labView';
import { planView, type ViewPlan } from './viewPlan';

export interface LabViewsParts {
  service: Service;
  memory: Memory;
  questions: Questions;
  downloads: Downloads;
  window: () => BrowserWindow | null;
  openExternal: (url: string) => void;
  /** The part of AppState this class owns changed. */
  changed: () => void;
}

export class LabViews {
  readonly #parts: LabViewsParts;
  readonly #views = new Map<string, LabView>();
  /** What was last done with each view: an unchanged plan is not carried out again. */
  readonly #plans = new Map<string, ViewPlan>();
  /** Views that are children of the present window. */
  readonly #placed = new Set<LabView>();
  #current: string | null = null;
  #covered = false;
  #fullScreen = false;

  constructor(parts: LabViewsParts) {
    this.#parts = parts;
  }

  get state(): AppState['view'] {
    if (this.#current === null) return { kind: 'home' };
    return { kind: 'lab', workspace: this.#current, status: this.#views.get(this.#current)?.status ?? 'lost' };
  }

  get current(): LabView | null {
    return (this.#current !== null && this.#views.get(this.#current)) || null;
  }

  get currentId(): string | null {
    return this.#current;
  }

  /** Ids with a page, for the test handle. */
  get all(): ReadonlyMap<string, LabView> {
    return this.#views;
  }

  /** Shows a workspace's Lab, or where it will be; the page loads as soon as the server is ready. */
  open(id: string): void {
    this.#current = id;
    this.#covered = false;
    this.#parts.memory.update({ lastView: id, lastWorkspace: id });
    const view = this.#view(id);
    const endpoint = this.#parts.service.endpoint(id);
    if (endpoint) void view.attach(endpoint);
    this.#arrange();
    if (view.status === 'shown') view.view.webContents.focus();
    this.#parts.changed();
  }

  home(): void {
    if (this.#current === null) return;
    this.#current = null;
    this.#parts.memory.update({ lastView: undefined });
    this.#arrange();
    this.#parts.window()?.webContents.focus();
    this.#parts.changed();
  }

  cover(covered: boolean): void {
    this.#covered = covered;
    this.#arrange();
    if (!covered && this.current?.status === 'shown') this.current.view.webContents.focus();
  }

  /** A start has begun: have a process warm before there is anything to load. */
  expect(id: string): void {
    if (this.#parts.window()) this.#view(id);
  }

  /** Saves, asks when something cannot be saved, loads anew. */
  async reload(id = this.#current): Promise<void> {
    const view = id === null ? undefined : this.#views.get(id);
    if (!view || id === null) return;
    const unsaved = await view.saveAll(10_000);
    if (unsaved.length > 0) {
      const choice = await this.#parts.questions.ask({ kind: 'unsaved', workspace: id, files: unsaved });
      if (choice === 'cancel') return;
    }
    await view.reload();
  }

  /** Follows the workspaces; called after every change of the heart's state. */
  sync(): void {
    const { service, memory } = this.#parts;
    for (const [id, view] of this.#views) {
      const state = service.workspace(id);
      const endpoint = service.endpoint(id);
      const plan = planView(state, view, endpoint?.generation ?? null);
      const before = this.#plans.get(id);
      this.#plans.set(id, plan);
      switch (plan) {
        case 'close':
          // Made a moment ago for a start whose first step is not in the snapshot yet.
          if (state && before === undefined && !view.painted) {
            this.#plans.delete(id);
            break;
          }
          this.#close(id);
          if (memory.value.lastView === id) memory.update({ lastView: undefined });
          if (!state) {
            if (this.#current === id) this.#current = null;
            void clearLabSession(id).catch(() => undefined);
          }
          this.#parts.changed();
          break;
        case 'wait':
          if (before !== 'wait') this.#wait(id, view);
          break;
        case 'attach':
          if (endpoint) void view.attach(endpoint);
          break;
        case 'lost':
          if (before !== 'lost') view.lose();
          break;
        case 'leave':
          break;
      }
    }
    // The shown workspace was stopped, its page closed, and now it starts again.
    if (this.#current !== null && !this.#views.has(this.#current)) {
      const phase = service.workspace(this.#current)?.phase;
      if (phase === 'preparing' || phase === 'starting' || phase === 'ready') this.open(this.#current);
    }
  }

  /** Saves in one workspace's page, or in all; names what could not be saved, by workspace. */
  async saveAll(milliseconds: number, id?: string): Promise<Map<string, string[]>> {
    const unsaved = new Map<string, string[]>();
    await Promise.all(
      [...this.#views].map(async ([workspace, view]) => {
        if (id !== undefined && workspace !== id) return;
        const files = await view.saveAll(milliseconds);
        if (files.length > 0) unsaved.set(workspace, files);
      }),
    );
    return unsaved;
  }

  closeAll(): void {
    for (const id of [...this.#views.keys()]) this.#close(id);
  }

  /** A new window: the views become its children. */
  placeIn(window: BrowserWindow): void {
    this.#placed.clear();
    for (const event of ['resize', 'maximize', 'unmaximize', 'enter-full-screen', 'leave-full-screen'] as const) {
      window.on(event as 'resize', () => this.#arrange());
    }
    this.#arrange();
  }

  #view(id: string): LabView {
    const known = this.#views.get(id);
    if (known) return known;
    const { service, downloads, openExternal } = this.#parts;
    const view: LabView = new LabView(id, {
      changed: () => this.#changed(id, view),
      openExternal,
      poke: () => service.poke(id),
      endpoint: () => service.endpoint(id),
      unloadHeld: () => void this.reload(id),
      downloads,
    });
    this.#views.set(id, view);
    const { webContents } = view.view;
    webContents.on('enter-html-full-screen', () => this.#setFullScreen(true));
    webContents.on('leave-html-full-screen', () => this.#setFullScreen(false));
    // F6 goes round between the bar and Lab, as in browsers: without it the keyboard cannot leave the page.
    webContents.on('before-input-event', (event, input) => {
      if (input.type !== 'keyDown' || input.key !== 'F6' || input.control || input.alt || input.meta) return;
      event.preventDefault();
      this.#parts.window()?.webContents.focus();
    });
    const phase = service.workspace(id)?.phase;
    if (phase === 'preparing' || phase === 'starting') {
      this.#plans.set(id, 'wait');
      this.#wait(id, view);
    } else if (phase !== 'ready') {
      view.wait();
    }
    return view;
  }

  /** The start ends when the server answers, sooner than the next snapshot. */
  #wait(id: string, view: LabView): void {
    view.wait();
    this.#parts.service.whenReady(id).then(
      (endpoint) => void (this.#views.get(id) === view && view.attach(endpoint)),
      () => undefined,
    );
  }

  #changed(id: string, view: LabView): void {
    this.#arrange();
    if (id === this.#current) {
      const window = this.#parts.window();
      if (view.status === 'shown' && !this.#covered && window?.isFocused()) view.view.webContents.focus();
      this.#parts.changed();
    }
  }

  #close(id: string): void {
    const view = this.#views.get(id);
    if (!view) return;
    this.#views.delete(id);
    this.#plans.delete(id);
    const window = this.#parts.window();
    if (this.#placed.delete(view) && window) window.contentView.removeChildView(view.view);
    view.destroy();
  }

  #setFullScreen(on: boolean): void {
    this.#fullScreen = on;
    this.#arrange();
  }

  /** Puts every view where it belongs and shows the one that is to be seen. */
  #arrange(): void {
    const window = this.#parts.window();
    if (!window) return;
    const { width, height } = window.getContentBounds();
    const top = this.#fullScreen ? 0 : barHeight;
    for (const [id, view] of this.#views) {
      if (!this.#placed.has(view)) {
        window.contentView.addChildView(view.view);
        this.#placed.add(view);
      }
      view.view.setBounds({ x: 0, y: top, width, height: Math.max(0, height - top) });
      view.show(id === this.#current && !this.#covered);
    }
  }
}
