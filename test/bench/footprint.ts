/** Memory with Lab open against the bare window with the same Lab; CPU of the idle app. */
import { setTimeout as sleep } from 'node:timers/promises';
import { painted } from './devtools';
import { ratioFigure, shareFigure, type Figure } from './figures';
import { leaveRunning } from './launch';
import { labPainted, ownPage, startButton } from './pages';
import { cpuSeconds, memoryMiB } from './processes';
import { removeServers, startApp, startBare, type Bench, type World } from './world';

const settle = 5_000;
const idleSeconds = 60;

export async function memoryWithLab(world: World, bench: Bench, tokenUrl: (port: number) => string): Promise<Figure[]> {
  const { id, port } = bench.workspaces[0]!;
  await leaveRunning(world, bench);
  const [ours, bare]: [number[], number[]] = [[], []];
  try {
    for (let pair = 0; pair < world.pairs; pair++) {
      for (const [values, start] of [
        [ours, () => startApp(world, bench, '--start')],
        [bare, () => startBare(world, `${bench.userData}-bare`, `--url=${tokenUrl(port)}`)],
      ] as const) {
        const process = await start();
        await labPainted(process, port);
        await sleep(settle);
        values.push(memoryMiB(process.child.pid!));
        await process.stop();
      }
    }
  } finally {
    removeServers([id]);
  }
  return [ratioFigure('Memory of all processes, Lab open / empty window with the same Lab', 1.2, ours, bare, 'MiB')];
}

/** A share of one core, not a ratio: what an app costs that nobody is using. */
export async function idleCpu(world: World, bench: Bench): Promise<Figure[]> {
  const app = await startApp(world, bench);
  try {
    await (await ownPage(app)).evaluate(painted(startButton));
    await sleep(2 * settle);
    const before = cpuSeconds(app.child.pid!);
    await sleep(idleSeconds * 1000);
    const share = (cpuSeconds(app.child.pid!) - before) / idleSeconds;
    const count = bench.workspaces.length;
    const name = `Idle CPU over ${idleSeconds} s, ${count} workspace${count === 1 ? '' : 's'} known (share of a core)`;
    return [shareFigure(name, 0.01, [share], 'of a core')];
  } finally {
    await app.stop();
  }
}
