/** Editing the first of three kernels in a built image, against building that kernel's environment alone. */
import { join } from 'node:path';
import type { Kernel } from '../../main/image/model';
import { contextTar } from '../../main/image/context';
import { loadParts } from '../../main/image/parts';
import { environmentsLabel, type BuiltImage } from '../../main/image/order';
import { makeRecipe, type Recipe } from '../../main/image/recipe';
import { hasBuildkit } from '../../main/runtime/docker/build';
import { createClient } from '../../main/runtime/docker/client';
import { builderTraits, dial } from '../../main/runtime/docker/engineCall';
import { DockerImageStore } from '../../main/runtime/docker/imageStore';
import { engineMessages } from '../../main/runtime/docker/ndjson';
import { benchBuild } from './server';
import { alternate, ratioFigure, type Figure } from './figures';
import { docker as command, type World } from './world';

const kernel = (name: string, pip: string[]): Kernel => ({
  name,
  displayName: name,
  language: 'python',
  version: '3.13',
  conda: [],
  pip,
});

/** A package of one file: what is measured is the environment, not the package. Each version is an edit of its own. */
const edits = '1.6.1 1.7.0 1.7.1 1.7.2 1.7.3 1.8.0 1.9.0 1.10.0 1.11.0 1.12.0 1.13.0 1.14.0 1.15.0 1.16.0'.split(' ');
const labels = { 'io.labdock.bench': '1' };

/** Both sides on the same engine with the same builder: the one that Labdock takes there. */
export async function kernelEdit({ pairs }: World): Promise<Figure[]> {
  const client = createClient({ host: process.env.DOCKER_HOST ?? 'unix:///var/run/docker.sock' });
  const buildkit = hasBuildkit(await builderTraits(client));
  const parts = await loadParts(join(import.meta.dirname, '../../resources'));
  const { build, caBundlePem } = await benchBuild();
  const run = `bench-${Date.now().toString(36)}`;
  let count = 0;
  let before: BuiltImage | undefined;
  const next = (known: { before?: BuiltImage | undefined } = {}): Recipe => {
    const six = edits[count % edits.length]!;
    // A condition that always holds, and that no earlier round or run had: nothing in the builder's cache fits.
    const edited = `six==${six}; python_version != "9.${Date.now()}"`;
    count += 1;
    const kernels = [kernel('first', [edited]), kernel('second', []), kernel('third', [])];
    return makeRecipe({ kernels, build, parts, known, ...caBundlePem });
  };
  const alone = `labdock-bench/alone:${run}`;
  const made: string[] = [alone];
  const edited = async () => {
    const recipe = next({ before });
    made.push(recipe.name);
    const request = { ...recipe, labels: { ...recipe.labels, ...labels }, context: () => contextTar(recipe) };
    const began = Date.now();
    await new DockerImageStore(client).build(request, {
      signal: AbortSignal.timeout(20 * 60_000),
      onProgress: () => undefined,
    });
    const took = Date.now() - began;
    // As the application remembers it.
    before = { image: recipe.name, environments: recipe.labels[environmentsLabel]! };
    return took;
  };
  /** What `docker build --target` asks for: a stage of its own, as where nothing was built before. */
  const environment = async () => {
    const recipe = next();
    const began = Date.now();
    const query = { t: alone, target: 'kernel-first', rm: true, buildargs: recipe.buildArgs, labels };
    const answer = await dial(client, {
      method: 'POST',
      path: '/build',
      query: { ...query, ...(buildkit && { version: '2' }) },
      body: contextTar(recipe),
    });
    for await (const message of engineMessages(answer)) void message;
    return Date.now() - began;
  };
  try {
    // The first, uncounted round builds the image that is edited; its other kernels are cached from there on.
    const { ours, bare } = await alternate(pairs, async () => [await edited()], environment);
    const name = "Editing the first of three kernels / building that kernel's environment alone";
    return [ratioFigure(name, 1.25, ours[0]!, bare, 'ms')];
  } finally {
    for (const name of made) {
      try {
        command('rmi', '-f', name);
      } catch (error) {
        console.error(`bench: ${name} stays: ${String(error).slice(0, 200)}`);
      }
    }
  }
}
