/** The lease's decisions against an API server of three verbs; the real one is in test/cluster/lease.test.ts. */
import { ApiException, type V1Lease } from '@kubernetes/client-node';
import { expect, test } from 'vitest';
import type { Connection, RawCall } from '../../../main/runtime/kubernetes/connection';
import { requireFree, withLease } from '../../../main/runtime/kubernetes/lease';

class Api {
  lease: V1Lease | undefined;
  #version = 0;

  readonly connection = {
    server: 'https://api.example',
    ask: (_: unknown, work: () => Promise<unknown>) => work(),
    request: (call: RawCall) => Promise.resolve().then(() => this.#answer(call)),
  } as unknown as Connection;

  place = { connection: this.connection, namespace: 'n', name: 'one', labels: {} };

  #answer({ method, body }: RawCall): unknown {
    const { metadata, preconditions } = (body ?? {}) as V1Lease & { preconditions?: { resourceVersion?: string } };
    if (method === 'POST' ? this.lease : !this.lease) throw refusal(method === 'POST' ? 409 : 404);
    const wanted = preconditions?.resourceVersion ?? metadata?.resourceVersion;
    if (wanted !== undefined && wanted !== this.lease?.metadata?.resourceVersion) throw refusal(409);
    if (method === 'POST' || method === 'PUT') this.put(body as V1Lease);
    const { lease } = this;
    if (method === 'DELETE') this.lease = undefined;
    return lease;
  }

  put(lease: V1Lease): void {
    this.lease = { ...lease, metadata: { ...lease.metadata, resourceVersion: String(++this.#version) } };
  }

  /** As another Labdock would write it, with its own idea of the time. */
  foreign(at = Date.now()): void {
    const renewTime = new Date(at).toISOString() as unknown as NonNullable<V1Lease['spec']>['renewTime'];
    this.put({ spec: { holderIdentity: 'desk-0123456789ab', leaseDurationSeconds: 0.3, renewTime: renewTime! } });
  }
}

const refusal = (code: number) => new ApiException(code, 'refused', '{}', {});
const times = { durationSeconds: 0.3, renewMs: 50, lookMs: 20 };
const options = { holder: 'laptop-ba9876543210', times };
const elsewhere = { problem: { reason: 'move-elsewhere', params: { holder: 'desk' } } };
const hour = 3_600_000;

test.each([0, -2 * hour, 2 * hour])('whoever renews lives, whatever its clock says (%i ms)', async (off) => {
  const api = new Api();
  api.foreign(Date.now() + off);
  const renewing = setInterval(() => api.foreign(Date.now() + off), 50);
  try {
    await expect(requireFree(api.place, options)).rejects.toMatchObject(elsewhere);
    await expect(withLease(api.place, () => Promise.resolve('in'), options)).rejects.toMatchObject(elsewhere);
    expect(api.lease?.spec?.holderIdentity).toBe('desk-0123456789ab');
  } finally {
    clearInterval(renewing);
  }
});

test('what a dead one left is free, and is waited for once', async () => {
  const api = new Api();
  api.foreign();
  const at = performance.now();
  await requireFree(api.place, options);
  expect(performance.now() - at).toBeGreaterThan(250);
  expect(api.lease).toBeUndefined();
});

test('nobody has it, or we do: free at once, and left alone', async () => {
  const api = new Api();
  await requireFree(api.place, options);
  await withLease(api.place, () => requireFree(api.place, options), options);
  expect(api.lease).toBeUndefined();
});

test('works of one process take turns, and one that fails lets the next one in', async () => {
  const api = new Api();
  const seen: string[] = [];
  const work = (name: string) => async () => {
    seen.push(`${name} begins`);
    await new Promise((resolve) => setTimeout(resolve, 120));
    expect(api.lease?.spec?.holderIdentity).toBe(options.holder);
    seen.push(`${name} ends`);
    if (name === 'a') throw new Error('a failed');
  };
  const results = await Promise.allSettled(['a', 'b', 'c'].map((name) => withLease(api.place, work(name), options)));
  expect(results.map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'fulfilled']);
  expect(seen).toEqual(['a begins', 'a ends', 'b begins', 'b ends', 'c begins', 'c ends']);
});

test('the wait can be taken back', async () => {
  const api = new Api();
  api.foreign();
  const abort = new AbortController();
  setTimeout(() => abort.abort(), 60);
  const waiting = withLease(api.place, () => Promise.resolve('in'), { ...options, signal: abort.signal });
  await expect(waiting).rejects.toMatchObject({ problem: { reason: 'cancelled' } });
  expect(api.lease?.spec?.holderIdentity).toBe('desk-0123456789ab');
});
