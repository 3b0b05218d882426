/**
 * A start from the window ends with Lab in it, and so does a launch that found out late that the server it showed last
 * still runs, unless the user has begun something else meanwhile: settings being edited must not vanish behind a page
 * that happens to be ready now. Pure.
 */
import type { ProcedureName } from '../workspace/procedures';

/** What a person who just waits may cause: looking at the log, the page's own questions. */
const waiting: ReadonlySet<ProcedureName> = new Set([
  'app.state',
  'app.dismissNotice',
  'engine.candidates',
  'logs.open',
  'logs.close',
  'view.cover',
  'workspace.start',
]);

export class AutoOpen {
  #awaited: string | null = null;

  /** Every call of the window passes here first. */
  called(name: ProcedureName, input: unknown): void {
    if (name === 'workspace.start') this.#awaited = (input as { id: string }).id;
    else if (!waiting.has(name)) this.#awaited = null;
  }

  expect(id: string): void {
    this.#awaited = id;
  }

  /** The workspace to open once it is ready, if any. */
  get awaited(): string | null {
    return this.#awaited;
  }

  done(): void {
    this.#awaited = null;
  }
}
