/** Small parts of the route: whose words a lost way has, and how many are let in. */
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { LabdockError } from '../../../main/common/problem';
import { Limit } from '../../../main/runtime/kubernetes/route/limit';
import { routeProblem } from '../../../main/runtime/kubernetes/route/routeProblem';

test('a problem of the way keeps its own words where a person can mend it', () => {
  const theirs = new LabdockError('cluster-tls', { server: 's' });
  expect(routeProblem(theirs, 1)).toEqual(theirs.problem);
  const passing = new LabdockError('cluster-unreachable', { server: 's' }, { detail: 'ECONNREFUSED' });
  expect(routeProblem(passing, 1)).toEqual({ reason: 'route-lost', params: { port: 1 }, detail: 'ECONNREFUSED' });
});

test('a limit lets so many in, keeps the order of the rest and turns the last away', async () => {
  const limit = new Limit(2, 2);
  const order: number[] = [];
  let running = 0;
  let most = 0;
  const work = (n: number) => async () => {
    order.push(n);
    most = Math.max(most, (running += 1));
    await sleep(10);
    running -= 1;
    return n;
  };
  const failing = limit.run(async () => {
    await sleep(1);
    throw new Error('no');
  });
  const all = Promise.all([1, 2, 3, 4].map((n) => limit.run(work(n))));
  await expect(failing).rejects.toThrow('no');
  expect(await all).toEqual([1, 2, 3, undefined]);
  expect({ order, most }).toEqual({ order: [1, 2, 3], most: 2 });
});
