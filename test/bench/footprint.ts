/** Memory with Lab open against the bare window with the same Lab; CPU of the idle app. */
import { setTimeout as sleep } from 'node:timers/promises';
import { painted, type DebuggedProcess } from './devtools';
import { alternate, ratioFigure, shareFigure, type Figure } from './figures';
import { leaveRunning } from './launch';
import { labPainted, ownPage, startButton } from './pages';
import { cpuSeconds, memoryMiB } from './processes';
import { removeServers, startApp, startBare, type Bench, type World } from './world';

const settle = 5_000;
const idleSeconds = 60;

export async function memoryWithLab(world: World, bench: Bench, tokenUrl: (port: number) => string): Promise<Figure[]> {
  const { id, port } = bench.workspaces[0]!;
  await leaveRunning(world, bench);
  const settled = async (starting: Promise<DebuggedProcess>) => {
    const process = await starting;
    await labPainted(process, port);
    await sleep(settle);
    const memory = memoryMiB(process.child.pid!);
    await process.stop();
    return memory;
  };
  const bareData = `${bench.userData}-bare`;
  try {
    const seen = await alternate(
      world.pairs,
      async () => [await settled(startApp(world, bench, '--start'))],
      () => settled(startBare(world, bareData, `--url=${tokenUrl(port)}`)),
    );
    const name = 'Memory of all processes, Lab open / empty window with the same Lab';
    return [ratioFigure(name, 1.2, seen.ours[0]!, seen.bare, 'MiB')];
  } finally {
    removeServers([id]);
  }
}

/**
 * A share of one core, not a ratio: what an app costs that nobody is using. One app per number of workspaces, side by side;
 * each value is that of 60 s.
 */
export async function idleCpu(world: World, benches: Bench[]): Promise<Figure[]> {
  const apps: DebuggedProcess[] = [];
  const shares = benches.map((): number[] => []);
  try {
    for (const bench of benches) apps.push(await startApp(world, bench));
    for (const app of apps) await (await ownPage(app)).evaluate(painted(startButton));
    await sleep(2 * settle);
    for (let time = 0; time < world.pairs; time += 1) {
      const before = apps.map((app) => cpuSeconds(app.child.pid!));
      await sleep(idleSeconds * 1000);
      apps.forEach((app, i) => shares[i]!.push((cpuSeconds(app.child.pid!) - before[i]!) / idleSeconds));
    }
  } finally {
    for (const app of apps) await app.stop();
  }
  return benches.map(({ workspaces: { length: count } }, i) => {
    const name = `Idle CPU over ${idleSeconds} s, ${count} workspace${count === 1 ? '' : 's'} known (share of a core)`;
    return shareFigure(name, 0.01, shares[i]!, 'of a core');
  });
}
