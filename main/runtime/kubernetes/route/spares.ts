/**
 * Connections to the pod that are open before anybody asks for them. One is always kept: its life is how a route knows that
 * the pod can be reached. While the route is in use there are as many as a browser opens at once, because opening one costs
 * handshakes with the API server and behind it; they are filled up when nobody is being served, not in between.
 */
import type { PortSocket } from './portSocket';

/** Kept while connections come, and for how long after the last one. */
const busy = 6;
const busyMs = 60_000;
/** Filled up after so long without a new connection, at the latest after `mostMs` with them. Milliseconds. */
const quiet = { ms: 1_500, mostMs: 6_000 };
/** Milliseconds after which a connection's end says nothing of the next one's. */
const agedMs = 2_000;

export interface SparesListener {
  /** One ended by itself; it is no longer here. */
  gone(spare: PortSocket, how: { error: string | undefined; aged: boolean }): void;
  /** Time to see what is {@link Spares.missing}. */
  quiet(): void;
}

export class Spares {
  readonly #listener: SparesListener;
  #spares: PortSocket[] = [];
  #demandAt = performance.now();
  #fillAt = 0;
  #fillLatest = 0;
  #fill: NodeJS.Timeout | undefined;
  #shrink: NodeJS.Timeout | undefined;

  constructor(listener: SparesListener) {
    this.#listener = listener;
  }

  /** How many should be opened now. */
  get missing(): number {
    const now = performance.now();
    if (now < this.#fillAt) return 0;
    const wanted = now - this.#demandAt < busyMs ? busy : 1;
    return Math.max(wanted - this.#spares.length, 0);
  }

  /** A connection was asked for. @returns an open one, where there is one */
  take(): PortSocket | undefined {
    this.#demandAt = performance.now();
    this.#fillLater();
    clearTimeout(this.#shrink);
    this.#shrink = setTimeout(() => this.#least(), busyMs).unref();
    return this.#spares.shift();
  }

  add(spare: PortSocket): void {
    const since = performance.now();
    this.#spares.push(spare);
    // The first one after a while: whoever waited for it comes first.
    if (this.#spares.length === 1) this.#fillLater();
    this.#shrink ??= setTimeout(() => this.#least(), busyMs).unref();
    spare.watch((error) => {
      const at = this.#spares.indexOf(spare);
      if (at < 0) return;
      this.#spares.splice(at, 1);
      this.#listener.gone(spare, { error, aged: performance.now() - since > agedMs });
    });
  }

  /** Lets go of those that lead to another pod; told as gone. */
  keep(pod: string): void {
    for (const spare of [...this.#spares]) if (spare.pod !== pod) spare.terminate();
  }

  clear(): void {
    clearTimeout(this.#fill);
    clearTimeout(this.#shrink);
    for (const spare of this.#spares.splice(0)) spare.terminate();
  }

  #fillLater(): void {
    const now = performance.now();
    if (now >= this.#fillAt) this.#fillLatest = now + quiet.mostMs;
    this.#fillAt = Math.min(now + quiet.ms, this.#fillLatest);
    clearTimeout(this.#fill);
    this.#fill = setTimeout(() => this.#listener.quiet(), this.#fillAt - now + 1).unref();
  }

  #least(): void {
    for (const spare of this.#spares.splice(1)) spare.close();
  }
}
