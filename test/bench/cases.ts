/** Every case by the name it is called by: `npm run bench -- start kernelEdit`. */
import { provideWorkspaceImage } from '../harness/workspaceImage';
import { clusterStart } from './clusterStart';
import type { Figure } from './figures';
import { idleCpu, memoryWithLab } from './footprint';
import { kernelEdit } from './kernelEdit';
import { launchToLab, launchToList } from './launch';
import { move } from './move';
import { route } from './route';
import { imageOf, tokenUrl } from './server';
import { buildImage, startToLab } from './start';
import { settings, type Bench, type World } from './world';

export type Case = (bench: CaseWorld) => Promise<Figure[]>;

export const cases: Record<string, Case> = {
  start: async (given) => {
    const one = await given.one();
    return startToLab(given.world, one, await imageOf(given.world, one));
  },
  list: async ({ world, one }) => launchToList(world, await one()),
  lab: async ({ world, one }) => {
    const bench = await one();
    return launchToLab(world, bench, urlOf(bench));
  },
  memory: async ({ world, one }) => {
    const bench = await one();
    return memoryWithLab(world, bench, urlOf(bench));
  },
  idle: async ({ world, one }) => idleCpu(world, [await one(), await settings(world, 'twenty', 20)]),
  kernelEdit: ({ world }) => kernelEdit(world),
  clusterStart: ({ world }) => clusterStart(world),
  move: onTestImage(move),
  route: onTestImage(route),
};

/** A case whose pods run the image of the cluster's tests. */
function onTestImage(measure: (world: World) => Promise<Figure[]>): Case {
  return async ({ world }) => {
    await provideWorkspaceImage();
    return measure(world);
  };
}

const urlOf = (bench: Bench) => (port: number) => tokenUrl(bench.workspaces[0]!.id, port);

/** What cases share, made when the first of them asks. */
export class CaseWorld {
  #one: Promise<Bench> | undefined;
  constructor(readonly world: World) {}

  /** One workspace whose image is there. */
  readonly one = (): Promise<Bench> =>
    (this.#one ??= settings(this.world, 'one', 1).then(async (bench) => {
      await buildImage(this.world, bench);
      return bench;
    }));
}
