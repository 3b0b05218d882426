/** The engine in use: found, watched, lost and found again. The docker room is loaded with the first look. */
import { toProblem, type Problem } from '../common/problem';
import type { Preferences, WorkspaceId } from './model';
import type { Local } from './parts';
import type { EngineCandidate, EngineState } from './state';

export interface EnginesOptions {
  preference: () => Preferences['engine'];
  changed: () => void;
  /** null: events may have been missed. */
  event: (id: WorkspaceId | null) => void;
  availability: (available: boolean) => void;
}

/** Without any engine there is no event stream to wait for: it is looked for again, ever less often. */
const retryDelaysMs = [2_000, 4_000, 8_000, 15_000];

export class Engines {
  state: EngineState = { status: 'looking', candidates: [] };
  /** null while none answers. */
  local: Local | null = null;

  /** The engine that was chosen, also while it is away. */
  private found: Local | null = null;
  private watching: { dispose(): void } | undefined;
  private looking: Promise<void> | undefined;
  private retry: NodeJS.Timeout | undefined;
  private failures = 0;
  private closed = false;

  constructor(private readonly options: EnginesOptions) {}

  /** Asks every candidate and takes the first that answers. Never rejects; `state` says what was found. */
  look(): Promise<void> {
    this.looking ??= this.search().finally(() => (this.looking = undefined));
    return this.looking;
  }

  /** The engine, or null where the first search has found none. */
  async first(): Promise<Local | null> {
    if (this.state.status === 'looking') await this.look();
    return this.local;
  }

  async candidates(): Promise<EngineCandidate[]> {
    await this.look();
    return this.state.candidates;
  }

  /** Someone met a dead engine: true or not, everyone hears what is so. */
  verify(): void {
    const suspect = this.found;
    if (!suspect || this.looking) return;
    suspect.ping().then(
      () => suspect === this.found && this.setAvailable(true, true),
      (error: unknown) => suspect === this.found && this.setAvailable(false, false, toProblem(error)),
    );
  }

  close(): void {
    this.closed = true;
    clearTimeout(this.retry);
    this.watching?.dispose();
  }

  private async search(): Promise<void> {
    clearTimeout(this.retry);
    this.retry = undefined;
    const { findEngine } = await import('./localEngine');
    const { candidates, chosen, local, problem } = await findEngine(this.options.preference()).catch(
      (error: unknown) => ({ candidates: [], chosen: undefined, local: undefined, problem: toProblem(error) }),
    );
    if (this.closed) return;
    if (!local) return this.none(candidates, problem);
    this.failures = 0;
    const same = this.found?.host === local.host && this.local !== null;
    this.state = { status: 'available', candidates, ...(chosen && { chosen }) };
    if (same) return this.options.changed();
    this.watching?.dispose();
    if (this.local) this.setAvailable(false, false);
    this.found = local;
    this.state = { status: 'available', candidates, ...(chosen && { chosen }) };
    this.setAvailable(true, true);
    const current = () => this.found === local && !this.closed;
    this.watching = local.runtime.watch(
      (id) => {
        if (!current()) return;
        // The stream may not have noticed an absence that a failed call told us of: what speaks is there.
        if (!this.local) this.setAvailable(true, false);
        this.options.event(id);
      },
      (available) => current() && this.setAvailable(available, false),
    );
  }

  private none(candidates: EngineCandidate[], problem: Problem | undefined): void {
    this.watching?.dispose();
    this.found = null;
    this.state = { ...this.state, candidates };
    this.setAvailable(
      false,
      true,
      problem ?? candidates.find((one) => one.problem)?.problem ?? { reason: 'engine-absent' },
    );
    const delay = retryDelaysMs[Math.min(this.failures++, retryDelaysMs.length - 1)];
    this.retry = setTimeout(() => void this.look(), delay);
    this.retry.unref();
  }

  /** @param always tells everyone although nothing changed */
  private setAvailable(available: boolean, always: boolean, problem: Problem = { reason: 'engine-gone' }): void {
    const changes = available !== (this.local !== null);
    this.local = available ? this.found : null;
    const { candidates, chosen } = this.state;
    this.state = available
      ? { status: 'available', candidates, ...(chosen && { chosen }) }
      : { status: 'unavailable', candidates, ...(chosen && { chosen }), problem };
    if (changes || always) this.options.availability(available);
    this.options.changed();
  }
}
