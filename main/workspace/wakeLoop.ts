/** Runs turns, one at a time, as long as someone asked for one since the last began. Without requests nothing runs. */
export class WakeLoop {
  private running: Promise<void> | undefined;
  private wanted = false;
  private closed = false;

  /** @param rest called when there is nothing to do for now */
  constructor(
    private readonly turn: () => Promise<void>,
    private readonly rest: () => void,
  ) {}

  wake(): void {
    if (this.closed) return;
    this.wanted = true;
    this.running ??= this.run();
  }

  /** Takes a request back: nothing can be done now. */
  hush(): void {
    this.wanted = false;
  }

  /** Resolves when nothing is under way. */
  async idle(): Promise<void> {
    while (this.running) await this.running;
  }

  async close(): Promise<void> {
    this.closed = true;
    this.wanted = false;
    await this.running;
  }

  private async run(): Promise<void> {
    // The first turn begins after whoever woke us is done: ten events of one moment are one look.
    await Promise.resolve();
    while (this.wanted && !this.closed) {
      this.wanted = false;
      await this.turn();
      if (!this.wanted) this.rest();
    }
    this.running = undefined;
  }
}
