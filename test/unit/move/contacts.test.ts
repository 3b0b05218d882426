/** More than one contact with a folder at a time, and hands of others in what a move has staged. */
import { mkdirSync, rmSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { execFileSync } from 'node:child_process';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { LabdockError } from '../../../main/common/problem';
import { withFolderLock } from '../../../main/workspace/move/folderLock';
import { compareSides, moveFiles, type Direction } from '../../../main/workspace/move/moveFiles';
import { contents, put, sha256, TwoSides } from './twoSides';

let sides: TwoSides;
let other: TwoSides;
beforeEach(() => {
  sides = new TwoSides();
  other = new TwoSides();
});
afterEach(() => {
  sides.dispose();
  other.dispose();
});

const signal = () => AbortSignal.timeout(60_000);
const many = (count: number, word: string) =>
  Object.fromEntries(Array.from({ length: count }, (_, n) => [`d${n % 7}/f${n}.txt`, `${word} ${n}`]));
const reasonOf = (work: Promise<unknown>) =>
  work.then(
    () => 'done',
    (error: unknown) => (error as LabdockError).problem?.reason ?? String(error),
  );

describe.each(['copying', 'committing'])('a look while a move is %s', (when) => {
  test.each<Direction>(['to-local', 'to-cluster'])('%s takes nothing from it', async (direction) => {
    const [from, to] = direction === 'to-local' ? [sides.far, sides.local] : [sides.local, sides.far];
    put(from, many(400, 'made'));
    const looks: Promise<string>[] = [];
    const moved = await moveFiles(sides.request(direction), {
      signal: signal(),
      onProgress: (stage) => {
        if (stage === when && looks.length < 3) looks.push(reasonOf(compareSides(sides.request('to-local'), signal())));
      },
    });
    expect(moved.files).toBe(400);
    expect(looks.length).toBeGreaterThan(0);
    for (const outcome of await Promise.all(looks)) expect(['done', 'move-elsewhere']).toContain(outcome);
    expect(contents(to)).toEqual(contents(from));
    const back = direction === 'to-local' ? 'to-cluster' : 'to-local';
    expect(await sides.move(back)).toMatchObject({ files: 0, deletions: 0, conflictCount: 0 });
  });
});

test('two workspaces with one folder bring their files there one after the other', async () => {
  put(sides.far, many(300, 'one'));
  put(other.far, Object.fromEntries(Array.from({ length: 300 }, (_, n) => [`other/f${n}.txt`, `two ${n}`])));
  const mine = sides.move('to-local');
  const theirs = other.move('to-local', {}, { folder: sides.local, workspaceId: 'w-2' });
  expect((await Promise.all([mine, theirs])).map(({ files }) => files)).toEqual([300, 300]);
  expect(contents(sides.local)).toEqual({ ...contents(sides.far), ...contents(other.far) });
});

test.each<Direction>(['to-local', 'to-cluster'])(
  '%s: where staging is a link of somebody’s, what it leads to stays',
  async (direction) => {
    const [from, to] = direction === 'to-local' ? [sides.far, sides.local] : [sides.local, sides.far];
    put(from, many(20, 'made'));
    put(to, { 'mine/precious.txt': 'precious' });
    mkdirSync(join(to, '.labdock'), { recursive: true });
    symlinkSync('../mine', join(to, '.labdock/staging'));
    const look = await reasonOf(compareSides(sides.request(direction), signal()));
    const move = await reasonOf(sides.move(direction));
    expect([look, move]).toEqual(['done', 'done']);
    expect(contents(to)).toEqual({ ...contents(from), 'mine/': 'folder', 'mine/precious.txt': sha256('precious') });
  },
);

// There, files of new folders wait in these, and others under their number.
test.each<[Direction, staged: string]>([
  ['to-local', '7'],
  ['to-cluster', '0/41'],
  ['to-cluster', 'grafts/2/f2.txt'],
])('%s, staged file %s is taken away: nothing changes, and it is said', async (direction, name) => {
  const [from, to] = direction === 'to-local' ? [sides.far, sides.local] : [sides.local, sides.far];
  put(from, { ...many(40, 'made'), 'on top.txt': 'one', 'on top too.txt': 'two' });
  put(to, { 'there.txt': 'there' });
  const before = contents(to);
  const staged = join(to, '.labdock/staging', name);
  const outcome = await reasonOf(
    moveFiles(sides.request(direction), {
      signal: signal(),
      onProgress: (stage) => stage === 'committing' && rmSync(staged),
    }),
  );
  expect(outcome).toBe('move-verify-failed');
  expect(contents(to)).toEqual(before);
  await sides.move(direction);
  expect(contents(to)).toEqual({ ...before, ...contents(from) });
});

test('a volume set back to before a move home: what was made since counts as nobody’s deletion', async () => {
  put(sides.local, { 'a.txt': 'morning', 'b.txt': 'b' });
  await sides.move('to-cluster');
  execFileSync('cp', ['-a', sides.far, join(sides.top, 'kept')]);
  put(sides.far, { 'a.txt': 'evening', 'new.txt': 'new' });
  await sides.move('to-local');
  rmSync(sides.far, { recursive: true });
  execFileSync('cp', ['-a', join(sides.top, 'kept'), sides.far]);
  expect(await sides.compare('to-local')).toMatchObject({ farSide: 'other', deletions: 0, conflictCount: 1 });
  await sides.move('to-local');
  const here = contents(sides.local);
  expect(Object.keys(here)).toContain('new.txt');
  expect(Object.keys(here).filter((name) => name.startsWith('a '))).toHaveLength(1);
});

describe('a place that may not be written', () => {
  const nobody = 65534;
  const own = (folder: string) => execFileSync('chown', ['-R', `${nobody}:${nobody}`, folder]);
  // A shell on the way would give root back. What the agent imports is loaded before: Python may be root's alone.
  const modules = 'binascii ctypes fcntl hashlib json os re shutil struct threading zlib';
  const preamble = `import ${modules.replaceAll(' ', ', ')}; os.setgroups([]); os.setgid(${nobody}); os.setuid(${nobody})\n`;
  const move = (direction: Direction) => sides.move(direction, { preamble });
  /** As an ordinary user: for root every folder is writable. */
  const asNobody = async <T>(work: () => Promise<T>): Promise<T> => {
    execFileSync('chmod', ['755', sides.top]);
    for (const side of [sides.local, sides.far]) own(side);
    process.setegid!(nobody);
    process.seteuid!(nobody);
    try {
      return await work();
    } finally {
      process.seteuid!(0);
      process.setegid!(0);
    }
  };

  test.each<Direction>(['to-local', 'to-cluster'])(
    '%s, a read-only folder of one’s own gets the files, and stays read-only',
    async (direction) => {
      const [from, to] = direction === 'to-local' ? [sides.far, sides.local] : [sides.local, sides.far];
      put(from, { 'raw/x.txt': 'x', 'raw/gone.txt': 'gone', 'b.txt': 'b' });
      await asNobody(() => move(direction));
      execFileSync('chmod', ['555', join(to, 'raw')]);
      put(from, {
        'raw/x.txt': 'changed',
        ...Object.fromEntries(Array.from({ length: 30 }, (_, n) => [`raw/${n}`, `${n}`])),
      });
      rmSync(join(from, 'raw/gone.txt'));
      const moved = await asNobody(() => move(direction));
      expect(moved).toMatchObject({ leftOutCount: 0, conflictCount: 0, deletions: 1 });
      expect(contents(to)).toEqual(contents(from));
      expect(execFileSync('stat', ['-c', '%a', join(to, 'raw')], { encoding: 'utf8' }).trim()).toBe('555');
    },
  );

  test.each<Direction>(['to-local', 'to-cluster'])(
    '%s, somebody else’s is left out and named, and blocks nothing',
    async (direction) => {
      const [from, to] = direction === 'to-local' ? [sides.far, sides.local] : [sides.local, sides.far];
      put(from, { 'theirs/x.txt': 'x', 'b.txt': 'b' });
      await asNobody(() => move(direction));
      put(from, { 'theirs/x.txt': 'changed', 'theirs/new.txt': 'new', 'b.txt': 'changed, too' });
      const attempt = () =>
        asNobody(async () => {
          process.seteuid!(0);
          execFileSync('chown', ['0:0', join(to, 'theirs')]);
          process.seteuid!(nobody);
          return move(direction);
        });
      const moved = await attempt();
      expect(moved).toMatchObject({ files: 1, leftOutCount: 2 });
      expect(moved.leftOut.map(({ path, why }) => [path, why])).toEqual([
        ['theirs/new.txt', 'refused'],
        ['theirs/x.txt', 'refused'],
      ]);
      expect(contents(to)['b.txt']).toBe(contents(from)['b.txt']);
      // Nothing stands in the way of the next contact, which tries again, and succeeds once it may.
      expect(await attempt()).toMatchObject({ files: 0, leftOutCount: 2, deletions: 0 });
      const later = await asNobody(() => move(direction));
      expect(later).toMatchObject({ files: 2, leftOutCount: 0, deletions: 0, conflictCount: 0 });
      expect(contents(to)).toEqual(contents(from));
    },
  );
});

test('a folder with a hidden folder of Labdock’s within it: that stays behind', async () => {
  put(sides.local, { 'inner/.labdock/journal': 'x', 'inner/a.txt': 'a' });
  await sides.move('to-cluster');
  expect(readdirSync(join(sides.far, 'inner'))).toEqual(['a.txt']);
});

describe('the lock of a folder', () => {
  const hold = (patience: number) => withFolderLock(sides.local, { signal: signal(), patience }, async () => 'held');
  const leave = (holder: object) => {
    mkdirSync(join(sides.local, '.labdock'), { recursive: true });
    writeFileSync(join(sides.local, '.labdock/holder.json'), JSON.stringify(holder));
  };

  test('of a process that has ended is nobody’s', async () => {
    const ended = Number(execFileSync('sh', ['-c', 'echo $$'], { encoding: 'utf8' }));
    leave({ id: 'x', host: hostname(), pid: ended });
    expect(await hold(0)).toBe('held');
    expect(readdirSync(join(sides.local, '.labdock'))).toEqual([]);
  });

  test('of one that lives is waited for, and then named', async () => {
    let release = () => {};
    const held = new Promise<void>((done) => (release = done));
    const first = withFolderLock(sides.local, { signal: signal(), patience: 0 }, () => held);
    await expect(hold(200)).rejects.toMatchObject({ problem: { reason: 'move-elsewhere' } });
    const third = hold(10_000);
    setTimeout(release, 300);
    expect(await third).toBe('held');
    await first;
  }, 30_000);

  test('of another computer is taken once nothing was heard of it for long', async () => {
    leave({ id: 'x', host: 'elsewhere', pid: 1 });
    const began = performance.now();
    expect(await hold(0)).toBe('held');
    expect(performance.now() - began).toBeGreaterThan(10_000);
  }, 40_000);

  test('of somebody who lets nobody look or take it away: refused, and nothing hangs', async () => {
    leave({ id: 'x', host: 'elsewhere', pid: 1 });
    // Not even root can read or rename a folder in a file's place.
    const file = join(sides.local, '.labdock/holder.json');
    rmSync(file);
    mkdirSync(join(file, 'held'), { recursive: true });
    await expect(hold(0)).rejects.toMatchObject({ problem: { reason: 'move-elsewhere' } });
  }, 60_000);

  test('twenty at once: one after the other', async () => {
    let inside = 0;
    const one = () =>
      withFolderLock(sides.local, { signal: signal(), patience: 30_000 }, async () => {
        expect(++inside).toBe(1);
        await new Promise((done) => setTimeout(done, 5));
        inside--;
      });
    await Promise.all(Array.from({ length: 20 }, one));
  }, 60_000);
});
