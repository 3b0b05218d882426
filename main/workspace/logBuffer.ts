/** The bounded log of one workspace: a ring of lines, limited in number and in bytes, followed in batches. */
import type { LogEntry } from './logs';

export interface LogLimits {
  lines: number;
  /** Of text, UTF-16 code units times two: what the strings really take. */
  bytes: number;
  /** A longer line is cut; a progress bar without newlines must not eat the buffer. */
  lineLength: number;
  /** Followers get at most one batch per this many milliseconds. */
  batchMs: number;
}
export const defaultLogLimits: LogLimits = { lines: 5000, bytes: 4 * 1024 * 1024, lineLength: 8192, batchMs: 50 };

type Follower = (lines: LogEntry[], dropped: number) => void;

// eslint-disable-next-line no-control-regex
const terminalCodes = /\u001b(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)|[@-Z\\-_])/g;

/** What a terminal would show of a line: no colours, and after carriage returns only the last state. */
export function plainText(text: string): string {
  const clean = text.replace(terminalCodes, '').replace(/\r+$/, '');
  return clean.slice(clean.lastIndexOf('\r') + 1);
}

export class LogBuffer {
  private ring: (LogEntry | undefined)[] = [];
  private first = 0;
  private bytes = 0;
  private droppedTotal = 0;
  private followers = new Set<Follower>();
  /** How many of the newest lines the followers have not got yet. */
  private pending = 0;
  private pendingDropped = 0;
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly limits: LogLimits = defaultLogLimits) {}

  get dropped(): number {
    return this.droppedTotal;
  }

  /** What Labdock itself has to say, now; one entry per line. */
  say(text: string, error = false): void {
    const time = new Date().toISOString();
    for (const line of text.split('\n')) this.append({ source: 'labdock', time, text: line, ...(error && { error }) });
  }

  append(entry: LogEntry): void {
    const plain = plainText(entry.text);
    const text = plain.length > this.limits.lineLength ? `${plain.slice(0, this.limits.lineLength)}…` : plain;
    this.ring.push({ ...entry, text });
    this.bytes += text.length * 2;
    this.pending++;
    while (this.length > this.limits.lines || (this.bytes > this.limits.bytes && this.length > 1)) this.dropOldest();
    if (this.followers.size > 0) this.timer ??= setTimeout(() => this.flush(), this.limits.batchMs);
    else this.pending = 0;
  }

  tail(): { lines: LogEntry[]; dropped: number } {
    return { lines: this.lastLines(this.length), dropped: this.droppedTotal };
  }

  /** The newest lines, for a problem's detail. */
  lastLines(count: number): LogEntry[] {
    return count <= 0 ? [] : (this.ring.slice(Math.max(this.first, this.ring.length - count)) as LogEntry[]);
  }

  /** Gets lines appended from now on. `dropped` counts lines of the batch that the ring could not hold. */
  follow(follower: Follower): () => void {
    this.flush();
    this.followers.add(follower);
    return () => {
      this.followers.delete(follower);
      if (this.followers.size > 0) return;
      clearTimeout(this.timer);
      this.timer = undefined;
      this.pending = 0;
    };
  }

  private get length(): number {
    return this.ring.length - this.first;
  }

  private dropOldest(): void {
    const oldest = this.ring[this.first];
    this.bytes -= (oldest?.text.length ?? 0) * 2;
    this.ring[this.first++] = undefined;
    this.droppedTotal++;
    if (this.pending > this.length) {
      this.pending = this.length;
      this.pendingDropped++;
    }
    // The array is compacted once in a while, not at every line.
    if (this.first > this.limits.lines) {
      this.ring = this.ring.slice(this.first);
      this.first = 0;
    }
  }

  private flush(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    const lines = this.lastLines(this.pending);
    const dropped = this.pendingDropped;
    this.pending = 0;
    this.pendingDropped = 0;
    if (lines.length > 0) for (const follower of [...this.followers]) follower(lines, dropped);
  }
}
