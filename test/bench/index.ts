/** Runs every case and writes latest.json. Called by scripts/bench.mjs inside a display, a session bus and a keychain. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { table, type Figure } from './figures';
import { idleCpu, memoryWithLab } from './footprint';
import { kernelEdit } from './kernelEdit';
import { launchToLab, launchToList } from './launch';
import { productBuilder } from './productBuilder';
import { imageOf, tokenUrl } from './server';
import { buildImage, startToLab } from './start';
import { settings, withWorld, type World } from './world';

export interface Options {
  app: string;
  bare: string;
  pairs: number;
  /** Runs only cases whose name holds this word; then latest.json is left alone. */
  only?: string;
}

export async function bench({ only, ...parts }: Options): Promise<boolean> {
  const figures = await withWorld(parts, (world) => measure(world, only));
  console.log(`\n${table(figures)}\n`);
  if (!only) {
    const rows = figures.map(({ name, ratio, goal, holds }) => ({ name, ratio, goal, holds }));
    writeFileSync(join(import.meta.dirname, 'latest.json'), `${JSON.stringify(rows, null, 2)}\n`);
  }
  return figures.every((figure) => figure.holds);
}

async function measure(world: World, only: string | undefined): Promise<Figure[]> {
  const one = await settings(world, 'one', 1);
  const twenty = await settings(world, 'twenty', 20);
  await buildImage(world, one);
  const image = () => imageOf(world, one);
  const url = (port: number) => tokenUrl(one.workspaces[0]!.id, port);
  const cases: Record<string, () => Promise<Figure[]>> = {
    start: async () => startToLab(world, one, await image()),
    list: () => launchToList(world, one),
    lab: () => launchToLab(world, one, url),
    memory: () => memoryWithLab(world, one, url),
    idle: async () => [...(await idleCpu(world, one)), ...(await idleCpu(world, twenty))],
    kernel: async () => kernelEdit(world, productBuilder()),
  };
  const figures: Figure[] = [];
  for (const [name, run] of Object.entries(cases)) {
    if (only && only !== name) continue;
    console.log(`measuring: ${name}`);
    for (const figure of await run()) {
      console.log(`  ${figure.ratio} (goal ${figure.goal}) ${figure.name}: ${figure.seen}`);
      figures.push(figure);
    }
  }
  return figures;
}
