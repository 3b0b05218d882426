import { afterEach, beforeEach, expect, test } from 'vitest';
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
} from 'node:fs';
import { join } from 'node:path';
import { contents, put, sha256, trashed, TwoSides } from './twoSides';

let sides: TwoSides;
beforeEach(() => {
  sides = new TwoSides();
});
afterEach(() => sides.dispose());

test('the agent compiles', () => {
  const agent = join(import.meta.dirname, '../../../resources/move/agent.py');
  execFileSync('python3', ['-c', 'import sys;compile(open(sys.argv[1]).read(), "agent", "exec")', agent]);
});

test('there and back: everything arrives, with links, empty folders, modes and times', async () => {
  put(sides.local, { 'a.txt': 'one', 'deep/er/b.ipynb': '{}', 'empty.txt': '', '한글 파일 🐍.txt': 'x' });
  mkdirSync(join(sides.local, 'nothing/in here'), { recursive: true });
  symlinkSync('deep/er/b.ipynb', join(sides.local, 'link'));
  chmodSync(join(sides.local, 'a.txt'), 0o755);
  utimesSync(join(sides.local, 'a.txt'), 1_600_000_000, 1_600_000_000);
  const before = contents(sides.local);
  const first = await sides.move('to-cluster');
  expect(contents(sides.far)).toEqual(before);
  expect(contents(sides.local)).toEqual(before);
  expect(first).toMatchObject({ files: 5, firstCopy: true, deletions: 0, conflictCount: 0, leftOutCount: 0 });
  expect(lstatSync(join(sides.far, 'a.txt')).mode & 0o777).toBe(0o755);
  expect(lstatSync(join(sides.far, 'a.txt')).mtimeMs).toBe(1_600_000_000_000);

  put(sides.far, { 'a.txt': 'two', 'new/c.txt': 'c' });
  rmSync(join(sides.far, 'deep'), { recursive: true });
  rmSync(join(sides.far, 'link'));
  const preview = await sides.compare('to-local');
  expect(preview).toMatchObject({ files: 2, bytes: 4, deletions: 2, unchanged: 2, farSide: 'same', firstCopy: false });
  const back = await sides.move('to-local');
  expect(back).toMatchObject({ files: 2, deletions: 2, conflictCount: 0, firstCopy: false });
  expect(contents(sides.local)).toEqual(contents(sides.far));
  expect(Object.values(trashed(sides.local))).toEqual(
    expect.arrayContaining([sha256('one'), sha256('{}'), '-> deep/er/b.ipynb']),
  );
  expect(lstatSync(join(sides.local, 'a.txt')).mode & 0o777).toBe(0o755);
  for (const root of [sides.local, sides.far])
    expect(readdirSync(join(root, '.labdock')).filter((name) => /staging|journal/.test(name))).toEqual([]);
});

test('a second move of the same does nothing', async () => {
  put(sides.local, { 'a.txt': 'one', 'b/c.txt': 'two' });
  await sides.move('to-cluster');
  expect(await sides.move('to-cluster')).toMatchObject({ files: 0, bytes: 0, unchanged: 2, conflictCount: 0 });
  expect(await sides.move('to-local')).toMatchObject({ files: 0, bytes: 0, unchanged: 2, conflictCount: 0 });
});

test('large files go in pieces, in both directions', async () => {
  const large = Buffer.alloc(5_000_001, 'abcdefg');
  put(sides.local, { 'large.bin': large, 'exact.bin': Buffer.alloc(1024 * 1024, 1) });
  await sides.move('to-cluster');
  expect(contents(sides.far)).toEqual(contents(sides.local));
  put(sides.far, { 'large.bin': Buffer.concat([large, large]), 'other.bin': Buffer.alloc(300_000, 2) });
  await sides.move('to-local');
  expect(contents(sides.far)).toEqual(contents(sides.local));
});

