/** What one look at a cluster cannot tell: how long something has lasted, and what had happened before it was first seen. */
import type { Memory } from './observation';

/** More things than a person's workspaces can have waiting. */
const most = 2_000;

export class PatienceMemory implements Memory {
  readonly #since = new Map<string, number>();
  readonly #restarts = new Map<string, number>();

  /** By a clock that neither jumps nor stands still while the computer sleeps would be ideal; this one does not jump. */
  constructor(private readonly now: () => number = () => performance.now()) {}

  waited(what: string): number {
    const since = this.#since.get(what);
    if (since !== undefined) return this.now() - since;
    if (this.#since.size >= most) this.#since.clear();
    this.#since.set(what, this.now());
    return 0;
  }

  restartsBefore(podUid: string): number {
    return this.#restarts.get(podUid) ?? 0;
  }

  /**
   * A pod that is there at the first look at its workspace has its history; one that comes later is seen from its beginning.
   */
  sawFirst(podUid: string, restarts: number): void {
    if (this.#restarts.size >= most) this.#restarts.clear();
    if (!this.#restarts.has(podUid)) this.#restarts.set(podUid, restarts);
  }
}
