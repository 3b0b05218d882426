/** Images on a Docker-compatible engine. The work is in build.ts, pull.ts, push.ts, load.ts and run.ts. */
import type Docker from 'dockerode';
import { LabdockError } from '../../common/problem';
import { labels, type BuildRequest, type ImageInfo, type ImageStore, type LongCall, type OldImages } from '../runtime';
import { buildImage, type Builder } from './build';
import { ask } from './client';
import { builderTraits } from './engineCall';
import { statusCode } from './errors';
import { loadArchive } from './load';
import { removable, repositoryOf, type OwnImage } from './oldImages';
import { pullImage } from './pull';
import { digestAt, pushImage, splitReference } from './push';
import { userAuthSources, type AuthSources } from './registryAuth';
import { removeLeftovers, runThrowaway } from './run';
import { SourceNames } from './sourceNames';

export interface ImageStoreOptions {
  /** Where registry credentials are looked up; the user's by default. */
  auth?: AuthSources;
  /** Forces one builder; by default the engine's best. */
  builder?: Builder;
}

export class DockerImageStore implements ImageStore {
  readonly #docker: Docker;
  readonly #auth: AuthSources;
  readonly #builder: Builder | undefined;
  /** One build per name at a time: the second finds what the first made. */
  readonly #building = new Map<string, Promise<unknown>>();
  readonly #sources: SourceNames;

  constructor(docker: Docker, options: ImageStoreOptions = {}) {
    this.#docker = docker;
    this.#auth = options.auth ?? userAuthSources();
    this.#builder = options.builder;
    this.#sources = new SourceNames(docker);
  }

