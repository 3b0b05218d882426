/**
 * Connections to the pod that are open before anybody asks for them. One is always kept: its life is how a route knows that
 * the pod can be reached, and whoever comes first after a while takes it. While connections come one after the other there
 * are some more, because opening one costs a handshake with the API server and another one behind it.
 */
import type { PortSocket } from './portSocket';

/** Kept while connections come, and for how long after the last one. */
const busy = 4;
const busyMs = 10_000;

/** Milliseconds after which a connection's end says nothing of the next one's. */
const agedMs = 2_000;

type OnGone = (spare: PortSocket, how: { error: string | undefined; aged: boolean }) => void;

export class Spares {
  readonly #onGone: OnGone;
  #spares: PortSocket[] = [];
  #demandAt = -Infinity;
  #timer: NodeJS.Timeout | undefined;

  /** @param onGone one ended by itself; it is no longer here */
  constructor(onGone: OnGone) {
    this.#onGone = onGone;
  }

  get missing(): number {
    const wanted = performance.now() - this.#demandAt < busyMs ? busy : 1;
    return Math.max(wanted - this.#spares.length, 0);
  }

  get size(): number {
    return this.#spares.length;
  }

  /** A connection was asked for. @returns an open one, where there is one */
  take(): PortSocket | undefined {
    this.#demandAt = performance.now();
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#shrink(), busyMs + 1_000);
    this.#timer.unref();
    return this.#spares.shift();
  }

  add(spare: PortSocket): void {
    const since = performance.now();
    this.#spares.push(spare);
    spare.watch((error) => {
      const at = this.#spares.indexOf(spare);
      if (at < 0) return;
      this.#spares.splice(at, 1);
      this.#onGone(spare, { error, aged: performance.now() - since > agedMs });
    });
  }

  /** Lets go of those that lead to another pod; told as gone. */
  keep(pod: string): void {
    for (const spare of [...this.#spares]) if (spare.pod !== pod) spare.terminate();
  }

  clear(): void {
    clearTimeout(this.#timer);
    for (const spare of this.#spares.splice(0)) spare.terminate();
  }

  #shrink(): void {
    for (const spare of this.#spares.splice(1)) spare.close();
  }
}
