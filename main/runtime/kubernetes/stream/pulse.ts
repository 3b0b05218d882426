/**
 * Tells living websockets from dead ones: pings what has been silent, and gives up what does not answer. One timer for all
 * sockets of an owner, none while there are none. The far end answers a ping only when it comes to it: behind bytes it has
 * not passed on yet (measured: the kubelet's end reads nothing while a container does not take its input), so a socket
 * with much on its way gets more time; and one that we do not read from cannot be heard at all.
 */

export interface PulseTimes {
  /** Milliseconds of silence before a ping. */
  everyMs: number;
  /** Silence after which the socket is dead. */
  deadMs: number;
  /** The same while much is on its way to the far end. */
  stalledMs: number;
}

/** A socket as it is watched. */
export interface Living {
  readonly life: Life;
  /** True while nothing is read from it, by our own will. */
  readonly deaf: boolean;
  ping(): void;
  /** Nothing is heard from it any more. */
  dead(): void;
}

/** Bytes sent without a word from the far end that may well be waiting there. */
const muchBytes = 64 * 1024;
/** A tick this late: the computer slept, and whatever was connected may be gone. Milliseconds. */
const sleptMs = 8_000;
/** What a socket is given to answer after sleep. Milliseconds. */
const wakeMs = 3_000;

export class Life {
  /** Milliseconds, monotonic as far as Date is. */
  heardAt = Date.now();
  sentSince = 0;

  heard(): void {
    this.heardAt = Date.now();
    this.sentSince = 0;
  }

  sent(bytes: number): void {
    this.sentSince += bytes;
  }
}

/** Pure: what to do with a socket that has been silent for `silentMs`. */
export function verdict(silentMs: number, sentSince: number, times: PulseTimes): 'dead' | 'ping' | 'wait' {
  const limit = sentSince > muchBytes ? times.stalledMs : times.deadMs;
  if (silentMs >= limit) return 'dead';
  return silentMs >= times.everyMs ? 'ping' : 'wait';
}

export class Pulse {
  readonly #times: PulseTimes;
  readonly #sockets = new Set<Living>();
  readonly #tickMs: number;
  #timer: NodeJS.Timeout | undefined;
  #lastTick = 0;

  constructor(times: PulseTimes) {
    this.#times = times;
    this.#tickMs = Math.min(times.everyMs, Math.max(times.everyMs / 2, 1_000));
  }

  add(socket: Living): void {
    this.#sockets.add(socket);
    if (this.#timer) return;
    this.#lastTick = Date.now();
    this.#timer = setInterval(() => this.#tick(), this.#tickMs);
    // What is alive keeps the process; the look at it does not.
    this.#timer.unref();
  }

  delete(socket: Living): void {
    this.#sockets.delete(socket);
    if (this.#sockets.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #tick(): void {
    const now = Date.now();
    const slept = now - this.#lastTick > this.#tickMs + sleptMs;
    this.#lastTick = now;
    for (const socket of [...this.#sockets]) {
      const { life } = socket;
      if (socket.deaf) life.heardAt = now;
      else if (slept) {
        life.sentSince = 0;
        life.heardAt = now - Math.max(this.#times.deadMs - wakeMs, 0);
        socket.ping();
      } else {
        const what = verdict(now - life.heardAt, life.sentSince, this.#times);
        if (what === 'dead') socket.dead();
        else if (what === 'ping') socket.ping();
      }
    }
  }
}
