/** The lease that guards a move, on a real API server: one holder, taken over from the dead, told when it is lost. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { LabdockError } from '../../main/common/problem';
import { connect, type Connection } from '../../main/runtime/kubernetes/connection';
import { withLease } from '../../main/runtime/kubernetes/lease';
import { testCluster, testNamespace, type TestNamespace } from '../harness/cluster';
import { until } from '../harness/processes';

let namespace: TestNamespace;
let connection: Connection;
beforeAll(async () => {
  const cluster = testCluster();
  namespace = await testNamespace();
  connection = await connect([cluster.kubeconfig], cluster.context);
});
afterAll(async () => {
  connection.close();
  await namespace.dispose();
});

const times = { durationSeconds: 3, renewMs: 500, lookMs: 300 };
const place = (name: string) => ({ connection, namespace: namespace.name, name, labels: { a: 'b' } });
const lease = (name: string) =>
  namespace.get<{ spec: { holderIdentity: string; leaseTransitions: number } }>('lease', name);

test('whoever comes second is told who holds it, and comes in when it is given up', async () => {
  let end = () => {};
  const held = new Promise<void>((resolve) => (end = resolve));
  const first = withLease(place('one'), () => held, { holder: 'desk-0123456789ab', times });
  await until('it is held', () => lease('one'));
  const second = () => withLease(place('one'), async () => 'in', { holder: 'laptop-0123456789ab', times });
  await expect(second()).rejects.toMatchObject({ problem: { reason: 'move-elsewhere', params: { holder: 'desk' } } });
  // It is renewed for as long as the work lasts, which is longer than its duration.
  await new Promise((resolve) => setTimeout(resolve, 2 * times.durationSeconds * 1000));
  await expect(second()).rejects.toBeInstanceOf(LabdockError);
  end();
  await first;
  expect(await second()).toBe('in');
});

test('what a dead holder left is taken over once it has not been renewed for its duration', async () => {
  const spec = {
    holderIdentity: 'dead-0123456789ab',
    leaseDurationSeconds: 2,
    leaseTransitions: 4,
    renewTime: new Date().toISOString().replace('Z', '000Z'),
  };
  await namespace.apply({ apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata: { name: 'two' }, spec });
  const at = Date.now();
  const seen = await withLease(place('two'), () => lease('two'), { holder: 'heir-0123456789ab', times });
  expect(seen.spec).toMatchObject({ holderIdentity: 'heir-0123456789ab', leaseTransitions: 5 });
  expect(Date.now() - at).toBeGreaterThan(1_500);
});

test('two at once: one works', async () => {
  let together = 0;
  let most = 0;
  const work = async () => {
    most = Math.max(most, ++together);
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    together--;
  };
  const tries = ['a', 'b', 'c'].map((holder) => withLease(place('three'), work, { holder, times }));
  const results = await Promise.allSettled(tries);
  expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  expect(most).toBe(1);
});

test('a lease that is lost ends the work', async () => {
  const patch = JSON.stringify({ spec: { holderIdentity: 'thief' } });
  const work = async (signal: AbortSignal) => {
    await namespace.kubectl('patch', 'lease', 'four', '--type=merge', '-p', patch);
    await until('the signal', () => signal.aborted, 5_000, 50);
    return 'noticed';
  };
  expect(await withLease(place('four'), work, { holder: 'me', times })).toBe('noticed');
  // What the other holds now is left alone.
  expect((await lease('four')).spec.holderIdentity).toBe('thief');
});
