/** Click on Start to launcher cards painted, image present; against `docker run`, wait, load in an empty Electron window. */
import { alternate, ratioFigure, type Figure } from './figures';
import { painted } from './devtools';
import { answers, dockerRun, removeBare } from './bareServer';
import { clickStart, labPainted, ownPage, startButton } from './pages';
import { freePort, removeServers, startApp, startBare, stopServers, type Bench, type World } from './world';

/** The image that the bench's workspaces use is built by the app itself on the first, uncounted start. */
export async function buildImage(world: World, bench: Bench): Promise<void> {
  const { port, id } = bench.workspaces[0]!;
  const app = await startApp(world, bench);
  try {
    const page = await ownPage(app);
    await page.evaluate(painted(startButton));
    await clickStart(page);
    // A first build takes minutes; labPage waits three at a time.
    for (let attempt = 0; ; attempt++) {
      try {
        await labPainted(app, port);
        break;
      } catch (error) {
        if (attempt === 4) throw error;
      }
    }
  } finally {
    await app.stop();
    removeServers([id]);
  }
}

export async function startToLab(world: World, bench: Bench, image: string): Promise<Figure[]> {
  const { id, port, folder } = bench.workspaces[0]!;
  const ours = async () => {
    removeServers([id]);
    const fresh = await oursOnce(world, bench, port);
    // The container is still there: what a person's second start of the day takes.
    const again = await oursOnce(world, bench, port);
    removeServers([id]);
    return [fresh, again];
  };
  // The uncounted round warms the image's pages and both HTTP caches.
  const seen = await alternate(world.pairs, ours, () => bareOnce(world, `${bench.userData}-bare`, image, folder));
  const [fresh, again] = seen.ours as [number[], number[]];
  return [
    ratioFigure('Start to usable Lab, new container / docker run, wait, load', 1.1, fresh, seen.bare, 'ms'),
    ratioFigure('Start to usable Lab, stopped container / docker run, wait, load', 1.1, again, seen.bare, 'ms'),
  ];
}

async function oursOnce(world: World, bench: Bench, port: number): Promise<number> {
  const app = await startApp(world, bench);
  try {
    const page = await ownPage(app);
    await page.evaluate(painted(startButton));
    const clicked = await clickStart(page);
    const usable = await labPainted(app, port);
    return usable - clicked;
  } finally {
    await app.stop();
    stopServers([bench.workspaces[0]!.id]);
  }
}

async function bareOnce(world: World, userData: string, image: string, folder: string): Promise<number> {
  const window = await startBare(world, userData);
  const port = await freePort();
  let server;
  try {
    const page = await window.page(/^data:/);
    await page.evaluate(painted('button'));
    const began = Date.now();
    server = dockerRun(image, port, folder);
    await answers(port);
    await page.evaluate(`void setTimeout(() => location.assign(${JSON.stringify(server.url)}))`);
    const usable = await labPainted(window, port);
    return usable - began;
  } finally {
    await window.stop();
    if (server) removeBare(server);
  }
}
