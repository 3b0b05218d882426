/** One Labdock at a time: a coordination.k8s.io Lease, held and renewed while a piece of work runs. */
import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import type { V1Lease } from '@kubernetes/client-node';
import { LabdockError } from '../../common/problem';
import type { Connection } from './connection';
import { isConflict, isNotFound } from './errors';

export interface LeasePlace {
  connection: Connection;
  namespace: string;
  name: string;
  labels: Record<string, string>;
}

export interface LeaseTimes {
  /** Seconds after which a lease that is not renewed is free. */
  durationSeconds: number;
  renewMs: number;
  /** How often one that another holds is looked at. */
  lookMs: number;
}

export interface LeaseOptions {
  holder?: string;
  times?: LeaseTimes;
  /** Ends the wait for the lease. */
  signal?: AbortSignal | undefined;
}

const usual: LeaseTimes = { durationSeconds: 30, renewMs: 10_000, lookMs: 2_000 };

/** Names this process to people and to other processes. */
export const ownHolder = `${hostname().slice(0, 60)}-${randomBytes(6).toString('hex')}`;

/** By lease and holder: the last work of this process that asked for it. */
const queue = new Map<string, Promise<unknown>>();

/**
 * Runs `work` while the lease is held; its signal aborts when the lease is lost. Whether another holder still lives is seen
 * by its renewals, not by comparing clocks, so finding one that has crashed takes up to the lease's duration. Works of one
 * holder take turns: to the cluster they are the same, and the end of one would be the end of the other's lease.
 * Rejects with `move-elsewhere` {holder}, `cluster-forbidden`, `cluster-unreachable`, `cancelled`.
 */
export async function withLease<T>(
  place: LeasePlace,
  work: (signal: AbortSignal) => Promise<T>,
  options: LeaseOptions = {},
): Promise<T> {
  const { holder = ownHolder, signal } = options;
  return inTurn([place.connection.server, place.namespace, place.name, holder].join('\n'), async () => {
    const lease = new HeldLease(place, options);
    await lease.acquire();
    const lost = new AbortController();
    const renewing = lease.renew(lost);
    try {
      refuseAborted(signal);
      return await work(lost.signal);
    } finally {
      lost.abort();
      await renewing;
      await lease.release().catch(() => undefined);
    }
  });
}

/**
 * Resolves when no other living Labdock holds the lease; what a dead one left is taken away, so that nobody waits for it again.
 * Rejects as {@link withLease} does.
 */
export async function requireFree(place: LeasePlace, options: LeaseOptions = {}): Promise<void> {
  await new HeldLease(place, options).clear();
}

async function inTurn<T>(key: string, work: () => Promise<T>): Promise<T> {
  const mine = (queue.get(key) ?? Promise.resolve()).then(work);
  const over = mine.catch(() => undefined);
  queue.set(key, over);
  try {
    return await mine;
  } finally {
    if (queue.get(key) === over) queue.delete(key);
  }
}

function refuseAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new LabdockError('cancelled');
}

class HeldLease {
  readonly #path: string;
  readonly #all: string;
  #version = '';
  #transitions = 0;
  #acquired = '';
  private readonly holder: string;
  private readonly times: LeaseTimes;
  private readonly signal: AbortSignal | undefined;

  constructor(
    private readonly place: LeasePlace,
    { holder = ownHolder, times = usual, signal }: LeaseOptions,
  ) {
    this.holder = holder;
    this.times = times;
    this.signal = signal;
    this.#all = `/apis/coordination.k8s.io/v1/namespaces/${place.namespace}/leases`;
    this.#path = `${this.#all}/${place.name}`;
  }

