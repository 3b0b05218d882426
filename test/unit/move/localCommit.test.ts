/** Labdock ends (power cut, SIGKILL) at each change of a name on this computer: the next contact finishes or drops it. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import type * as FsPromises from 'node:fs/promises';
import { finishInterrupted } from '../../../main/workspace/move/moveFiles';
import { journalPath, stagingPath } from '../../../main/workspace/move/localSide';
import { accounted, prepared } from './changes';
import { contents, TwoSides } from './twoSides';

/** Changes of names that still happen; after that none does, as if there were nobody any more. */
const power = vi.hoisted(() => ({ left: Infinity }));

vi.mock('node:fs/promises', async (original) => {
  const real = await original<typeof FsPromises>();
  const mortal =
    <A extends unknown[], R>(work: (...args: A) => Promise<R>) =>
    async (...args: A): Promise<R> => {
      if (power.left <= 0) throw new Error('power cut');
      power.left -= 1;
      return work(...args);
    };
  const { rename, link, rmdir, mkdir, unlink, rm, chmod } = real;
  return {
    ...real,
    rename: mortal(rename),
    link: mortal(link),
    rmdir: mortal(rmdir),
    mkdir: mortal(mkdir as (...args: unknown[]) => Promise<unknown>),
    unlink: mortal(unlink),
    rm: mortal(rm),
    chmod: mortal(chmod),
  };
});

let sides: TwoSides;
beforeEach(() => {
  power.left = Infinity;
  sides = new TwoSides();
});
afterEach(() => sides.dispose());

test('Labdock ends after each change of a name', async () => {
  const { expected, destination } = await prepared(sides, 'far', 20);
  const before = contents(destination);
  const source = contents(sides.far);
  execFileSync('cp', ['-a', sides.local, sides.far, sides.snapshot()]);
  const outcomes = { '': 0, finished: 0, dropped: 0 };
  for (let left = 0; ; left += 1) {
    sides.restore();
    power.left = left;
    const isDone = await sides.move('to-local').then(
      () => true,
      () => false,
    );
    power.left = Infinity;
    accounted(destination, before);
    expect(contents(sides.far)).toEqual(source);
    if (isDone) break;
    const outcome = await finishInterrupted(sides.local);
    outcomes[outcome] += 1;
    expect(existsSync(journalPath(sides.local)) || existsSync(stagingPath(sides.local))).toBe(false);
    if (outcome === 'finished') expect(contents(destination), `power for ${left}`).toEqual(expected);
    accounted(destination, before);
    await sides.move('to-local');
    expect(contents(destination), `power for ${left}`).toEqual(expected);
    if (left % 5 === 0) expect(await sides.move('to-local')).toMatchObject({ files: 0, conflictCount: 0 });
  }
  expect(outcomes.finished).toBeGreaterThan(10);
  expect(outcomes.dropped).toBeGreaterThan(1);
}, 240_000);