  async find(name: string): Promise<ImageInfo | null> {
    try {
      const image = await ask(() => this.#docker.getImage(name).inspect());
      return infoOf(image);
    } catch (error) {
      if (statusCode(error) === 404) return null;
      throw error;
    }
  }

  async build(request: BuildRequest, call: LongCall): Promise<ImageInfo> {
    for (;;) {
      const other = this.#building.get(request.name);
      if (!other) break;
      await settledOrAborted(other, call.signal);
    }
    const work = this.#build(request, call);
    this.#building.set(request.name, work);
    try {
      return await work;
    } finally {
      this.#building.delete(request.name);
    }
  }

  async #build(request: BuildRequest, call: LongCall): Promise<ImageInfo> {
    const present = await this.find(request.name);
    if (present) return present;
    const traits = await builderTraits(this.#docker, call.signal);
    for (const base of request.bases ?? []) {
      if (await this.find(base)) continue;
      const options = { auth: this.#auth, platform: request.platform, missing: 'base-not-found' } as const;
      await pullImage(this.#docker, base, call, options);
    }
    // On Podman every cached step carries the label: what dangles there is what makes the next build quick.
    const before = traits.podman ? null : await this.#dangling(request.labels);
    try {
      const id = await this.#sources.during(request.sources ?? [], () =>
        buildImage(this.#docker, request, call, { traits, builder: this.#builder }),
      );
      const image = (await this.find(request.name)) ?? (await this.find(id));
      if (!image)
        throw new LabdockError('engine-error', undefined, { detail: `${request.name} was built and is gone` });
      return image;
    } catch (error) {
      if (before) await this.#removeNew(before, request.labels);
      throw error;
    }
  }

  async pull(reference: string, call: LongCall): Promise<ImageInfo> {
    await pullImage(this.#docker, reference, call, { auth: this.#auth, missing: 'image-not-found' });
    const image = await this.find(reference);
    if (!image) throw new LabdockError('pull-failed', { reference }, { detail: 'it was pulled and is gone' });
    return image;
  }

  /** Under a name of its own for as long as it takes: what the user called `reference` before is called so again after. */
  async push(image: string, reference: string, call: LongCall): Promise<{ digest: string }> {
    const found = await this.find(image);
    if (!found) throw new LabdockError('image-not-found', { reference: image });
    const { repository, tag } = splitReference(reference);
    const name = `${repository}:${tag}`;
    const before = await this.find(name);
    if (before?.id !== found.id) await this.#tag(found.id, repository, tag);
    try {
      return { digest: await pushImage(this.#docker, name, call, this.#auth) };
    } finally {
      if (before?.id !== found.id) await this.#untag(name, before?.id, found).catch(() => undefined);
    }
  }

  async imageDigestAt(reference: string, signal?: AbortSignal): Promise<string | null> {
    return digestAt(this.#docker, reference, this.#auth, signal);
  }

  #tag(image: string, repo: string, tag: string): Promise<unknown> {
    return ask((abortSignal) => this.#docker.getImage(image).tag({ repo, tag, abortSignal }));
  }

  async #untag(name: string, before: string | undefined, image: ImageInfo): Promise<void> {
    const { repository, tag } = splitReference(name);
    if (before !== undefined) await this.#tag(before, repository, tag);
    // The last name's removal would be the image's.
    else if (image.names.length > 0) {
      await ask((abortSignal) => this.#docker.getImage(name).remove({ noprune: true, abortSignal }));
    }
  }

  async load(path: string, call: LongCall): Promise<ImageInfo> {
    // In Go's words, as images have it (`/info` has the kernel's).
    const { Arch } = await ask(() => this.#docker.version());
    const names = await loadArchive(this.#docker, path, call, Arch);
    for (const name of names) {
      const image = await this.find(name);
      if (image) return image;
    }
    throw new LabdockError('archive-invalid', { path }, { detail: 'the engine loaded no image from it' });
  }

  async run(request: Parameters<ImageStore['run']>[0], signal?: AbortSignal) {
    await removeLeftovers(this.#docker);
    return runThrowaway(this.#docker, request, signal);
  }

  /** Images that Labdock built and that still have a name. What was built FROM one inherits its label but not its name. */
  async listOwn(repository: string): Promise<OwnImage[]> {
    const images = await ask((abortSignal) =>
      this.#docker.listImages({ filters: { label: [labels.recipe] }, abortSignal }),
    );
    return images.flatMap(({ Id, RepoTags, Labels, Size, Created }) => {
      const names = (RepoTags ?? []).filter((name) => repositoryOf(name) === repository);
      if (names.length === 0) return [];
      return [{ id: Id, names, recipe: Labels?.[labels.recipe] ?? '', sizeBytes: Size, created: Created }];
    });
  }

  /** Takes the name away, and the image with its last name. Only Labdock's own; false: it is not, is gone, or is in use. */
  async removeImage(name: string): Promise<boolean> {
    const image = await this.find(name);
    if (image?.labels[labels.recipe] === undefined) return false;
    try {
      // Gigabytes of small files: the engine answers when they are gone.
      await ask((abortSignal) => this.#docker.getImage(name).remove({ abortSignal }), { timeoutMs: 300_000 });
      return true;
    } catch (error) {
      // 409: a container, running or not, is made from it.
      if (statusCode(error) === 404 || statusCode(error) === 409) return false;
      throw error;
    }
  }

  async removeOld({ repository, ...policy }: OldImages): Promise<string[]> {
    // A build that finds what it needs must find it still there at its end.
    if (this.#building.size > 0) return [];
    const containers = await ask((abortSignal) => this.#docker.listContainers({ all: true, abortSignal }));
    const used = new Set(containers.map(({ ImageID }) => ImageID));
    const removed: string[] = [];
    for (const name of removable(await this.listOwn(repository), used, policy, Date.now())) {
      if (await this.removeImage(name)) removed.push(name);
    }
    return removed;
  }

  /** Ids of nameless images with exactly these labels' recipe. */
  async #dangling(wanted: Record<string, string>): Promise<Set<string>> {
    const recipe = wanted[labels.recipe];
    if (recipe === undefined) return new Set();
    const filters = { dangling: ['true'], label: [`${labels.recipe}=${recipe}`] };
    const images = await ask((abortSignal) => this.#docker.listImages({ filters, abortSignal }));
    return new Set(images.map(({ Id }) => Id));
  }

  /** What a failed build left; its steps stay (`noprune`), so that the next try is quick. Never throws. */
  async #removeNew(before: ReadonlySet<string>, wanted: Record<string, string>) {
    try {
      // Removing one makes its parent dangle.
      for (let depth = 0; depth < 50; depth += 1) {
        const left = [...(await this.#dangling(wanted))].filter((id) => !before.has(id));
        if (left.length === 0) return;
        for (const id of left) {
          await ask((abortSignal) => this.#docker.getImage(id).remove({ noprune: true, abortSignal }));
        }
      }
    } catch {
      // The engine is gone, or someone uses it already. The build's own error is what matters.
    }
  }
}

async function settledOrAborted(other: Promise<unknown>, signal: AbortSignal): Promise<void> {
  const aborted = () => new LabdockError('cancelled');
  if (signal.aborted) throw aborted();
  let onAbort = () => {};
  try {
    await Promise.race([
      other.catch(() => {}),
      new Promise<never>((_, reject) => {
        onAbort = () => reject(aborted());
        signal.addEventListener('abort', onAbort, { once: true });
      }),
    ]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

function infoOf({ Id, RepoTags, Config, Architecture, Os, Size }: Docker.ImageInspectInfo): ImageInfo {
  const list = (value: string | string[] | null | undefined) => (typeof value === 'string' ? [value] : (value ?? []));
  // Podman leaves `Config` fields out where Docker says null.
  const config = (Config ?? {}) as Partial<Docker.ImageInspectInfo['Config']>;
  return {
    id: Id.includes(':') ? Id : `sha256:${Id}`,
    names: RepoTags ?? [],
    labels: config.Labels ?? {},
    architecture: Architecture,
    os: Os,
    user: config.User ?? '',
    entrypoint: list(config.Entrypoint),
    command: list(config.Cmd),
    sizeBytes: Size,
  };
}
