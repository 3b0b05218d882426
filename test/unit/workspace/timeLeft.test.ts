import { expect, test } from 'vitest';
import { timeLeft } from '../../../main/workspace/timeLeft';

test('a steady transfer is told to the second, after the first two seconds', () => {
  let now = 0;
  const left = timeLeft(() => now);
  const said: (number | undefined)[] = [];
  for (let second = 0; second <= 5; second += 0.5) {
    now = second * 1000;
    said.push(left(second * 10, 100));
  }
  expect(said.slice(0, 4)).toEqual([undefined, undefined, undefined, undefined]);
  expect(said.slice(4)).toEqual([8, 8, 7, 7, 6, 6, 5]);
});

test('a transfer that stands still says nothing, and a finished one has nothing left', () => {
  let now = 0;
  const left = timeLeft(() => now);
  left(0, 10);
  now = 5_000;
  expect(left(0, 10)).toBeUndefined();
  now = 6_000;
  left(10, 10);
  now = 7_000;
  expect(left(10, 10)).toBe(0);
});
