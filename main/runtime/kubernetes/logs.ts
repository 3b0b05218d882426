/** A server's log on a cluster: what its containers print, and between it what the cluster says of its objects. */
import type { CoreV1Event, V1Deployment, V1Pod } from '@kubernetes/client-node';
import type { LogLine } from '../runtime';
import { concerns, eventText, EventsSeen, readEvent, type EventScope } from './events';
import { labelSelector, serverContainer, serverSelector } from './names';
import { condition, isOver, isReady, serverPods, serverStatus, wantsPod } from './observation';
import { statusCode } from './status';
import { textLines } from './textLines';
import { isoTime } from './times';
import { keepWatching, type Ask } from './watch';

/** Longest line that is passed on, in characters; `…` stands for the rest. */
const maxLineLength = 16_384;
/** `2026-11-23T08:00:00.123456789Z ` with room for a numeric zone. */
const stamp = /^(\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-]\d\d:\d\d)) /;

export interface LogSource {
  ask: Ask;
  namespace: string;
  workspaceId: string;
  scope: Pick<EventScope, 'objectName' | 'claimName'>;
  /** null: there is none any more. */
  deployment(): Promise<V1Deployment | null>;
  /** Cluster time at which this start began, ms. */
  startOf(deployment: V1Deployment): number;
}

export interface FollowOptions {
  tail: number;
  signal: AbortSignal;
}

/** Resolves when the signal aborts, or when the server was scaled to zero and its last pod is gone. */
export async function followServerLog(
  source: LogSource,
  onLine: (line: LogLine) => void,
  { tail, signal }: FollowOptions,
): Promise<void> {
  const first = await source.deployment();
  if (!first || signal.aborted) return;
  const abort = new AbortController();
  const stop = () => abort.abort();
  signal.addEventListener('abort', stop, { once: true });
  const pass = (line: LogLine) => {
    if (!signal.aborted) onLine(line);
  };
  const follower = new Follower(source, first, pass, tail, abort);
  try {
    await follower.run();
  } finally {
    stop();
    signal.removeEventListener('abort', stop);
  }
}

class Follower {
  readonly #signal: AbortSignal;
  readonly #events = new EventsSeen();
  readonly #scope: EventScope & { uids: Set<string> };
  readonly #phases = new Map<string, string>();
  readonly #pods = new Map<string, V1Pod>();
  /** Containers whose output was or is followed, as pod uid and restart count; one after the other. */
  readonly #followed = new Set<string>();
  #output: Promise<void> = Promise.resolve();

  constructor(
    private readonly source: LogSource,
    deployment: V1Deployment,
    private readonly pass: (line: LogLine) => void,
    private readonly tail: number,
    private readonly abort: AbortController,
  ) {
    this.#signal = abort.signal;
    const uids = new Set([deployment.metadata?.uid ?? '']);
    this.#scope = { ...source.scope, uids, since: source.startOf(deployment) };
  }

  async run(): Promise<void> {
    const { ask, namespace, workspaceId } = this.source;
    const signal = this.#signal;
    const events = keepWatching<CoreV1Event>(
      ask,
      {
        synced: (items) => this.#tellAll(items),
        changed: (type, event) => type !== 'DELETED' && this.#tellAll([event]),
        // Who may not read events still reads the log.
        failed: () => undefined,
      },
      { path: `/api/v1/namespaces/${namespace}/events`, signal },
    );
    const pods = keepWatching<V1Pod>(
      ask,
      {
        synced: (items) => {
          this.#pods.clear();
          for (const pod of items) this.#see(pod);
          this.#check();
        },
        changed: (type, pod) => {
          if (type === 'DELETED') this.#gone(pod);
          else this.#see(pod);
          this.#check();
        },
        failed: () => undefined,
      },
      {
        path: `/api/v1/namespaces/${namespace}/pods`,
        query: { labelSelector: labelSelector(serverSelector(workspaceId)) },
        signal,
      },
    );
    await Promise.all([events, pods]);
    await this.#output;
  }

  #tellAll(events: CoreV1Event[]): void {
    const ours = events.map(readEvent).filter((event) => concerns(event, this.#scope));
    for (const event of ours.sort((a, b) => a.time - b.time)) {
      if (!this.#events.isNews(event)) continue;
      this.pass({ stream: 'event', time: new Date(event.time).toISOString(), text: eventText(event) });
    }
  }

  #see(pod: V1Pod): void {
    const uid = pod.metadata?.uid ?? '';
    this.#pods.set(uid, pod);
    this.#scope.uids.add(uid);
    this.#say(pod, phaseOf(pod));
  }

  #gone(pod: V1Pod): void {
    this.#pods.delete(pod.metadata?.uid ?? '');
    this.#say(pod, { text: 'gone' });
  }

  #say(pod: V1Pod, { text, time }: PodPhase): void {
    const uid = pod.metadata?.uid ?? '';
    if (this.#phases.get(uid) === text) return;
    this.#phases.set(uid, text);
    this.pass({ stream: 'event', ...(time && { time }), text: `Pod ${pod.metadata?.name}: ${text}` });
  }

