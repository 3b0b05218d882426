/** Clusters in use: one connection per context and namespace, opened when a workspace needs it, lost and found again. */
import { asError, toProblem, type Problem } from '../common/problem';
import type { ClusterOffer, ClusterSettings, KubeContext } from '../runtime/kubernetes/model';
import type { ClusterRuntime } from '../runtime/runtime';
import type { View } from './conditions';
import type { WorkspaceId } from './model';
import type { Site } from './parts';
import { placeKey, placeOf, type Place } from './place';

export interface ClustersOptions {
  changed: () => void;
  /** null: events may have been missed. Only for workspaces at this place. */
  event: (place: Place, id: WorkspaceId | null) => void;
  availability: (place: Place, available: boolean) => void;
}

interface Entry {
  place: Place;
  runtime: ClusterRuntime | null;
  /** Of its context, as `runtime` was made from it. */
  print?: string;
  /** Moves under way there. */
  holds: number;
  /** Its context was changed meanwhile. */
  stale?: boolean;
  /** Answers now. */
  available: boolean;
  problem?: Problem;
  opening?: Promise<void>;
  watching?: { dispose(): void };
  retry?: NodeJS.Timeout;
  failures: number;
}

/** The room with its client is large: it is loaded by the first workspace that needs it. */
const room = () => import('../runtime/kubernetes/cluster');

/** An API server that does not answer is asked again, ever less often; what a person has to mend is not. */
const retryDelaysMs = [3_000, 10_000, 30_000, 60_000];

export class Clusters {
  private readonly entries = new Map<string, Entry>();
  private contextWatch: { dispose(): void } | undefined;
  private begun = false;
  private closed = false;

  constructor(private readonly options: ClustersOptions) {}

  /** The window is painted: places that workspaces asked for are connected to, from now on at once. */
  begin(): void {
    this.begun = true;
    for (const entry of this.entries.values()) void this.open(entry);
  }

  /** null while it does not answer; asking for it opens it. */
  site(settings: ClusterSettings): Extract<Site, { kind: 'cluster' }> | null {
    const { runtime, available } = this.entry(settings);
    return runtime && available ? { kind: 'cluster', settings, runtime } : null;
  }

  state(settings: ClusterSettings): View['engine'] {
    const { runtime, available, problem } = this.entry(settings);
    if (runtime && available) return { status: 'available' };
    return problem ? { status: 'unavailable', problem } : { status: 'looking' };
  }

  /** undefined: nobody is connected there now. */
  runtimeAt(place: Place): ClusterRuntime | undefined {
    return this.entries.get(placeKey(place))?.runtime ?? undefined;
  }

  /** The runtime, also for a place no workspace is at yet. Rejects with why it cannot be had. */
  async reach(settings: ClusterSettings): Promise<ClusterRuntime> {
    const entry = this.entry(settings);
    if (!entry.available) await this.open(entry);
    if (!entry.runtime || !entry.available)
      throw asError(entry.problem ?? { reason: 'cluster-unreachable', params: { context: settings.context } });
    return entry.runtime;
  }

  /** A move is under way there: until the answer is called, the connection stays, whatever happens to the kubeconfig. */
  hold(settings: ClusterSettings): () => void {
    const entry = this.entry(settings);
    entry.holds++;
    return () => {
      if (--entry.holds === 0 && entry.stale) void this.renew(entry);
    };
  }

  /** The user, or a call that failed, wants to know. */
  verify(settings: ClusterSettings): void {
    const entry = this.entry(settings);
    const { runtime } = entry;
    if (!runtime) return void this.open(entry);
    const current = () => entry.runtime === runtime && !this.closed;
    // The watch knows within seconds, and this asks at once.
    runtime.list().then(
      () => current() && this.setAvailable(entry, true, true),
      // The watch may have noticed nothing, and then has nothing to say when it is over: asked again until it answers.
      (error: unknown) => current() && this.failed(entry, toProblem(error)),
    );
  }

