/** From double click: to the list with Start, and to usable Lab where the server already runs; against an empty window. */
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { painted } from './devtools';
import { ratioFigure, type Figure } from './figures';
import { clickStart, labPainted, ownPage, startButton } from './pages';
import { removeServers, startApp, startBare, type Bench, type World } from './world';

export async function launchToList(world: World, bench: Bench): Promise<Figure[]> {
  const [ours, bare]: [number[], number[]] = [[], []];
  for (let pair = 0; pair <= world.pairs; pair++) {
    const app = await startApp(world, bench);
    const list = (await (await ownPage(app)).evaluate<number>(painted(startButton))) - app.spawnedAt;
    await app.stop();
    const window = await startBare(world, `${bench.userData}-bare`);
    const empty = (await (await window.page(/^data:/)).evaluate<number>(painted('button'))) - window.spawnedAt;
    await window.stop();
    if (pair === 0) continue; // first launches write profiles on both sides
    ours.push(list);
    bare.push(empty);
  }
  return [ratioFigure('Launch to list with Start / launch of an empty window', 1.3, ours, bare, 'ms')];
}

/** `tokenUrl` logs the bare window in to the very server the app adopted. */
export async function launchToLab(world: World, bench: Bench, tokenUrl: (port: number) => string): Promise<Figure[]> {
  const { id, port } = bench.workspaces[0]!;
  await leaveRunning(world, bench);
  const figures: Figure[] = [];
  try {
    for (const cache of ['cold', 'warm'] as const) {
      const [ours, bare]: [number[], number[]] = [[], []];
      for (let pair = 0; pair <= world.pairs; pair++) {
        if (cache === 'cold') [bench.userData, `${bench.userData}-bare`].forEach(clearCaches);
        const app = await startApp(world, bench, '--start');
        const lab = (await labPainted(app, port)) - app.spawnedAt;
        await app.stop();
        const window = await startBare(world, `${bench.userData}-bare`, `--url=${tokenUrl(port)}`);
        const same = (await labPainted(window, port)) - window.spawnedAt;
        await window.stop();
        if (pair === 0) continue;
        ours.push(lab);
        bare.push(same);
      }
      const name = `Launch to usable Lab, server running, ${cache} HTTP cache / empty window with the same URL`;
      figures.push(ratioFigure(name, 1.15, ours, bare, 'ms'));
    }
  } finally {
    removeServers([id]);
  }
  return figures;
}

/** Starts the server through the app and leaves it running. */
export async function leaveRunning(world: World, bench: Bench): Promise<void> {
  const app = await startApp(world, bench);
  try {
    const page = await ownPage(app);
    await page.evaluate(painted(startButton));
    await clickStart(page);
    await labPainted(app, bench.workspaces[0]!.port);
  } finally {
    await app.stop();
  }
}

/** HTTP and code caches of the profile and its partitions; cookies and settings stay. */
function clearCaches(userData: string): void {
  const profiles = [userData, ...partitions(userData)];
  for (const profile of profiles) {
    for (const cache of ['Cache', 'Code Cache', 'GPUCache', 'DawnGraphiteCache', 'DawnWebGPUCache'])
      rmSync(join(profile, cache), { recursive: true, force: true });
  }
}

function partitions(userData: string): string[] {
  const folder = join(userData, 'Partitions');
  return existsSync(folder) ? readdirSync(folder).map((name) => join(folder, name)) : [];
}
