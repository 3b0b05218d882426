/** What the cluster says of a server's objects, as Events of Pod, ReplicaSet, PersistentVolumeClaim and Deployment. Pure. */
import type { CoreV1Event } from '@kubernetes/client-node';
import { timeMs } from './times';

export interface ClusterEvent {
  uid: string;
  kind: string;
  name: string;
  objectUid: string;
  /** Normal or Warning. */
  type: string;
  reason: string;
  message: string;
  /** How often it happened by now. */
  count: number;
  /** When it last happened, by the cluster's clock; ms since 1970. */
  time: number;
}

export function readEvent(event: CoreV1Event): ClusterEvent {
  const { involvedObject, series, metadata } = event;
  const times = [series?.lastObservedTime, event.lastTimestamp, event.eventTime, metadata.creationTimestamp];
  return {
    uid: metadata.uid ?? metadata.name ?? '',
    kind: involvedObject.kind ?? '',
    name: involvedObject.name ?? '',
    objectUid: involvedObject.uid ?? '',
    type: event.type ?? 'Normal',
    reason: event.reason ?? '',
    message: event.message ?? '',
    count: series?.count ?? event.count ?? 1,
    time: times.map(timeMs).find((time) => !Number.isNaN(time)) ?? 0,
  };
}

/** The last of these reasons; of two in the same second (that is all Events tell) the one named first here. */
export function newest(events: readonly ClusterEvent[], ...reasons: string[]): ClusterEvent | undefined {
  return events
    .filter(({ reason }) => reasons.includes(reason))
    .sort((a, b) => b.time - a.time || reasons.indexOf(a.reason) - reasons.indexOf(b.reason))[0];
}

export interface EventScope {
  /** Name of Deployment and what is derived from it. */
  objectName: string;
  claimName: string;
  /** Objects that are part of the server whatever their names. */
  uids: ReadonlySet<string>;
  /** Cluster time of this start, ms; what happened before belongs to another. */
  since: number;
}

/** Is this word of the cluster about this start of the server? A pod's own events are: a pod is of one start only. */
export function concerns(event: ClusterEvent, scope: EventScope): boolean {
  if (scope.uids.has(event.objectUid) && event.kind === 'Pod') return true;
  if (event.time < scope.since) return false;
  if (scope.uids.has(event.objectUid)) return true;
  const { kind, name } = event;
  switch (kind) {
    case 'PersistentVolumeClaim':
      return name === scope.claimName;
    case 'Deployment':
    case 'Ingress':
      return name === scope.objectName;
    // `NAME-HASH` and `NAME-HASH-SUFFIX`: the Deployment makes no other names.
    case 'ReplicaSet':
    case 'Pod':
      return name.startsWith(`${scope.objectName}-`) && /^-[a-z0-9]+(?:-[a-z0-9]+)?$/.test(name.slice(scope.objectName.length)) && !name.endsWith('-files'); // prettier-ignore
    default:
      return false;
  }
}

/** One line for the log. */
export function eventText({ kind, name, type, reason, message, count }: ClusterEvent): string {
  const often = count > 1 ? ` (${count}×)` : '';
  return `${type === 'Warning' ? 'Warning: ' : ''}${kind} ${name}: ${reason}${often}: ${message.replace(/\s+/g, ' ').trim()}`;
}

/** Passes each event once, and again whenever it has happened twice as often: what goes on and on is not told each time. */
export class EventsSeen {
  readonly #counts = new Map<string, number>();

  isNews({ uid, count }: ClusterEvent): boolean {
    const told = this.#counts.get(uid) ?? 0;
    if (told > 0 && count < 2 * told) return false;
    if (this.#counts.size > 2_000) this.#counts.clear();
    this.#counts.set(uid, count);
    return true;
  }
}