  async contexts(): Promise<{ contexts: KubeContext[]; problem?: Problem }> {
    const { listContexts } = await room();
    return listContexts();
  }

  async offer(place: Place): Promise<ClusterOffer> {
    const { offer } = await room();
    return offer(place);
  }

  close(): void {
    this.closed = true;
    this.contextWatch?.dispose();
    for (const entry of this.entries.values()) this.drop(entry);
    this.entries.clear();
  }

  private entry(place: Place): Entry {
    const key = placeKey(place);
    let entry = this.entries.get(key);
    if (!entry) {
      entry = { place: placeOf(place), runtime: null, available: false, failures: 0, holds: 0 };
      this.entries.set(key, entry);
      if (this.begun) void this.open(entry);
    }
    return entry;
  }

  private open(entry: Entry): Promise<void> {
    clearTimeout(entry.retry);
    entry.opening ??= this.connect(entry).finally(() => (entry.opening = undefined));
    return entry.opening;
  }

  private async connect(entry: Entry): Promise<void> {
    if (this.closed) return;
    let runtime: ClusterRuntime;
    try {
      const { openCluster, printOfContext, watchContexts } = await room();
      this.contextWatch ??= watchContexts(() => this.contextsChanged());
      // Before it is opened: of a change in between the watch tells.
      if (!entry.runtime) entry.print = await printOfContext(entry.place.context);
      runtime = entry.runtime ?? (await openCluster(entry.place));
    } catch (error) {
      return this.failed(entry, toProblem(error));
    }
    try {
      await runtime.list();
    } catch (error) {
      if (runtime !== entry.runtime) runtime.dispose();
      return this.failed(entry, toProblem(error));
    }
    if (this.closed) return runtime.dispose();
    entry.failures = 0;
    if (runtime !== entry.runtime) {
      entry.runtime = runtime;
      const current = () => entry.runtime === runtime && !this.closed;
      entry.watching = runtime.watch(
        (id) => {
          if (!current()) return;
          if (!entry.available) this.setAvailable(entry, true, false);
          this.options.event(entry.place, id);
        },
        (available, problem) => current() && this.setAvailable(entry, available, false, problem),
      );
    }
    this.setAvailable(entry, true, true);
  }

  private failed(entry: Entry, problem: Problem): void {
    this.setAvailable(entry, false, true, problem);
    clearTimeout(entry.retry);
    if (problem.reason !== 'cluster-unreachable' || this.closed) return;
    const delay = retryDelaysMs[Math.min(entry.failures++, retryDelaysMs.length - 1)];
    entry.retry = setTimeout(() => void this.open(entry), delay);
    entry.retry.unref();
  }

  private contextsChanged(): void {
    for (const entry of this.entries.values()) void this.renew(entry);
    this.options.changed();
  }

  /** Another server, other credentials: what is connected may be another cluster now. What is as before stays connected. */
  private async renew(entry: Entry): Promise<void> {
    await entry.opening;
    const print = await (await room()).printOfContext(entry.place.context);
    if (this.closed) return;
    const same = print === entry.print;
    const held = entry.holds > 0;
    entry.stale = !same && held && entry.runtime !== null;
    if (entry.runtime && (held || (same && entry.available))) return;
    this.drop(entry);
    this.setAvailable(entry, false, false, { reason: 'cluster-unreachable', params: { context: entry.place.context } });
    delete entry.problem;
    void this.open(entry);
    this.options.changed();
  }

  private drop(entry: Entry): void {
    clearTimeout(entry.retry);
    entry.watching?.dispose();
    entry.runtime?.dispose();
    entry.watching = undefined;
    entry.runtime = null;
  }

  /** @param always tells everyone although nothing changed */
  private setAvailable(entry: Entry, available: boolean, always: boolean, problem?: Problem): void {
    const changes = entry.available !== available;
    entry.available = available;
    const { context } = entry.place;
    if (available) delete entry.problem;
    else entry.problem = problem ?? { reason: 'cluster-unreachable', params: { context } };
    if (changes || always) this.options.availability(entry.place, available);
    this.options.changed();
  }
}
