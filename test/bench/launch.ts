/** From double click: to the list with Start, and to usable Lab where the server already runs; against an empty window. */
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { painted } from './devtools';
import { alternate, ratioFigure, type Figure } from './figures';
import { clickStart, labPainted, ownPage, startButton } from './pages';
import { removeServers, startApp, startBare, type Bench, type World } from './world';

export async function launchToList(world: World, bench: Bench): Promise<Figure[]> {
  const ours = async () => {
    const app = await startApp(world, bench);
    const list = (await (await ownPage(app)).evaluate<number>(painted(startButton))) - app.spawnedAt;
    await app.stop();
    return [list];
  };
  const empty = async () => {
    const window = await startBare(world, `${bench.userData}-bare`);
    const seen = (await (await window.page(/^data:/)).evaluate<number>(painted('button'))) - window.spawnedAt;
    await window.stop();
    return seen;
  };
  // The uncounted round writes profiles on both sides. Half a second is easily disturbed: more pairs than elsewhere.
  const seen = await alternate(world.pairs * 3, ours, empty);
  const name = 'Launch to list with Start / launch of an empty window';
  return [ratioFigure(name, 1.3, seen.ours[0]!, seen.bare, 'ms')];
}

/** `tokenUrl` logs the bare window in to the very server the app adopted. */
export async function launchToLab(world: World, bench: Bench, tokenUrl: (port: number) => string): Promise<Figure[]> {
  const { id, port } = bench.workspaces[0]!;
  await leaveRunning(world, bench);
  const figures: Figure[] = [];
  try {
    for (const cache of ['cold', 'warm'] as const) {
      const empty = (folder: string) => {
        if (cache === 'cold') clearCaches(folder);
      };
      const ours = async () => {
        empty(bench.userData);
        const app = await startApp(world, bench, '--start');
        const lab = (await labPainted(app, port)) - app.spawnedAt;
        await app.stop();
        return [lab];
      };
      const bare = async () => {
        empty(`${bench.userData}-bare`);
        const window = await startBare(world, `${bench.userData}-bare`, `--url=${tokenUrl(port)}`);
        const same = (await labPainted(window, port)) - window.spawnedAt;
        await window.stop();
        return same;
      };
      const seen = await alternate(world.pairs * 2, ours, bare);
      const name = `Launch to usable Lab, server running, ${cache} HTTP cache / empty window with the same URL`;
      figures.push(ratioFigure(name, 1.15, seen.ours[0]!, seen.bare, 'ms'));
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
