/** Files between a folder of this machine and a volume of the real cluster, through the helper pod, as a switch moves them. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LabdockError } from '../../main/common/problem';
import type { AgentStream } from '../../main/runtime/runtime';
import { compareSides, moveFiles, type Direction, type MoveRequest } from '../../main/workspace/move/moveFiles';
import { testNamespace, type TestNamespace } from '../harness/cluster';
import { clusterServer, type ClusterServer } from '../harness/clusterServer';
import { ownStorage } from '../harness/clusterVolumes';
import { contents, put, sha256 } from '../unit/move/twoSides';

const agentSource = readFileSync(join(import.meta.dirname, '../../resources/move/agent.py'), 'utf8');

let namespace: TestNamespace;
beforeAll(async () => {
  namespace = await testNamespace({ restricted: true });
});
afterAll(() => namespace.dispose());

/** A workspace on the cluster that does not run, and its folder here. */
class Workspace {
  readonly folder = mkdtempSync(join(tmpdir(), 'labdock-move-'));
  constructor(
    readonly server: ClusterServer,
    readonly inside: TestNamespace,
  ) {}

  static async make(inside: TestNamespace, className = ''): Promise<Workspace> {
    const settings = { storage: { className, sizeGiB: 1 } };
    const made = new Workspace(await clusterServer({ namespace: inside, settings }), inside);
    await made.apply();
    return made;
  }

  apply(): Promise<void> {
    return this.server.runtime.create(this.server.spec, AbortSignal.timeout(60_000), this.server.files);
  }

  request(direction: Direction, wrap: (stream: AgentStream) => AgentStream = (stream) => stream): MoveRequest {
    const { runtime, id } = this.server;
    const openAgent = async (command: string[], signal: AbortSignal) =>
      wrap(await runtime.openAgent(id, command, signal));
    return { workspaceId: id, folder: this.folder, direction, agentSource, openAgent, now: new Date(2026, 10, 25) };
  }

  move(direction: Direction, wrap?: (stream: AgentStream) => AgentStream) {
    return moveFiles(this.request(direction, wrap), { signal: AbortSignal.timeout(240_000) });
  }

  /** Runs a line in the helper pod. */
  async sh(script: string): Promise<string> {
    const hello = await this.server.runtime.openAgent(this.server.id, ['true'], AbortSignal.timeout(120_000));
    hello.stdout.resume();
    await hello.done;
    return this.inside.kubectl('exec', await this.helper(), '--', 'sh', '-c', script);
  }

  async helper(): Promise<string> {
    const selector = `io.labdock.workspace=${this.server.id},app.kubernetes.io/component=helper`;
    return (await this.inside.kubectl('get', 'pods', '-l', selector, '-o', 'name')).trim();
  }

  /** sha256 by path of every file on the volume but `.labdock`, as coreutils say. */
  async far(): Promise<Record<string, string>> {
    const script = "cd /work && find . -name .labdock -prune -o -type f -exec sha256sum -z {} + | tr '\\0' '\\1'";
    const lines = (await this.sh(script)).split('\u0001').filter((line) => line.length > 66);
    return Object.fromEntries(lines.map((line): [string, string] => [line.slice(68), line.slice(0, 64)]));
  }

  here(): Record<string, string> {
    const files = Object.entries(contents(this.folder)).filter(([, hash]) => /^[0-9a-f]{64}$/.test(hash));
    return Object.fromEntries(files);
  }