  async acquire(): Promise<void> {
    // Two that come at once: one of them meets a conflict, looks again and finds the other.
    for (let attempt = 0; attempt < 5; attempt++) {
      refuseAborted(this.signal);
      const found = await this.#read();
      if (found && (await this.#isHeld(found))) throw this.#elsewhere(found);
      if (await this.#take(found)) return;
    }
    throw new LabdockError('move-elsewhere', { holder: '?' });
  }

  async clear(): Promise<void> {
    const found = await this.#read();
    if (!found || found.spec?.holderIdentity === this.holder) return;
    if (await this.#isHeld(found)) throw this.#elsewhere(found);
    this.#version = found.metadata?.resourceVersion ?? '';
    // Somebody who took it meanwhile has it; who may not delete it waits again next time.
    await this.release().catch(() => undefined);
  }

  #elsewhere(found: V1Lease): LabdockError {
    return new LabdockError('move-elsewhere', {
      holder: (found.spec?.holderIdentity ?? '').replace(/-[0-9a-f]{12}$/, ''),
    });
  }

  /** Renewed within its own duration by somebody else. */
  async #isHeld({ spec }: V1Lease): Promise<boolean> {
    if (!spec?.holderIdentity || spec.holderIdentity === this.holder) return false;
    const renewed = String(spec.renewTime);
    const until = performance.now() + (spec.leaseDurationSeconds ?? this.times.durationSeconds) * 1000;
    while (performance.now() < until) {
      await sleep(this.times.lookMs, undefined, { signal: this.signal }).catch(() => undefined);
      refuseAborted(this.signal);
      const now = await this.#read();
      if (!now?.spec?.holderIdentity) return false;
      if (String(now.spec.renewTime) !== renewed) return true;
    }
    return false;
  }

  async #take(found: V1Lease | null): Promise<boolean> {
    this.#transitions = (found?.spec?.leaseTransitions ?? -1) + 1;
    this.#acquired = microTime();
    try {
      await this.#write(found?.metadata?.resourceVersion);
      return true;
    } catch (error) {
      if (isConflict(error) || isNotFound(error)) return false;
      throw error;
    }
  }

  /** Until `lost` aborts, which it does itself when the lease cannot be kept. */
  async renew(lost: AbortController): Promise<void> {
    const { durationSeconds, renewMs } = this.times;
    let last = Date.now();
    while (!lost.signal.aborted) {
      await sleep(renewMs, undefined, { signal: lost.signal }).catch(() => undefined);
      if (lost.signal.aborted) return;
      try {
        await this.#write(this.#version);
        last = Date.now();
      } catch (error) {
        const found = isConflict(error) ? await this.#read().catch(() => undefined) : undefined;
        if (found?.spec?.holderIdentity === this.holder) this.#version = found.metadata?.resourceVersion ?? '';
        else if (found !== undefined || isNotFound(error)) return lost.abort();
        // Nobody takes it before its time is over; whoever works on must know before that.
        if (Date.now() - last > (durationSeconds * 1000 * 5) / 6) return lost.abort();
      }
    }
  }

  async release(): Promise<void> {
    const body = { preconditions: { resourceVersion: this.#version } };
    await this.#ask('delete', { method: 'DELETE', path: this.#path, body });
  }

  async #read(): Promise<V1Lease | null> {
    try {
      return (await this.#ask('get', { method: 'GET', path: this.#path })) as V1Lease;
    } catch (error) {
      if (isNotFound(error)) return null;
      throw error;
    }
  }

  /** @param version undefined: make it */
  async #write(version: string | undefined): Promise<void> {
    const { name, namespace, labels } = this.place;
    const body = {
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: { name, namespace, labels, ...(version !== undefined && { resourceVersion: version }) },
      spec: {
        holderIdentity: this.holder,
        leaseDurationSeconds: this.times.durationSeconds,
        acquireTime: this.#acquired,
        renewTime: microTime(),
        leaseTransitions: this.#transitions,
      },
    };
    const made = (await (version === undefined
      ? this.#ask('create', { method: 'POST', path: this.#all, body })
      : this.#ask('update', { method: 'PUT', path: this.#path, body }))) as V1Lease;
    this.#version = made.metadata?.resourceVersion ?? '';
  }

  #ask(verb: string, call: Parameters<Connection['request']>[0]): Promise<unknown> {
    const { connection, namespace } = this.place;
    return connection.ask({ verb, resource: 'leases', namespace }, () => connection.request(call));
  }
}

/** metav1.MicroTime. */
function microTime(): string {
  return new Date().toISOString().replace('Z', '000Z');
}