test('both sides changed: both versions are at the destination, the source is as it was', async () => {
  put(sides.local, { 'notes.ipynb': 'base', 'same.txt': 'base' });
  await sides.move('to-cluster');
  put(sides.local, { 'notes.ipynb': 'mine', 'same.txt': 'alike' });
  put(sides.far, { 'notes.ipynb': 'theirs', 'same.txt': 'alike' });
  const moved = await sides.move('to-cluster');
  expect(moved.conflicts).toEqual([{ path: 'notes.ipynb', copy: 'notes (kept from cluster 2026-11-25).ipynb' }]);
  expect(contents(sides.far)).toEqual({
    'notes.ipynb': sha256('mine'),
    'notes (kept from cluster 2026-11-25).ipynb': sha256('theirs'),
    'same.txt': sha256('alike'),
  });
  expect(contents(sides.local)).toEqual({ 'notes.ipynb': sha256('mine'), 'same.txt': sha256('alike') });
  // And back: the copy comes along, nothing is a conflict any more.
  expect(await sides.move('to-local')).toMatchObject({ files: 1, conflictCount: 0 });
  expect(contents(sides.local)).toEqual(contents(sides.far));
});

test('only the destination changed: its version stays, and comes back', async () => {
  put(sides.local, { 'a.txt': 'base' });
  await sides.move('to-cluster');
  put(sides.local, { 'a.txt': 'edited at home' });
  expect(await sides.move('to-local')).toMatchObject({ files: 0, conflictCount: 0 });
  expect(contents(sides.local)).toEqual({ 'a.txt': sha256('edited at home') });
  expect(await sides.move('to-cluster')).toMatchObject({ files: 1, conflictCount: 0 });
  expect(contents(sides.far)).toEqual({ 'a.txt': sha256('edited at home') });
});

test('first copies onto files of the same name keep both, and skip what is alike', async () => {
  put(sides.local, { 'a.txt': 'here', 'b.txt': 'alike' });
  put(sides.far, { 'a.txt': 'over there', 'b.txt': 'alike', 'c.txt': 'only there' });
  const moved = await sides.move('to-cluster');
  expect(moved).toMatchObject({ files: 1, firstCopy: true, conflictCount: 1, deletions: 0, unchanged: 1 });
  expect(contents(sides.far)).toEqual({
    'a.txt': sha256('here'),
    'a (kept from cluster 2026-11-25).txt': sha256('over there'),
    'b.txt': sha256('alike'),
    'c.txt': sha256('only there'),
  });
});

test.each(['swapped', 'emptied', 'set back'] as const)('a volume that was %s deletes nothing', async (how) => {
  put(sides.local, { 'a.txt': 'one', 'b.txt': 'two' });
  await sides.move('to-cluster');
  if (how === 'set back') {
    execFileSync('cp', ['-a', sides.far, `${sides.far}-snapshot`]);
    put(sides.local, { 'late.txt': 'three' });
    await sides.move('to-cluster');
    rmSync(sides.far, { recursive: true });
    renameSync(`${sides.far}-snapshot`, sides.far);
  } else if (how === 'swapped') {
    rmSync(sides.far, { recursive: true });
    mkdirSync(sides.far);
  } else for (const name of ['a.txt', 'b.txt']) rmSync(join(sides.far, name));
  const before = contents(sides.local);
  expect((await sides.compare('to-local')).farSide).toBe('other');
  expect(await sides.move('to-local')).toMatchObject({ deletions: 0, files: 0, firstCopy: true });
  expect(contents(sides.local)).toEqual(before);
  await sides.move('to-cluster');
  expect(contents(sides.far)).toEqual(before);
});

test('a folder copied for another workspace is another side', async () => {
  put(sides.local, { 'a.txt': 'one', 'b.txt': 'two' });
  await sides.move('to-cluster');
  rmSync(join(sides.local, 'b.txt'));
  const moved = await sides.move('to-cluster', {}, { workspaceId: 'w-2' });
  expect(moved).toMatchObject({ firstCopy: true, deletions: 0 });
  expect(existsSync(join(sides.far, 'b.txt'))).toBe(true);
});