  async dispose(): Promise<void> {
    await this.server.runtime.removeHelper(this.server.id).catch(() => undefined);
    await this.server.dispose();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

const reasonOf = (work: Promise<unknown>) =>
  work.then(
    () => 'done',
    (error: unknown) => (error instanceof LabdockError ? error.problem.reason : `no reason: ${String(error)}`),
  );

/** Breaks the connection after so many bytes went out or came in, as a lost network does. */
const cutAfter =
  (sent: number, received: number) =>
  (stream: AgentStream): AgentStream => {
    let [out, back] = [0, 0];
    const write = stream.stdin.write.bind(stream.stdin) as (chunk: Buffer, ...rest: unknown[]) => boolean;
    stream.stdin.write = ((chunk: Buffer, ...rest: unknown[]) => {
      out += chunk.length;
      if (out > sent) stream.close();
      return write(chunk, ...rest);
    }) as typeof stream.stdin.write;
    const push = stream.stdout.push.bind(stream.stdout);
    stream.stdout.push = (chunk: Buffer | null) => {
      back += chunk?.length ?? 0;
      if (back > received) stream.close();
      return push(chunk);
    };
    return stream;
  };

describe('a workspace in a namespace that enforces the restricted profile', () => {
  let workspace: Workspace;
  beforeEach(async () => {
    workspace = await Workspace.make(namespace);
  });
  afterEach(() => workspace.dispose());

  test('there and back, with every kind of name and file', async () => {
    const { folder } = workspace;
    put(folder, {
      'notes.ipynb': '{"cells": []}',
      'empty.txt': '',
      'case.txt': 'lower',
      'Case.txt': 'upper',
      '한글 🐍 e\u0301.txt': 'unicode',
      'new\nline and "quotes".txt': 'odd',
      [`${'l'.repeat(255)}`]: 'long',
      [`${'deep/'.repeat(40)}file.txt`]: 'deep',
      'script.sh': '#!/bin/sh\n',
      '.ipynb_checkpoints/notes-checkpoint.ipynb': '{}',
      'large.bin': Buffer.alloc(20_000_000, 'labdock'),
    });
    mkdirSync(join(folder, 'nothing in here'));
    chmodSync(join(folder, 'script.sh'), 0o755);
    utimesSync(join(folder, 'script.sh'), 1_500_000_000, 1_500_000_000);
    symlinkSync('notes.ipynb', join(folder, 'inside'));
    symlinkSync('/etc/hostname', join(folder, 'outside'));
    const before = workspace.here();
    const moved = await workspace.move('to-cluster');
    expect(moved).toMatchObject({ firstCopy: true, files: 12, leftOut: [{ path: 'outside', why: 'outside' }] });
    expect(await workspace.far()).toEqual(before);
    expect(workspace.here()).toEqual(before);
    expect(
      (await workspace.sh("cd /work; stat -c '%a %Y' script.sh; readlink inside; ls -d 'nothing in here'")).trim(),
    ).toBe('755 1500000000\nnotes.ipynb\nnothing in here');

    await workspace.sh('cd /work; echo edited > notes.ipynb; rm case.txt; mkdir new; echo there > new/file.txt');
    const preview = await compareSides(workspace.request('to-local'), AbortSignal.timeout(60_000));
    expect(preview).toMatchObject({ files: 2, deletions: 1, conflictCount: 0, farSide: 'same', firstCopy: false });
    expect(await workspace.move('to-local')).toMatchObject({ files: 2, deletions: 1, conflictCount: 0 });
    expect(workspace.here()).toEqual(await workspace.far());
    expect(await workspace.move('to-cluster')).toMatchObject({ files: 0, conflictCount: 0 });
  });

  test('the connection breaks again and again: the destination stays as it was, and the next try finds its way', async () => {
    put(
      workspace.folder,
      Object.fromEntries(Array.from({ length: 400 }, (_, file) => [`many/${file}`, `file ${file}`.repeat(900)])),
    );
    await workspace.move('to-cluster');
    put(workspace.folder, { 'large.bin': Buffer.alloc(6_000_000, 1), 'many/7': 'changed', 'many/8': 'changed' });
    const before = await workspace.far();
    for (const sent of [20_000, 60_000, 1_000_000, 3_000_000, 6_000_000]) {
      const reason = await reasonOf(workspace.move('to-cluster', cutAfter(sent, Infinity)));
      expect(['move-interrupted', 'move-unfinished']).toContain(reason);
      if (reason === 'move-interrupted') expect(await workspace.far()).toEqual(before);
    }
    await workspace.move('to-cluster');
    expect(await workspace.far()).toEqual(workspace.here());

    await workspace.sh('cd /work; rm many/9; echo x > many/10; head -c 7000000 /dev/zero > other.bin');
    const here = workspace.here();
    for (const received of [100, 30_000, 2_000_000, 6_500_000]) {
      expect(await reasonOf(workspace.move('to-local', cutAfter(Infinity, received)))).toBe('move-interrupted');
      expect(workspace.here()).toEqual(here);
    }
    await workspace.move('to-local');
    expect(workspace.here()).toEqual(await workspace.far());
  });

  test('the pod is killed on the way', async () => {
    put(workspace.folder, { 'large.bin': Buffer.alloc(60_000_000, 1), 'a.txt': 'a' });
    await workspace.sh('true');
    let killing: Promise<string> | undefined;
    const move = moveFiles(workspace.request('to-cluster'), {
      signal: AbortSignal.timeout(120_000),
      onProgress: (stage, _files, _total, bytes) => {
        if (stage === 'copying' && bytes > 0)
          killing ??= workspace.helper().then((pod) => namespace.kubectl('delete', pod, '--grace-period=0', '--force'));
      },
    });
    const reason = await reasonOf(move);
    await killing;
    expect(['move-interrupted', 'done']).toContain(reason);
    await workspace.move('to-cluster');
    expect(await workspace.far()).toEqual(workspace.here());
  });

  test('the volume is swapped for an empty one: nothing here is deleted, and it is filled again', async () => {
    put(workspace.folder, { 'a.txt': 'a', 'b/c.txt': 'c' });
    await workspace.move('to-cluster');
    const before = workspace.here();
    await workspace.server.runtime.removeHelper(workspace.server.id);
    await workspace.server.runtime.remove(workspace.server.id);
    await workspace.server.runtime.removeHome(workspace.server.id);
    await workspace.apply();
    const preview = await compareSides(workspace.request('to-local'), AbortSignal.timeout(120_000));
    expect(preview).toMatchObject({ farSide: 'other', deletions: 0, files: 0 });
    expect(await workspace.move('to-local')).toMatchObject({ deletions: 0, files: 0, firstCopy: true });
    expect(workspace.here()).toEqual(before);
    expect(await workspace.move('to-cluster')).toMatchObject({ files: 2 });
    expect(await workspace.far()).toEqual(before);
  });

  test('both sides changed: both versions are on the cluster', async () => {
    put(workspace.folder, { 'notes.ipynb': 'base' });
    await workspace.move('to-cluster');
    put(workspace.folder, { 'notes.ipynb': 'mine' });
    await workspace.sh('printf theirs > /work/notes.ipynb');
    await workspace.move('to-cluster');
    expect(await workspace.far()).toEqual({
      'notes.ipynb': sha256('mine'),
      'notes (kept from cluster 2026-11-25).ipynb': sha256('theirs'),
    });
  });

  test('a file of more than 2 GB', async () => {
    const file = join(workspace.folder, 'huge.bin');
    writeFileSync(file, 'head');
    truncateSync(file, 2 ** 31 + 4097);
    writeFileSync(file, 'tail', { flag: 'a' });
    await workspace.move('to-cluster');
    const [hash] = execFileSync('sha256sum', [file], { encoding: 'utf8' }).split(' ');
    expect(await workspace.far()).toEqual({ 'huge.bin': hash });
    await workspace.sh('rm /work/huge.bin');
  });
});

test('a full volume: nothing has changed over there, it says so, and with room it works', async () => {
  const roomy = await testNamespace({ restricted: true });
  const storage = await ownStorage({ mebibytes: 24 });
  const workspace = await Workspace.make(roomy, storage.className);
  try {
    put(workspace.folder, { 'a.txt': 'a' });
    await workspace.move('to-cluster');
    const before = await workspace.far();
    put(workspace.folder, { 'large.bin': Buffer.alloc(40_000_000, 1), 'a.txt': 'changed' });
    const error = await workspace.move('to-cluster').catch((caught: unknown) => caught);
    expect((error as LabdockError).problem).toMatchObject({ reason: 'move-far-full', params: { where: 'cluster' } });
    expect(await workspace.far()).toEqual(before);
    put(workspace.folder, { 'large.bin': Buffer.alloc(10_000_000, 1) });
    await workspace.move('to-cluster');
    expect(await workspace.far()).toEqual(workspace.here());
  } finally {
    await workspace.dispose();
    await roomy.dispose();
    await storage.dispose();
  }
});
