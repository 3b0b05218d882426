/**
 * The move of a workspace's files against `tar | kubectl exec tar` into the same volume through the same pod, which verifies
 * nothing, keeps nothing and knows nothing of a second time. Ours is the whole of it: comparing, copying, committing, base.
 */
import { spawn } from 'node:child_process';
import { randomBytes, randomFillSync } from 'node:crypto';
import { closeSync, mkdirSync, openSync, readFileSync, rmSync, truncateSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { moveFiles, type MoveRequest, type Moved } from '../../main/workspace/move/moveFiles';
import { testNamespace, testCluster } from '../harness/cluster';
import { clusterServer } from '../harness/clusterServer';
import { ownStorage } from '../harness/clusterVolumes';
import { alternate, ratioFigure, shareFigure, type Figure } from './figures';

const agentSource = readFileSync(join(import.meta.dirname, '../../resources/move/agent.py'), 'utf8');
const mebibyte = 1024 * 1024;

interface Place {
  /** Throw-away, on this computer. */
  root: string;
  pairs: number;
  request(folder: string, farRoot: string, workspaceId: string): MoveRequest;
  /** In the pod beside the volume. */
  sh(script: string): Promise<string>;
  /** Without verification. */
  tar(folder: string, into: string): Promise<void>;
}

/** `only`: some of the parts, for a look at them alone. */
export async function move(
  { root, pairs }: { root: string; pairs: number },
  only = Object.keys(parts),
): Promise<Figure[]> {
  const undo: (() => Promise<void>)[] = [];
  try {
    // A disk of its own: ext4 without a journal, as some machines have it, takes long to give out inodes that were freed
    // lately.
    const storage = await ownStorage({ mebibytes: 24 * 1024, fileSystem: 'ext4' });
    undo.unshift(storage.dispose);
    const namespace = await testNamespace();
    undo.unshift(namespace.dispose);
    const settings = { storage: { className: storage.className, sizeGiB: 8 } };
    const server = await clusterServer({ namespace, settings });
    undo.unshift(() => server.dispose());
    await server.runtime.create(server.spec, AbortSignal.timeout(60_000), server.files);
    const stop = new AbortController();
    undo.unshift(async () => stop.abort());
    const openAgent = (command: string[], signal: AbortSignal) =>
      server.runtime.openAgent(server.id, command, AbortSignal.any([signal, stop.signal]));
    // Makes the pod.
    const first = await openAgent(['true'], stop.signal);
    first.stdout.resume();
    await first.done;
    const pod = (await namespace.kubectl('get', 'pods', '-o', 'name')).trim().split('\n')[0]!;
    const place: Place = {
      root,
      pairs,
      request: (folder, farRoot, workspaceId) => ({
        workspaceId,
        folder,
        farRoot,
        direction: 'to-cluster',
        openAgent,
        agentSource,
      }),
      sh: (script) => namespace.kubectl('exec', pod, '--', 'sh', '-c', script),
      tar: (folder, into) => tarOver(namespace.name, pod, folder, into),
    };
    const figures: Figure[] = [];
    for (const name of only) figures.push(...(await parts[name]!(place)));
    return figures;
  } finally {
    for (const each of undo) await each();
  }
}

const parts: Record<string, (place: Place) => Promise<Figure[]>> = { few: fewLarge, many: manySmall, again, memory };

/** `tar -c . | kubectl exec -i … tar -x`. Resolves when both have ended well. */
async function tarOver(namespace: string, pod: string, folder: string, into: string): Promise<void> {
  const { kubeconfig, program } = testCluster();
  const tar = spawn('tar', ['-c', '-C', folder, '--exclude=./.labdock', '.'], { stdio: ['ignore', 'pipe', 'inherit'] });
  const args = ['--kubeconfig', kubeconfig, '-n', namespace, 'exec', '-i', pod, '--', 'tar', '-x', '-C', into];
  const kubectl = spawn(program, args, { stdio: [tar.stdout, 'ignore', 'inherit'] });
  tar.stdout.destroy();
  const ended = (child: typeof kubectl | typeof tar) =>
    new Promise<void>((resolve, reject) =>
      child.once('exit', (code) => (code === 0 ? resolve() : reject(new Error(`${child.spawnfile}: ${code}`)))),
    );
  await Promise.all([ended(tar), ended(kubectl)]);
}

async function seconds(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await work();
  return (performance.now() - began) / 1000;
}

const signal = () => AbortSignal.timeout(1_800_000);

/** Each time into a fresh folder of the volume, from a folder that was never moved, with what was written before flushed. */
async function pairsOf(place: Place, folder: string) {
  const fresh = async () => {
    rmSync(join(folder, '.labdock'), { recursive: true, force: true });
    const into = `/work/${randomBytes(4).toString('hex')}`;
    await place.sh(`sync -f /work; mkdir ${into}`);
    return into;
  };
  return alternate(
    place.pairs,
    async () => {
      const request = place.request(folder, await fresh(), randomBytes(4).toString('hex'));
      return [await seconds(() => moveFiles(request, { signal: signal() }))];
    },
    async () => {
      const into = await fresh();
      return seconds(() => place.tar(folder, into));
    },
  );
}

async function fewLarge(place: Place): Promise<Figure[]> {
  const folder = join(place.root, 'few');
  mkdirSync(folder);
  for (let file = 0; file < 8; file++) writeRandom(join(folder, `${file}.bin`), 128);
  const { ours, bare } = await pairsOf(place, folder);
  rmSync(folder, { recursive: true });
  return [ratioFigure('move: 1 GB in few files', 1.25, ours[0]!, bare, 's')];
}

async function manySmall(place: Place): Promise<Figure[]> {
  const folder = join(place.root, 'many');
  writeMany(folder, 4096);
  const { ours, bare } = await pairsOf(place, folder);
  rmSync(folder, { recursive: true });
  return [ratioFigure('move: 10,000 small files', 1.25, ours[0]!, bare, 's')];
}

/** 10,000 files, 1 GB in all; then 1 % of them changed. */
async function again(place: Place): Promise<Figure[]> {
  const folder = join(place.root, 'again');
  writeMany(folder, 105_000);
  await place.sh('mkdir /work/again');
  const request = place.request(folder, '/work/again', randomBytes(4).toString('hex'));
  const run = async () => {
    let moved: Moved | undefined;
    const time = await seconds(async () => (moved = await moveFiles(request, { signal: signal() })));
    return { time, moved: moved! };
  };
  const first = await run();
  const bytes: number[] = [];
  const times: number[] = [];
  for (let round = 0; round < place.pairs; round++) {
    for (let file = round; file < 10_000; file += 100) writeFileSync(smallFile(folder, file), randomBytes(105_000));
    const { time, moved } = await run();
    if (moved.files !== 100) throw new Error(`${moved.files} files were moved, not 100`);
    bytes.push(moved.wireBytes / first.moved.wireBytes);
    times.push(time / first.time);
  }
  rmSync(folder, { recursive: true });
  return [
    shareFigure('move: 1 % changed, bytes', 0.05, bytes, `of ${Math.round(first.moved.wireBytes / 1e6)} MB`),
    shareFigure('move: 1 % changed, time', 0.15, times, `of ${first.time.toFixed(1)} s`),
  ];
}

/** Peaks while 4 GB move, against those while 1 GB does: of this process above its start, and of the agent. */
async function memory(place: Place): Promise<Figure[]> {
  const peaks: { here: number; there: number }[] = [];
  for (const gigabytes of [1, 4]) {
    const folder = join(place.root, `memory-${gigabytes}`);
    mkdirSync(folder);
    for (let file = 0; file < gigabytes; file++) {
      // Holes read as zeros, and travel as they are.
      writeFileSync(join(folder, `${file}.bin`), '');
      truncateSync(join(folder, `${file}.bin`), 1024 * mebibyte);
    }
    await place.sh('mkdir -p /work/memory');
    const request = place.request(folder, '/work/memory', randomBytes(4).toString('hex'));
    const before = process.memoryUsage.rss();
    let here = 0;
    let there: Promise<string> | undefined;
    const look = setInterval(() => (here = Math.max(here, process.memoryUsage.rss() - before)), 50);
    await moveFiles(request, {
      signal: signal(),
      onProgress: (stage, _files, _total, done, total) => {
        if (stage === 'copying' && done > total * 0.9) there ??= place.sh(agentPeak);
      },
    });
    clearInterval(look);
    peaks.push({ here: here / mebibyte, there: Number(await there) / 1024 });
    rmSync(folder, { recursive: true });
    await place.sh('rm -rf /work/memory');
  }
  const [one, four] = peaks as [{ here: number; there: number }, { here: number; there: number }];
  const figure = (name: string, small: number, large: number): Figure => {
    // Some MiB of noise belong to the collector and the allocator; growth with the size would be gigabytes.
    const ratio = Number(((large + 32) / (small + 32)).toPrecision(3));
    const seen = `${small.toFixed(0)} MiB at 1 GB, ${large.toFixed(0)} MiB at 4 GB (both + 32 MiB in the ratio)`;
    return { name, ratio, goal: 1.5, holds: ratio <= 1.5 && large < 256, seen };
  };
  return [
    figure('move: memory here, 4 GB / 1 GB', one.here, four.here),
    figure('move: memory of the agent, 4 GB / 1 GB', one.there, four.there),
  ];
}

/** KiB, the largest of the pod's processes that are the agent. */
const agentPeak = `for p in /proc/[0-9]*; do tr '\\0' '\\n' <$p/cmdline 2>/dev/null | grep -qx labdock-agent && sed -n 's/VmHWM:[^0-9]*\\([0-9]*\\).*/\\1/p' $p/status; done | sort -n | tail -1`;

function writeRandom(file: string, mebibytes: number): void {
  const piece = Buffer.alloc(mebibyte);
  const fd = openSync(file, 'w');
  for (let done = 0; done < mebibytes; done++) writeSync(fd, randomFillSync(piece));
  closeSync(fd);
}

const smallFile = (folder: string, file: number) =>
  join(folder, `folder ${Math.floor(file / 100)}`, `file ${file}.ipynb`);

function writeMany(folder: string, bytes: number): void {
  for (let file = 0; file < 10_000; file++) {
    if (file % 100 === 0) mkdirSync(join(folder, `folder ${file / 100}`), { recursive: true });
    writeFileSync(smallFile(folder, file), randomBytes(bytes));
  }
}