test('what cannot or shall not go is left out and named', async () => {
  put(sides.local, {
    '.labdockignore': '# mine\n*.tmp\n/data/\n!keep.tmp\n',
    'x.tmp': 'x',
    'keep.tmp': 'k',
    'data/big.csv': 'd',
    'sub/data/small.csv': 's',
    '.~notes.ipynb': 'copy',
    '.ipynb_checkpoints/notes-checkpoint.ipynb': 'c',
    'large.bin': Buffer.alloc(2000),
  });
  symlinkSync('/etc/passwd', join(sides.local, 'absolute'));
  symlinkSync('../../elsewhere', join(sides.local, 'sub/outside'));
  symlinkSync('../keep.tmp', join(sides.local, 'sub/inside'));
  execFileSync('mkfifo', [join(sides.local, 'pipe')]);
  // A name that is no UTF-8.
  execFileSync('python3', ['-c', 'import os,sys;open(os.fsencode(sys.argv[1]) + b"/bad-\\xff", "w")', sides.local]);
  const moved = await sides.move('to-cluster', {}, { sizeLimitBytes: 1000 });
  expect(moved.leftOut).toEqual(
    expect.arrayContaining([
      { path: 'absolute', bytes: 0, why: 'outside' },
      { path: 'sub/outside', bytes: 0, why: 'outside' },
      { path: 'large.bin', bytes: 2000, why: 'too-large' },
      { path: 'pipe', bytes: 0, why: 'special' },
      { path: 'x.tmp', bytes: 1, why: 'ignored' },
      { path: 'data', bytes: 0, why: 'ignored' },
      { path: 'bad-\uFFFD', bytes: 0, why: 'name' },
      { path: '.~notes.ipynb', bytes: 4, why: 'ignored' },
    ]),
  );
  expect(Object.keys(contents(sides.far)).sort()).toEqual(
    [
      '.labdockignore',
      '.ipynb_checkpoints/',
      '.ipynb_checkpoints/notes-checkpoint.ipynb',
      'keep.tmp',
      'sub/',
      'sub/data/',
      'sub/data/small.csv',
      'sub/inside',
    ].sort(),
  );
});

test('what is ignored later is not deleted over there', async () => {
  put(sides.local, { 'a.csv': 'a', 'b.txt': 'b' });
  await sides.move('to-cluster');
  put(sides.local, { '.labdockignore': '*.csv' });
  rmSync(join(sides.local, 'b.txt'));
  expect(await sides.move('to-cluster')).toMatchObject({ deletions: 1 });
  expect(Object.keys(contents(sides.far))).toEqual(['.labdockignore', 'a.csv']);
});

test('files become folders and folders become files, without losing what was in them', async () => {
  put(sides.local, { thing: 'file', 'place/a.txt': 'a', 'place/b.txt': 'b' });
  await sides.move('to-cluster');
  rmSync(join(sides.local, 'thing'));
  rmSync(join(sides.local, 'place'), { recursive: true });
  put(sides.local, { 'thing/inside.txt': 'i', place: 'now a file' });
  put(sides.far, { 'place/b.txt': 'edited there' });
  const moved = await sides.move('to-cluster');
  expect(moved.conflicts).toEqual([{ path: 'place', copy: 'place (kept from cluster 2026-11-25)' }]);
  expect(contents(sides.far)).toEqual({
    place: sha256('now a file'),
    'place (kept from cluster 2026-11-25)/': 'folder',
    'place (kept from cluster 2026-11-25)/b.txt': sha256('edited there'),
    'thing/': 'folder',
    'thing/inside.txt': sha256('i'),
  });
  expect(Object.values(trashed(sides.far))).toEqual(expect.arrayContaining([sha256('file'), sha256('a')]));
});
