/** A workspace's image as the product builds it (one Python kernel), in the test cluster's registry. */
import { join } from 'node:path';
import { contextTar } from '../../main/image/context';
import { loadParts } from '../../main/image/parts';
import { makeRecipe } from '../../main/image/recipe';
import { createClient } from '../../main/runtime/docker/client';
import { DockerImageStore } from '../../main/runtime/docker/imageStore';
import { testBase } from './baseImage';
import { testCluster } from './cluster';
import { pushImage } from './clusterImages';
import { machineEngine } from './engine';
import { hasImage } from './engineApi';
import { until } from './processes';

const repository = 'labdock/workspace';
const kernel = {
  name: 'py313',
  displayName: 'Python 3.13',
  language: 'python',
  version: '3.13',
  conda: [],
  pip: [],
} as const;

/** `HOST:PORT/labdock/workspace:dev`, which {@link provideWorkspaceImage} puts there. */
export const workspaceImage = (): string =>
  process.env['LABDOCK_TEST_IMAGE'] ?? `${testCluster().registry}/${repository}:dev`;

/**
 * Builds the image of today's recipe where the engine lacks it (a minute) and pushes it where the registry does (20 s), under
 * its recipe and as `dev`. Nothing is done when it is there already.
 */
export async function provideWorkspaceImage(): Promise<void> {
  const { registry } = testCluster();
  const base = await testBase();
  const parts = await loadParts(join(import.meta.dirname, '../../resources'));
  const build = {
    base: base.reference,
    channels: base.channels,
    caBundle: '',
    proxy: { http: '', https: '', noProxy: '' },
  };
  const recipe = makeRecipe({ kernels: [{ ...kernel, conda: [], pip: [] }], build, parts });
  const tag = recipe.name.split(':').at(-1) ?? '';
  const known = await fetch(`http://${registry}/v2/${repository}/manifests/${tag}`, { method: 'HEAD' });
  if (known.ok) return;
  const socket = await machineEngine();
  if (!(await hasImage(socket, recipe.name))) {
    const store = new DockerImageStore(createClient({ host: `unix://${socket}` }));
    const { name, buildArgs, labels, bases } = recipe;
    const request = { name, buildArgs, labels, bases, context: () => contextTar(recipe) };
    await store.build(request, { signal: AbortSignal.timeout(15 * 60_000), onProgress: () => undefined });
  }
  for (const each of ['dev', tag]) {
    // Of two runs at the same time one may take the other's tag away between tagging and pushing.
    await until('the image is pushed', () => pushImage(recipe.name, `${repository}:${each}`), 300_000);
  }
}
