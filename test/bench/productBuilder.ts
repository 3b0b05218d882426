/** Builds images with the very parts the app uses: the context, the image store, its choice of builder. */
import { contextTar } from '../../main/image/context';
import { createClient } from '../../main/runtime/docker/client';
import { DockerImageStore } from '../../main/runtime/docker/imageStore';
import type { Builder } from './kernelEdit';

export function productBuilder(): Builder {
  const host = process.env.DOCKER_HOST ?? 'unix:///var/run/docker.sock';
  const images = new DockerImageStore(createClient({ host }));
  return {
    async build(recipe) {
      const context = () => contextTar(recipe);
      const request = { name: recipe.name, context, buildArgs: recipe.buildArgs, labels: recipe.labels };
      await images.build(request, { signal: AbortSignal.timeout(20 * 60_000), onProgress: () => undefined });
    },
  };
}
