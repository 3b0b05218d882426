/** Editing the first of three kernels in a built image, against building that kernel's environment alone. */
import { execFileSync } from 'node:child_process';
import { createWriteStream, openSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { Kernel } from '../../main/image/model';
import { contextTar } from '../../main/image/context';
import { loadParts } from '../../main/image/parts';
import { makeRecipe, type Recipe } from '../../main/image/recipe';
import { benchBuild } from './server';
import { ratioFigure, type Figure } from './figures';
import { docker, type World } from './world';

const kernel = (name: string, pip: string[]): Kernel => ({
  name,
  displayName: name,
  language: 'python',
  version: '3.13',
  conda: [],
  pip,
});

/** A package of one file: what is measured is the environment, not the package. Each version is an edit of its own. */
const edits = [
  '1.16.0',
  '1.15.0',
  '1.14.0',
  '1.13.0',
  '1.12.0',
  '1.11.0',
  '1.10.0',
  '1.9.0',
  '1.8.0',
  '1.7.3',
  '1.7.2',
  '1.7.1',
  '1.7.0',
  '1.6.1',
];

export interface Builder {
  /** Builds as the product does and resolves when the image is there. */
  build(recipe: Recipe): Promise<void>;
}

export async function kernelEdit(world: World, builder: Builder): Promise<Figure[]> {
  const parts = await loadParts(join(import.meta.dirname, '../../resources'));
  const build = benchBuild();
  // A run of its own: nothing of an earlier run's cache fits.
  const run = `bench-${Date.now().toString(36)}`;
  const recipe = (edit: string) => {
    const kernels = [kernel('first', [`six==${edit}`]), kernel('second', []), kernel('third', [])];
    kernels[0]!.displayName = run;
    return makeRecipe({ kernels, build, parts });
  };
  const left = [...edits];
  const made: string[] = [];
  const once = async (work: (recipe: Recipe) => Promise<void>) => {
    const next = recipe(left.pop()!);
    const began = Date.now();
    await work(next);
    return Date.now() - began;
  };
  const edited = async (next: Recipe) => {
    await builder.build(next);
    made.push(next.name);
  };
  const alone = async (next: Recipe) => {
    const tar = join(world.root, 'context.tar');
    await pipeline(contextTar(next), createWriteStream(tar));
    const args = Object.entries(next.buildArgs).flatMap(([name, value]) => ['--build-arg', `${name}=${value}`]);
    const labels = ['--label', 'io.labdock.bench=1'];
    execFileSync(
      'docker',
      ['build', '-q', ...labels, ...args, '--target', 'kernel-first', '-t', `labdock-bench/alone:${run}`, '-'],
      {
        stdio: [openSync(tar, 'r'), 'pipe', 'pipe'],
      },
    );
  };
  const [ours, bare]: [number[], number[]] = [[], []];
  try {
    await once(edited); // the built image that is edited; its other kernels are cached from here on
    for (let pair = 0; pair < Math.min(world.pairs, 5); pair++) {
      ours.push(await once(edited));
      bare.push(await once(alone));
    }
  } finally {
    for (const name of [...made, `labdock-bench/alone:${run}`]) {
      try {
        docker('rmi', '-f', name);
      } catch (error) {
        writeFileSync(2, `bench: ${name} stays: ${String(error).slice(0, 200)}\n`);
      }
    }
  }
  return [
    ratioFigure(
      "Editing the first of three kernels / building that kernel's environment alone",
      1.25,
      ours,
      bare,
      'ms',
    ),
  ];
}
