/** Logs the window follows: whole first, then in batches, until it closes them or its page goes. */
import type { LogEntry } from '../workspace/logs';
import type { Service } from '../workspace/service';

export class LogStreams {
  readonly #followed = new Map<string, () => void>();
  readonly #logs: Service['logs'];
  readonly #send: (payload: { id: string; lines: LogEntry[]; dropped: number }) => void;

  constructor(logs: Service['logs'], send: (payload: { id: string; lines: LogEntry[]; dropped: number }) => void) {
    this.#logs = logs;
    this.#send = send;
  }

  open(id: string): { lines: LogEntry[]; dropped: number } {
    if (!this.#followed.has(id)) {
      this.#followed.set(
        id,
        this.#logs.follow(id, (lines, dropped) => this.#send({ id, lines, dropped })),
      );
    }
    return this.#logs.tail(id);
  }

  close(id: string): void {
    this.#followed.get(id)?.();
    this.#followed.delete(id);
  }

  closeAll(): void {
    for (const id of [...this.#followed.keys()]) this.close(id);
  }
}
