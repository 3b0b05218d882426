/** Two sides with changes of every kind between them, and what must be true after any trouble. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { LabdockError } from '../../../main/common/problem';
import { contents, put, sha256, trashed, type TwoSides } from './twoSides';

export const reasonOf = (work: Promise<unknown>) =>
  work.then(
    () => 'done',
    (error: unknown) => (error instanceof LabdockError ? error.problem.reason : `no reason: ${String(error)}`),
  );

/** Both sides with a base, and then changes of every kind on the source (and some at the destination). */
export async function prepared(
  sides: TwoSides,
  source: 'local' | 'far',
  count = 300,
): Promise<{ expected: Record<string, string>; destination: string }> {
  put(sides.local, {
    'kept.txt': 'kept',
    'gone.txt': 'gone',
    'changed.txt': 'old',
    'both.txt': 'base',
    'dir/x.txt': 'x',
  });
  await sides.move('to-cluster');
  const [from, to] = source === 'local' ? [sides.local, sides.far] : [sides.far, sides.local];
  const many = Object.fromEntries(Array.from({ length: count }, (_, index) => [`many/${index}.txt`, `file ${index}`]));
  put(from, { ...many, 'changed.txt': 'new', 'both.txt': 'source', 'large.bin': Buffer.alloc(2_000_000, 7) });
  rmSync(join(from, 'gone.txt'));
  rmSync(join(from, 'dir'), { recursive: true });
  put(from, { dir: 'a file now' });
  put(to, { 'both.txt': 'destination', 'only.txt': 'only there' });
  const copy = `both (kept from ${source === 'local' ? 'cluster' : 'this computer'} 2026-11-25).txt`;
  const expected = { ...contents(from), [copy]: sha256('destination'), 'only.txt': sha256('only there') };
  return { expected, destination: to };
}

export function accounted(destination: string, before: Record<string, string>): void {
  const now = new Set([...Object.values(contents(destination)), ...Object.values(trashed(destination))]);
  for (const [path, hash] of Object.entries(before)) if (hash !== 'folder') expect(now.has(hash), path).toBe(true);
}
