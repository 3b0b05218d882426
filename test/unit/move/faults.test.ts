/** Cuts, kills, full disks and files that change meanwhile: after each, nothing is lost, and the next try succeeds. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { execFileSync, spawn } from 'node:child_process';
import { appendFileSync, chmodSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { LabdockError } from '../../../main/common/problem';
import { moveFiles } from '../../../main/workspace/move/moveFiles';
import { accounted, prepared, reasonOf } from './changes';
import { contents, put, sha256, TwoSides, type Faults } from './twoSides';

let sides: TwoSides;
beforeEach(() => {
  sides = new TwoSides();
});
afterEach(() => sides.dispose());

describe.each([
  ['to-cluster', 'local'],
  ['to-local', 'far'],
] as const)('%s', (direction, source) => {
  const cut = (faults: (frame: number) => Faults) => async () => {
    const { expected, destination } = await prepared(sides, source);
    const from = source === 'local' ? sides.local : sides.far;
    const sourceBefore = contents(from);
    const before = contents(destination);
    for (let frame = 1; ; frame++) {
      const reason = await reasonOf(sides.move(direction, faults(frame)));
      expect(contents(from)).toEqual(sourceBefore);
      accounted(destination, before);
      if (reason === 'done') break;
      expect(reason).toMatch(/^move-(interrupted|unfinished)$/);
      expect(frame, 'it never gets through').toBeLessThan(60);
      if (reason === 'move-interrupted') expect(contents(destination)).toEqual(before);
      // Once it has arrived there is nothing left to cut.
      if (reason === 'move-unfinished') break;
    }
    await sides.move(direction);
    expect(contents(destination)).toEqual(expected);
    accounted(destination, before);
    expect(await sides.move(direction)).toMatchObject({ files: 0, deletions: 0, conflictCount: 0 });
  };

  test(
    'the agent is killed at each frame that is sent to it',
    cut((at) => ({ cutSending: (frame) => frame === at })),
    120_000,
  );
  test(
    'the agent is killed at each frame that it sends',
    cut((at) => ({ cutReceiving: (frame) => frame === at })),
    120_000,
  );

  test('a cancelled move leaves the destination as it was, and can be done again', async () => {
    const { expected, destination } = await prepared(sides, source);
    const before = contents(destination);
    const stop = new AbortController();
    const move = moveFiles(sides.request(direction), {
      signal: stop.signal,
      onProgress: (stage, files) => stage === 'copying' && files > 0 && stop.abort(),
    });
    expect(await reasonOf(move)).toBe('cancelled');
    expect(contents(destination)).toEqual(before);
    await sides.move(direction);
    expect(contents(destination)).toEqual(expected);
  });

  test('a file that is edited once while it is read arrives as it is in the end', async () => {
    put(source === 'local' ? sides.local : sides.far, { 'a.txt': 'a', 'large.bin': Buffer.alloc(3_000_000, 1) });
    const [from, to] = source === 'local' ? [sides.local, sides.far] : [sides.far, sides.local];
    let edited = false;
    await moveFiles(sides.request(direction), {
      signal: AbortSignal.timeout(30_000),
      onProgress: (stage, files) => {
        if (stage !== 'copying' || files === 0 || edited) return;
        edited = true;
        appendFileSync(join(from, 'large.bin'), 'more');
        writeFileSync(join(from, 'a.txt'), 'b');
      },
    });
    expect(edited).toBe(true);
    expect(contents(to)).toEqual(contents(from));
    expect(await sides.move(direction)).toMatchObject({ files: 0, conflictCount: 0 });
  });

  test('a file that goes on changing ends the move, and the destination is as it was', async () => {
    const [from, to] = source === 'local' ? [sides.local, sides.far] : [sides.far, sides.local];
    put(from, { 'busy.log': 'x', 'z.bin': Buffer.alloc(3_000_000, 1) });
    put(to, { 'there.txt': 'there' });
    // Whenever something is sent, and so again before it is asked whether the file is still the same.
    const busy = () => {
      appendFileSync(join(from, 'busy.log'), 'x');
      return false;
    };
    expect(await reasonOf(sides.move(direction, { cutSending: busy }))).toBe('move-source-changed');
    expect(contents(to)).toEqual({ 'there.txt': sha256('there') });
    await sides.move(direction);
    expect(contents(to)).toEqual({ ...contents(from), 'there.txt': sha256('there') });
  });
});

test('the far side is killed after each change of a name, during its commit and around it', async () => {
  // Counts renames, links and folders, and ends the process after the n-th.
  const preamble = (at: number) => `
import os as _os
_left = [${at}]
def _deadly(real):
    def call(*a, **k):
        try: return real(*a, **k)
        finally:
            _left[0] -= 1
            if _left[0] == 0: _os.kill(_os.getpid(), 9)
    return call
for _name in ('rename', 'link', 'rmdir', 'mkdir', 'unlink'): setattr(_os, _name, _deadly(getattr(_os, _name)))
`;
  const { expected, destination } = await prepared(sides, 'local', 2);
  const before = contents(destination);
  const source = contents(sides.local);
  execFileSync('cp', ['-a', sides.local, sides.far, sides.snapshot()]);
  const seen = new Set<string>();
  for (let at = 1; ; at += 1) {
    sides.restore();
    const reason = await reasonOf(sides.move('to-cluster', { preamble: preamble(at) }));
    accounted(destination, before);
    expect(contents(sides.local)).toEqual(source);
    if (reason === 'done') break;
    seen.add(reason);
    if (reason === 'move-interrupted') expect(contents(destination)).toEqual(before);
    await sides.move('to-cluster');
    expect(contents(destination), `killed at ${at}`).toEqual(expected);
    accounted(destination, before);
    if (at % 5 === 0)
      expect(await sides.move('to-cluster')).toMatchObject({ files: 0, deletions: 0, conflictCount: 0 });
  }
  expect([...seen].sort()).toEqual(['move-interrupted', 'move-unfinished']);
}, 240_000);

test('a full volume: nothing has changed, and it says how much is missing', async () => {
  const volume = join(sides.top, 'small');
  mkdirSync(volume);
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=6m', 'tmpfs', volume]);
  try {
    put(volume, { 'there.txt': 'there' });
    put(sides.local, { 'large.bin': Buffer.alloc(8_000_000, 1) });
    const error = await sides.move('to-cluster', {}, { farRoot: volume }).catch((caught: unknown) => caught);
    expect((error as LabdockError).problem).toMatchObject({ reason: 'move-far-full', params: { where: 'cluster' } });
    expect((error as LabdockError).problem.params!['bytes']).toBeGreaterThan(2_000_000);
    // Where the volume says more than it has (a quota), the disk is found full on the way.
    const lies = `import os as _os\n_os.statvfs = lambda _: type('S', (), {'f_bavail': 1 << 30, 'f_frsize': 4096})\n`;
    expect(await reasonOf(sides.move('to-cluster', { preamble: lies }, { farRoot: volume }))).toBe('move-far-full');
    expect(contents(volume)).toEqual({ 'there.txt': sha256('there') });
    expect(readdirSync(join(volume, '.labdock'))).not.toContain('staging');
    execFileSync('mount', ['-o', 'remount,size=30m', volume]);
    await sides.move('to-cluster', {}, { farRoot: volume });
    expect(contents(volume)).toEqual({ ...contents(sides.local), 'there.txt': sha256('there') });
  } finally {
    execFileSync('umount', [volume]);
  }
});

test('a full disk on this computer: nothing has changed, and it says how much is missing', async () => {
  const folder = join(sides.top, 'small');
  mkdirSync(folder);
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=6m', 'tmpfs', folder]);
  try {
    put(folder, { 'there.txt': 'there' });
    put(sides.far, { 'large.bin': Buffer.alloc(8_000_000, 1), 'new/small.txt': 'small' });
    const before = contents(folder);
    const error = await sides.move('to-local', {}, { folder }).catch((caught: unknown) => caught);
    expect((error as LabdockError).problem).toMatchObject({ reason: 'move-far-full', params: { where: folder } });
    expect((error as LabdockError).problem.params!['bytes']).toBeGreaterThan(2_000_000);
    // Room when it was asked for, and then somebody else took it.
    execFileSync('mount', ['-o', 'remount,size=12m', folder]);
    const ballast = join(sides.top, 'small/.labdock/ballast');
    let filled = false;
    const outcome = await reasonOf(
      moveFiles(sides.request('to-local', {}, { folder }), {
        signal: AbortSignal.timeout(30_000),
        onProgress: (stage) => {
          if (stage !== 'copying' || filled) return;
          filled = true;
          writeFileSync(ballast, Buffer.alloc(8_000_000, 2));
        },
      }),
    );
    expect(outcome).toBe('move-far-full');
    expect(contents(folder)).toEqual(before);
    expect(readdirSync(join(folder, '.labdock'))).not.toContain('staging');
    rmSync(ballast);
    execFileSync('mount', ['-o', 'remount,size=30m', folder]);
    await sides.move('to-local', {}, { folder });
    expect(contents(folder)).toEqual({ ...contents(sides.far), ...before });
  } finally {
    execFileSync('umount', [folder]);
  }
});

test('a destination file that is edited between comparing and committing is kept beside', async () => {
  put(sides.local, { 'a.txt': 'base' });
  await sides.move('to-cluster');
  put(sides.local, { 'a.txt': 'mine' });
  const moved = await moveFiles(sides.request('to-cluster'), {
    signal: AbortSignal.timeout(30_000),
    onProgress: (stage) => stage === 'committing' && put(sides.far, { 'a.txt': 'theirs', 'b.txt': 'new' }),
  });
  expect(moved.conflicts).toEqual([{ path: 'a.txt', copy: 'a (kept from cluster 2026-11-25).txt' }]);
  expect(contents(sides.far)).toEqual({
    'a.txt': sha256('mine'),
    'a (kept from cluster 2026-11-25).txt': sha256('theirs'),
    'b.txt': sha256('new'),
  });
});

test('a damaged piece is noticed', async () => {
  put(sides.local, { 'large.bin': Buffer.alloc(1_000_000, 1) });
  const request = sides.request('to-cluster');
  const open = request.openAgent;
  request.openAgent = async (command, signal) => {
    const stream = await open(command, signal);
    const write = stream.stdin.write.bind(stream.stdin) as (chunk: Buffer) => boolean;
    stream.stdin.write = ((chunk: Buffer) => {
      if (chunk[4] === 0x44) chunk[1000] = 0xff;
      return write(chunk);
    }) as typeof stream.stdin.write;
    return stream;
  };
  expect(await reasonOf(moveFiles(request, { signal: AbortSignal.timeout(30_000) }))).toBe('move-verify-failed');
  expect(contents(sides.far)).toEqual({});
});

test('one agent at a time: a session whose connection was lost is waited for, then ended', async () => {
  put(sides.local, { 'a.txt': 'a' });
  await sides.move('to-cluster');
  const lock = 'import fcntl,sys,time;f=open(sys.argv[1],"r+");fcntl.flock(f,2);print(1,flush=True);time.sleep(2)';
  const holder = spawn('python3', ['-c', lock, join(sides.far, '.labdock/lock')]);
  await new Promise((resolve) => holder.stdout.once('data', resolve));
  const began = performance.now();
  await sides.move('to-cluster');
  expect(performance.now() - began).toBeGreaterThan(1000);
});

test('an unreadable folder is left out and nothing in it counts as deleted', async () => {
  put(sides.local, { 'open/a.txt': 'a', 'closed/b.txt': 'b' });
  await sides.move('to-cluster');
  // As an ordinary user would meet it; root may read everything.
  chmodSync(join(sides.local, 'closed'), 0);
  if (process.getuid?.() === 0) {
    rmSync(join(sides.local, 'closed'), { recursive: true });
    const preamble = `import os as _os\n_real = _os.scandir\ndef _scan(p):\n    if p.endswith(b'closed'): raise PermissionError(13, 'denied')\n    return _real(p)\n_os.scandir = _scan\n`;
    put(sides.local, { 'closed/b.txt': 'b' });
    const moved = await sides.move('to-local', { preamble });
    expect(moved).toMatchObject({ deletions: 0, leftOut: [{ path: 'closed', why: 'unreadable' }] });
  } else {
    const moved = await sides.move('to-cluster');
    expect(moved).toMatchObject({ deletions: 0, leftOut: [{ path: 'closed', why: 'unreadable' }] });
    chmodSync(join(sides.local, 'closed'), 0o755);
  }
  expect(contents(sides.far)).toMatchObject({ 'closed/b.txt': sha256('b') });
  expect(contents(sides.local)).toMatchObject({ 'closed/b.txt': sha256('b') });
});
