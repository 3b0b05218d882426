/** Lets many wait for the next change. */
export class Bell {
  private readonly waiting = new Set<() => void>();

  ring(): void {
    for (const resolve of [...this.waiting]) resolve();
  }

  /** Resolves at the next ring, or when the signal aborts. */
  next(signal?: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        signal?.removeEventListener('abort', done);
        this.waiting.delete(done);
        resolve();
      };
      this.waiting.add(done);
      signal?.addEventListener('abort', done, { once: true });
    });
  }
}
