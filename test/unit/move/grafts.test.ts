/** New folders that come to the far side whole: what is one, and what becomes of them when something is in the way. */
import { chmodSync, mkdirSync, renameSync, rmSync, statSync, symlinkSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { graftsOf } from '../../../main/workspace/move/grafts';
import { moveFiles } from '../../../main/workspace/move/moveFiles';
import type { Entry, JournalLine, Put } from '../../../main/workspace/move/model';
import { contents, put, sha256, TwoSides } from './twoSides';

describe('what is grafted', () => {
  const made = (path: string, mode = 0o755): JournalLine => ['mkdir', path, mode];
  const one = (path: string, keep = ''): Put => {
    const entry: Entry = { path, kind: 'f', mode: 0o644, size: 1, mtimeNs: '1', signature: '1' };
    return { number: 0, entry, keep, expected: '' };
  };
  const plan = (before: JournalLine[], puts: Put[] = []) => graftsOf({ before, puts });

  test('the topmost new folders, with all new ones in them, parents first', () => {
    const found = plan([
      made('b/c/d'),
      made('b'),
      made('a', 0o700),
      made('b/c'),
      made('old/new/x'),
      made('old/new', -1),
    ]);
    expect(found.map(({ path, folders }) => [path, folders])).toEqual([
      ['b', [['', 0o755], ['c', 0o755], ['c/d', 0o755]]], // prettier-ignore
      ['a', [['', 0o700]]],
      ['old/new', [['', -1], ['x', 0o755]]], // prettier-ignore
    ]);
    expect(new Set(found.map(({ number }) => number)).size).toBe(3);
  });

  test('not one in which something is to be replaced', () => {
    expect(plan([made('a'), made('b')], [one('a/kept', 'a/kept (copy)'), one('b/new')]).map(({ path }) => path)).toEqual(['b']); // prettier-ignore
  });

  test('nothing where nothing is new', () => {
    expect(plan([['trash', 'a', 'b', '1']], [one('a/x')])).toEqual([]);
  });
});

describe('a new folder', () => {
  let sides: TwoSides;
  beforeEach(() => {
    sides = new TwoSides();
  });
  afterEach(() => sides.dispose());
  const many = (count: number) =>
    Object.fromEntries(Array.from({ length: count }, (_, n) => [`new/deep ${n % 3}/f${n}.txt`, `file ${n}`]));
  const again = async () =>
    expect(await sides.move('to-cluster')).toMatchObject({ files: 0, deletions: 0, conflictCount: 0 });

  test('arrives as it is: empty folders, rights, links, large and empty files', async () => {
    put(sides.local, {
      ...many(300),
      'new/large.bin': Buffer.alloc(1_500_000, 3),
      'new/empty.txt': '',
      'top.txt': 'top',
    });
    put(sides.local, { '새 폴더/결과.ipynb': '{}' });
    mkdirSync(join(sides.local, 'new/nothing/in it'), { recursive: true });
    mkdirSync(join(sides.local, 'alone'));
    chmodSync(join(sides.local, 'alone'), 0o750);
    symlinkSync('deep 0/f0.txt', join(sides.local, 'new/link'));
    const moved = await sides.move('to-cluster');
    expect(moved).toMatchObject({ files: 305, conflictCount: 0, leftOutCount: 0 });
    expect(contents(sides.far)).toEqual(contents(sides.local));
    expect(statSync(join(sides.far, 'alone')).mode & 0o777).toBe(0o750);
    await again();
    expect(await sides.move('to-local')).toMatchObject({ files: 0, deletions: 0, conflictCount: 0 });
  });

  test('whose place is taken while it is copied: what is there is kept beside', async () => {
    put(sides.local, many(20));
    const moved = await moveFiles(sides.request('to-cluster'), {
      signal: AbortSignal.timeout(30_000),
      onProgress: (stage) => stage === 'committing' && put(sides.far, { 'new/of another.txt': 'theirs' }),
    });
    expect(moved.conflicts).toEqual([{ path: 'new', copy: 'new (kept from cluster 2026-11-25)' }]);
    const theirs = { 'new (kept from cluster 2026-11-25)/': 'folder', 'new (kept from cluster 2026-11-25)/of another.txt': sha256('theirs') }; // prettier-ignore
    expect(contents(sides.far)).toEqual({ ...contents(sides.local), ...theirs });
    await again();
  });

  test('whose place is taken by a file: that is kept beside', async () => {
    put(sides.local, many(20));
    put(sides.far, { new: 'a file here' });
    const moved = await sides.move('to-cluster');
    expect(moved.conflicts).toEqual([{ path: 'new', copy: 'new (kept from cluster 2026-11-25)' }]);
    expect(contents(sides.far)).toEqual({ ...contents(sides.local), 'new (kept from cluster 2026-11-25)': sha256('a file here') }); // prettier-ignore
  });

  test('from which files go while it is copied: what is gone does not arrive', async () => {
    put(sides.local, { ...many(200), 'new/large.bin': Buffer.alloc(600_000, 1) });
    let gone = false;
    const remove = (_: number, type: string) => {
      // The first files have arrived; the others are on their way.
      if (type === 'S' && !gone) {
        gone = true;
        rmSync(join(sides.local, 'new/deep 0/f0.txt'));
        renameSync(join(sides.local, 'new/deep 1/f1.txt'), join(sides.local, 'new/deep 1/renamed.txt'));
      }
      return false;
    };
    const moved = await sides.move('to-cluster', { cutReceiving: remove });
    expect(gone).toBe(true);
    expect(moved.files).toBe(199);
    const { 'new/deep 1/renamed.txt': renamed, ...others } = contents(sides.local);
    expect(renamed).toBe(sha256('file 1'));
    expect(contents(sides.far)).toEqual(others);
    expect(await sides.move('to-cluster')).toMatchObject({ files: 1, deletions: 0, conflictCount: 0 });
    expect(contents(sides.far)).toEqual(contents(sides.local));
  });

  test('in which a file changes while it is copied: it arrives as it is in the end', async () => {
    put(sides.local, { ...many(200), 'new/large.bin': Buffer.alloc(3_000_000, 1) });
    let edits = 0;
    await moveFiles(sides.request('to-cluster'), {
      signal: AbortSignal.timeout(30_000),
      onProgress: (stage, files) => {
        if (stage !== 'copying' || files === 0 || edits++) return;
        put(sides.local, { 'new/large.bin': Buffer.alloc(2_000_000, 2), 'new/deep 0/f0.txt': 'edited' });
      },
    });
    expect(edits).toBeGreaterThan(0);
    expect(contents(sides.far)).toEqual(contents(sides.local));
    await again();
  });

  test('with two names that the disk takes for the same: neither takes the other’s place', async () => {
    put(sides.local, { ...many(6), 'new/READ.txt': 'upper', 'new/read.txt': 'lower' });
    symlinkSync('read.txt', join(sides.local, 'new/Read.txt'));
    // The far disk says for each but the first that the name is there.
    const preamble = [
      'import os as _os',
      '_open, _symlink, _first = _os.open, _os.symlink, {}',
      'def _same(name):',
      "    if name.lower() == b'read.txt' and _first.setdefault('name', name) != name:",
      "        raise FileExistsError(17, 'there is one', name)",
      'def _o(name, flags, *a, **k):',
      '    if flags & _os.O_CREAT: _same(name)',
      '    return _open(name, flags, *a, **k)',
      'def _s(target, name, **k):',
      '    _same(name)',
      '    return _symlink(target, name, **k)',
      '_os.open, _os.symlink = _o, _s',
      '',
    ].join('\n');
    await sides.move('to-cluster', { preamble });
    expect(contents(sides.far)).toEqual(contents(sides.local));
    await again();
  });

  test('that cannot be put in its place is said of its files, and tried again', async () => {
    put(sides.local, { ...many(6), 'top.txt': 'top' });
    const preamble = [
      'import os as _os',
      '_rename = _os.rename',
      'def _r(a, b):',
      "    if b.endswith(b'/new'): raise OSError(22, 'no such name here', b)",
      '    return _rename(a, b)',
      '_os.rename = _r',
      '',
    ].join('\n');
    const moved = await sides.move('to-cluster', { preamble });
    expect(moved.files).toBe(1);
    expect(moved.leftOut.filter(({ why }) => why === 'refused')).toHaveLength(6);
    expect(contents(sides.far)).toEqual({ 'top.txt': sha256('top') });
    expect(await sides.move('to-cluster')).toMatchObject({ files: 6, deletions: 0 });
    expect(contents(sides.far)).toEqual(contents(sides.local));
    unlinkSync(join(sides.local, 'new/deep 0/f0.txt'));
    expect(await sides.move('to-cluster')).toMatchObject({ files: 0, deletions: 1 });
    expect(contents(sides.far)).toEqual(contents(sides.local));
  });
});
