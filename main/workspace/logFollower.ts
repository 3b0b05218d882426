/** Brings a server's output into its workspace's log: one stream per process of the server, secrets taken out. */
import type { LogLine, Runtime } from '../runtime/runtime';
import type { LogBuffer } from './logBuffer';

const tail = 500;

export class LogFollower {
  private key: string | undefined;
  private abort: AbortController | undefined;
  private stream: Promise<void> = Promise.resolve();
  /** Engine time of the newest line, so that a stream that is opened again does not repeat lines. */
  private newest = '';

  constructor(
    private readonly id: string,
    private readonly log: LogBuffer,
    private readonly secretWords: () => string[],
  ) {}

  /** @param key names the server's process; following it already is nothing to do */
  follow(runtime: Runtime, key: string | undefined): void {
    if (key === undefined || key === this.key) return;
    this.stop();
    this.key = key;
    const abort = (this.abort = new AbortController());
    // Taken once per stream: the words do not change while a server runs.
    const secrets = this.secretWords().filter((word) => word.length > 0);
    const seenUntil = this.newest;
    const append = ({ time, text, stream }: LogLine) => {
      // Events come in no order with the lines of the server, and are told once by who tells them.
      if (time !== undefined && stream !== 'event') {
        if (time <= seenUntil) return;
        if (time > this.newest) this.newest = time;
      }
      this.log.append({
        source: stream === 'event' ? 'cluster' : 'server',
        time: time ?? new Date().toISOString(),
        text: without(text, secrets),
        // Jupyter logs everything to stderr; only lines that say so are errors.
        ...(stream === 'stderr' && /^\[[EC] |^Traceback|Error\b.*:/.test(text) && { error: true }),
      });
    };
    this.stream = runtime
      .followLogs(this.id, append, { tail, signal: abort.signal })
      .catch(() => undefined)
      .finally(() => {
        // The stream ended by itself: with the server, or with the engine. The next live look opens it again.
        if (this.abort === abort) this.key = undefined;
      });
  }

  /** The server has ended: waits for its last words, but not for ever. */
  async drained(): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const enough = new Promise<void>((resolve) => (timer = setTimeout(resolve, 1000)));
    await Promise.race([this.stream, enough]);
    clearTimeout(timer);
  }

  stop(): void {
    this.abort?.abort();
    this.abort = undefined;
    this.key = undefined;
  }
}

export function without(text: string, secrets: readonly string[]): string {
  let clean = text;
  for (const secret of secrets) clean = clean.replaceAll(secret, '…');
  return clean;
}
