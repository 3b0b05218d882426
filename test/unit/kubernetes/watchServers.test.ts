import { Readable } from 'node:stream';
import { expect, test } from 'vitest';
import { LabdockError, type Problem } from '../../../main/common/problem';
import { watchServers } from '../../../main/runtime/kubernetes/watchServers';

/** What is told of a target that refuses with one error after the other, the last again and again. */
async function told(...errors: Error[]): Promise<[boolean, Problem | undefined][]> {
  const all: [boolean, Problem | undefined][] = [];
  let asked = 0;
  const ask = () => Promise.reject(errors[Math.min(Math.floor(asked++ / 2), errors.length - 1)]!);
  const watching = watchServers(ask, 'here', {
    onChange: () => undefined,
    onAvailability: (available, problem) => all.push([available, problem]),
  });
  while (asked < 2 * errors.length + 1) await new Promise((resolve) => setTimeout(resolve, 10));
  watching.dispose();
  return all;
}

test('credentials that are refused are told as that, once', async () => {
  const params = { context: 'c', user: 'u' };
  const refused = new LabdockError('cluster-credentials', params);
  expect(await told(refused)).toEqual([[false, expect.objectContaining({ reason: 'cluster-credentials', params })]]);
});

test('what was away and then refuses is told anew', async () => {
  const away = new LabdockError('cluster-unreachable', { context: 'c' });
  const refused = new LabdockError('cluster-credentials', { context: 'c', user: 'u' });
  expect(await told(away, refused)).toEqual([
    [false, undefined],
    [false, expect.objectContaining({ reason: 'cluster-credentials' })],
  ]);
});

test('a stream that broke is away and no more; who may not look is answered', async () => {
  expect(await told(new Error('aborted'), new LabdockError('cluster-unreachable', { context: 'c' }))).toEqual([
    [false, undefined],
  ]);
  expect(await told(new LabdockError('cluster-forbidden'))).toEqual([[true, undefined]]);
});

test('while one watch hears, another that fails does not make the API server away', async () => {
  const told: boolean[] = [];
  let failures = 0;
  const watching = watchServers(
    (path, query, signal) => {
      if (path.endsWith('/pods')) {
        failures++;
        return Promise.reject(new LabdockError('cluster-unreachable', { context: 'c' }));
      }
      const silent = new Readable({ read: () => undefined });
      signal.addEventListener('abort', () => silent.destroy());
      const list = { metadata: { resourceVersion: '1' }, items: [] };
      return Promise.resolve(query['watch'] ? silent : Readable.from([Buffer.from(JSON.stringify(list))]));
    },
    'here',
    { onChange: () => undefined, onAvailability: (available) => told.push(available) },
  );
  while (failures < 3) await new Promise((resolve) => setTimeout(resolve, 10));
  watching.dispose();
  expect(told.at(-1)).toBe(true);
  // At the very beginning either may be first.
  expect(told.filter((available) => !available).length).toBeLessThanOrEqual(1);
});