  /** What there is to follow now, or whether it is over. A look for each change of a pod: they are few. */
  #check(): void {
    this.#checks = this.#checks.then(() => this.#look()).catch(() => undefined);
  }
  #checks: Promise<void> = Promise.resolve();

  async #look(): Promise<void> {
    const deployment = await this.source.deployment();
    const pods = deployment ? serverPods(deployment, [...this.#pods.values()]) : [];
    for (const pod of pods) this.#follow(pod);
    const over = !deployment || (!wantsPod(deployment) && pods.every(isOver));
    if (!over || this.#signal.aborted) return;
    // Its last words come before the end.
    await this.#output;
    this.abort.abort();
  }

  #follow(pod: V1Pod): void {
    const status = serverStatus(pod);
    const began = status?.state?.running ?? status?.state?.terminated;
    const restarts = status?.restartCount ?? 0;
    const uid = pod.metadata?.uid ?? '';
    const name = pod.metadata?.name ?? '';
    const key = (restart: number) => `${uid}/${restart}`;
    // The one before it ended before it was seen: its last lines say why.
    const before = restarts > 0 && !this.#followed.has(key(restarts - 1));
    if (before) {
      this.#followed.add(key(restarts - 1));
      this.#queue(() => this.#read(name, { previous: 'true', tailLines: String(this.tail) }));
    }
    if (!began || this.#followed.has(key(restarts))) return;
    this.#followed.add(key(restarts));
    this.#queue(() => this.#readOn(name, uid, restarts));
  }

  #queue(read: () => Promise<unknown>): void {
    this.#output = this.#output.then(async () => {
      if (!this.#signal.aborted) await read().catch(() => undefined);
    });
  }

  /** Until this container has ended: the stream itself may end before (kubelet restarts, connections break). */
  async #readOn(name: string, uid: string, restarts: number): Promise<void> {
    let newest: string | undefined;
    for (let idle = 0; !this.#signal.aborted;) {
      const query: Record<string, string> =
        newest === undefined ? { tailLines: String(this.tail) } : { sinceTime: newest };
      let refused = false;
      const last = await this.#read(name, { follow: 'true', ...query }, newest).catch((error: unknown) => {
        refused = statusCode(error) === 403;
        return undefined;
      });
      idle = last === undefined || last === newest ? idle + 1 : 0;
      newest = last ?? newest;
      const status = serverStatus(this.#pods.get(uid));
      const goesOn = status?.state?.running && (status.restartCount ?? 0) === restarts;
      if (refused || (!goesOn && idle > 0)) return;
      await pause(Math.min(250 * 2 ** idle, 5_000), this.#signal);
    }
  }

  /** @returns time of the last line */
  async #read(name: string, query: Record<string, string>, after = ''): Promise<string | undefined> {
    const path = `/api/v1/namespaces/${this.source.namespace}/pods/${name}/log`;
    const body = await this.source.ask(
      path,
      { container: serverContainer, timestamps: 'true', ...query },
      this.#signal,
    );
    let newest: string | undefined;
    // The time stands before the line, which is cut by its own length.
    for await (const { text, cut } of textLines(body, maxLineLength + 64)) {
      const line = logLine(text, cut);
      // Without a time it is kubelet's own word: that there is no log any more.
      if (line.time === undefined || line.time <= after) continue;
      newest = line.time;
      this.pass(line);
    }
    return newest;
  }
}

/** Kubelet gives both streams as one; Jupyter writes its own log to stderr, so that is what it is taken for. */
export function logLine(raw: string, cut: boolean): LogLine {
  const time = stamp.exec(raw)?.[1];
  const line = time === undefined ? raw : raw.slice(time.length + 1);
  // A cut between the halves of a surrogate pair would leave half a character.
  const text =
    cut || line.length > maxLineLength ? `${line.slice(0, maxLineLength).replace(/[\ud800-\udbff]$/, '')}…` : line;
  return { stream: 'stderr', ...(time && { time }), text };
}

export interface PodPhase {
  text: string;
  time?: string;
}

/** One word for where a pod stands, and since when. */
export function phaseOf(pod: V1Pod): PodPhase {
  const { metadata, status } = pod;
  const timed = (text: string, time: string | undefined): PodPhase => ({ text, ...(time && { time }) });
  if (metadata?.deletionTimestamp != null) return { text: 'Terminating' };
  if (isOver(pod)) return { text: [status?.phase, status?.reason, status?.message].filter(Boolean).join(', ') };
  if (isReady(pod)) return timed('Ready', isoTime(condition(pod, 'Ready')?.lastTransitionTime));
  const { waiting, running, terminated } = serverStatus(pod)?.state ?? {};
  if (waiting) return { text: [status?.phase, waiting.reason].filter(Boolean).join(', ') };
  if (terminated)
    return timed(
      `${terminated.reason ?? 'Terminated'}, exit code ${terminated.exitCode}`,
      isoTime(terminated.finishedAt),
    );
  if (running) return timed('Running', isoTime(running.startedAt));
  const placed = condition(pod, 'PodScheduled');
  if (placed?.status === 'False') return { text: [status?.phase, placed.reason].filter(Boolean).join(', ') };
  return timed(status?.phase ?? 'Pending', isoTime(metadata?.creationTimestamp));
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal.addEventListener('abort', end, { once: true });
  });
}
