/**
 * Small files by the ten thousand: asking the thread pool costs several times what the disk takes. So they are read at
 * once, on this thread, in slices of milliseconds; a disk that is slow (a network folder, files that a cloud service
 * fetches first) is noticed at its first slow answer, and asked in the background from then on.
 */
const sliceMs = 8;
/** One small file that takes longer comes from a slow disk. Milliseconds. */
const slowMs = 40;

export class Pace {
  /** False once the disk was slow. */
  quick = true;
  #began = performance.now();

  /** Does it at once. */
  now<T>(work: () => T): T {
    const began = performance.now();
    try {
      return work();
    } finally {
      if (performance.now() - began > slowMs) this.quick = false;
    }
  }

  /** The slice is over: {@link breathe}. */
  get spent(): boolean {
    return performance.now() - this.#began >= sliceMs;
  }

  /** Lets others have their turn. */
  breathe(): Promise<void> {
    return new Promise((resolve) =>
      setImmediate(() => {
        this.#began = performance.now();
        resolve();
      }),
    );
  }
}
