/** Leaving: asks when there is something to ask, saves before anything stops, and never stops servers by surprise. */
import { app } from 'electron';
import type { Service } from '../workspace/service';
import type { LabViews } from './lab/labViews';
import type { Questions } from './questions';
import { asksAboutMoves, isRunning, planQuit, saveBudget, type QuitCause } from './quitPlan';

export interface QuitParts {
  service: Service;
  views: LabViews;
  questions: Questions;
  showWindow(): void;
  /** Last writes, before the process ends. */
  beforeExit(): void;
}

/** Milliseconds a server may take to stop before Labdock leaves all the same; Jupyter's own grace is shorter. */
const stopPatience = 90_000;
const closePatience = 3_000;

export class Quit {
  #busy = false;
  #gone = false;
  readonly #parts: QuitParts;

  constructor(parts: QuitParts) {
    this.#parts = parts;
    // Reached by every way out that does not come through request(): the system menu, a signal Electron took, an updater.
    app.on('before-quit', (event) => {
      if (this.#gone) return;
      event.preventDefault();
      this.request('user');
    });
  }

  /** True once nothing holds the process back any more. */
  get gone(): boolean {
    return this.#gone;
  }

  /** Asking again while the question stands brings the window forward; a session end overrules the question. */
  request(cause: QuitCause): void {
    if (this.#gone) return;
    if (this.#busy && cause !== 'system') return this.#parts.showWindow();
    this.#busy = true;
    void this.#run(cause).finally(() => (this.#busy = false));
  }

  async #run(cause: QuitCause): Promise<void> {
    const { service, questions, views } = this.#parts;
    questions.withdraw('move');
    if (!(await this.#endMoves(cause)) || this.#gone) return;
    const { workspaces, preferences } = service.snapshot();
    const running = workspaces.filter((state) => isRunning(state.phase)).map((state) => state.workspace.id);
    let plan = planQuit(
      cause,
      preferences.onQuit,
      workspaces.map((state) => state.phase),
    );
    if (plan === 'ask') {
      this.#parts.showWindow();
      const choice = await questions.ask({ kind: 'quit', running });
      if (this.#gone || (choice !== 'stop' && choice !== 'keep')) return;
      plan = choice;
    }
    if (plan === 'stop') {
      if (!(await this.#stop(running))) return this.#parts.showWindow();
    } else if (!(await this.#save(cause))) {
      return;
    }
    if (this.#gone) return;
    this.#gone = true;
    questions.cancelAll();
    views.closeAll();
    await Promise.race([service.close().catch(() => undefined), pause(closePatience)]);
    this.#parts.beforeExit();
    app.quit();
  }

  /** The pages go with the process: what is open in them is saved first. False: the user wants to stay. */
  async #save(cause: QuitCause): Promise<boolean> {
    const { views, questions } = this.#parts;
    const unsaved = await views.saveAll(saveBudget[cause]);
    if (cause === 'system') return true;
    for (const [workspace, files] of unsaved) {
      this.#parts.showWindow();
      if ((await questions.ask({ kind: 'unsaved', workspace, files })) === 'cancel') return false;
    }
    return true;
  }

  /** The heart saves, asks and stops. False when the user or a failure kept a server running. */
  async #stop(ids: readonly string[]): Promise<boolean> {
    const { service } = this.#parts;
    const results = await Promise.all(
      ids.map(async (id) => {
        const phase = service.workspace(id)?.phase;
        const outcome = await service.procedures[
          phase === 'ready' || phase === 'stopping' ? 'workspace.stop' : 'workspace.cancel'
        ]({
          id,
        });
        return outcome.ok && (await this.#stopped(id));
      }),
    );
    return results.every(Boolean);
  }

  /** What moves is taken back, or waited for where it can no longer be. False: the user wants it to arrive. */
  async #endMoves(cause: QuitCause): Promise<boolean> {
    const { service, questions } = this.#parts;
    const moving = service.snapshot().workspaces.flatMap(({ move, workspace }) => (move ? [workspace.id] : []));
    if (!asksAboutMoves(cause, moving.length)) return true;
    this.#parts.showWindow();
    if ((await questions.ask({ kind: 'quit', running: [], moving })) === 'cancel') return false;
    const over = await Promise.all(
      moving.map(async (id) => {
        await service.procedures['move.cancel']({ id });
        return this.#until(() => service.workspace(id)?.move === undefined);
      }),
    );
    return over.every(Boolean);
  }

  /** Resolves to true once the workspace no longer runs, to false when it goes on running or time is up. */
  #stopped(id: string): Promise<boolean> {
    return this.#until(() => {
      const state = this.#parts.service.workspace(id);
      return !state || !isRunning(state.phase);
    });
  }

  /** Resolves to true once it holds, to false when time is up. */
  #until(over: () => boolean): Promise<boolean> {
    const { service } = this.#parts;
    if (over()) return Promise.resolve(true);
    return new Promise((resolve) => {
      const end = (result: boolean) => {
        clearTimeout(timer);
        unsubscribe();
        resolve(result);
      };
      const timer = setTimeout(() => end(false), stopPatience);
      const unsubscribe = service.subscribe(() => {
        if (over()) end(true);
      });
    });
  }
}

const pause = (milliseconds: number) => new Promise<void>((resolve) => setTimeout(resolve, milliseconds));
