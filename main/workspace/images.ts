/** Resolves a workspace's image source to a name and the way to get it, and knows how a server is started from it. */
import { readFile, stat } from 'node:fs/promises';
import { LabdockError } from '../common/problem';
import type { BuildSettings } from '../image/model';
import { environmentsLabel } from '../image/order';
import { loadParts } from '../image/parts';
import { probeProblem, probeScript, readProbe, type ImageFacts } from '../image/probe';
import { makeRecipe, type Recipe } from '../image/recipe';
import { ownImageFacts, serverCommand } from '../image/serverCommand';
import { explainBuildProblem } from '../image/steps';
import { strictConfigEnvironment } from '../jupyter/config';
import type { ImageInfo } from '../runtime/runtime';
import { farImage } from './farImage';
import type { WorkspaceDraft } from './model';
import type { Launch, Local, Site, WantedImage } from './parts';
import type { Remembered } from './remembered';
import { fingerprint } from './shape';

const probeTimeoutMs = 60_000;

export class Images {
  /** A recipe costs some milliseconds; a start should not pay them again. */
  private readonly recipes = new Map<string, Recipe>();

  constructor(
    private readonly resources: string,
    private readonly remembered: Remembered,
    private readonly buildSettings: () => BuildSettings,
  ) {}

  /** @param site where its server is to run; a cluster's nodes pull their image from a registry */
  async wanted(draft: WorkspaceDraft & { id?: string }, kind: Site['kind'] = 'local'): Promise<WantedImage> {
    const here = await this.wantedHere(draft);
    return kind === 'local' ? here : { ...here, far: farImage(draft, here, this.remembered) };
  }

  private async wantedHere(draft: WorkspaceDraft & { id?: string }): Promise<WantedImage> {
    const { image } = draft;
    switch (image.kind) {
      case 'build': {
        const recipe = await this.recipe(draft);
        const base = recipe.bases[0] ?? '';
        return {
          by: 'build-image',
          refresh: false,
          name: recipe.name,
          own: true,
          bring: (local, call) => this.build(local, draft, base, call),
        };
      }
      case 'published':
        return {
          by: 'pull-image',
          refresh: image.pull === 'always',
          name: image.reference,
          own: false,
          bring: (local, call) => local.images.pull(image.reference, call),
        };
      case 'archive': {
        const key = await archiveKey(image.path);
        // Without the file a server of it that exists can still run.
        const known = key === undefined ? undefined : this.remembered.archive(key);
        return {
          by: 'load-image',
          refresh: false,
          own: false,
          ...(known && { name: known.image }),
          bring: async (local, call) => {
            if (key === undefined) throw new LabdockError('archive-missing', { path: image.path });
            const loaded = await local.images.load(image.path, call);
            this.remembered.setArchive(key, { image: loaded.id, name: loaded.names[0] ?? '' });
            return loaded;
          },
        };
      }
    }
  }

  /**
   * null: nothing is known of this image yet.
   * @param image null where only a cluster has it; it is then known by its reference
   */
  launchOf(image: ImageInfo | null, wanted: WantedImage): Launch | null {
    if (wanted.own) return launch(ownImageFacts, wanted.name ?? '', true);
    const id = image?.id ?? wanted.far?.reference;
    const facts = id === undefined ? undefined : (this.remembered.probe(id) as ImageFacts | undefined);
    return facts ? launch(facts, wanted.name ?? id ?? '', false) : null;
  }

  /** Looks into an image that Labdock did not build, once. Rejects with `image-without-jupyter` or `image-without-lab`. */
  async probe(
    wanted: WantedImage,
    { site, local, image }: { site: Site; local: Local | null; image: ImageInfo | null },
    signal: AbortSignal,
  ): Promise<Launch> {
    const id = image?.id ?? wanted.far?.reference ?? '';
    const facts = readProbe(await this.probed(id, wanted, site, image ? local : null, signal));
    const reference = wanted.name ?? image?.names[0] ?? id;
    const problem = probeProblem(facts, reference);
    if (problem) throw new LabdockError(problem.reason, problem.params);
    this.remembered.setProbe(id, facts);
    return launch(facts, reference, false);
  }

  /** What the probe prints, run where the image is. */
  private async probed(id: string, { far }: WantedImage, site: Site, local: Local | null, signal: AbortSignal) {
    if (local) {
      const request = { image: id, entrypoint: ['/bin/sh'], command: ['-c', probeScript], timeoutMs: probeTimeoutMs };
      return (await local.images.run(request, signal)).stdout;
    }
    if (site.kind === 'local') throw new LabdockError('unexpected', undefined, { detail: 'no image to look into' });
    const { settings, runtime } = site;
    const request = { image: id, pullPolicy: far?.pullPolicy ?? 'IfNotPresent', settings, script: probeScript };
    return (await runtime.runImage(request, signal)).stdout;
  }

  async entrypoint(): Promise<string> {
    return (await loadParts(this.resources)).entrypoint;
  }

  /** @param gone images that the engine turned out not to have */
  async recipe(draft: WorkspaceDraft & { id?: string }, gone: ReadonlySet<string> = new Set()): Promise<Recipe> {
    const build = this.buildSettings();
    const base = draft.image.kind === 'build' ? draft.image.base : undefined;
    const { [draft.id ?? '']: before, ...rest } = this.remembered.built();
    const others = Object.values(rest);
    const caBundlePem = build.caBundle === '' ? undefined : await readBundle(build.caBundle);
    const key = fingerprint(JSON.stringify([draft.kernels, build, base, before, others, [...gone], caBundlePem]));
    let recipe = this.recipes.get(key);
    if (!recipe) {
      const parts = await loadParts(this.resources);
      recipe = makeRecipe({
        kernels: draft.kernels,
        build,
        parts,
        ...(base !== undefined && { base }),
        known: { before, others, gone },
        ...(caBundlePem !== undefined && { caBundlePem }),
      });
      if (this.recipes.size > 100) this.recipes.clear();
      this.recipes.set(key, recipe);
    }
    return recipe;
  }

  private async build(
    local: Local,
    draft: WorkspaceDraft & { id?: string },
    base: string,
    call: Parameters<WantedImage['bring']>[1],
  ): Promise<ImageInfo> {
    // With the tar library: only builds need it.
    const { contextTar } = await import('../image/context');
    try {
      const recipe = await this.buildable(local, draft);
      const { name, buildArgs, labels, bases, sources } = recipe;
      const request = { name, buildArgs, labels, bases, sources, context: () => contextTar(recipe) };
      const image = await local.images.build(request, call);
      const environments = image.labels[environmentsLabel];
      if (draft.id !== undefined && environments) this.remembered.setBuilt(draft.id, { image: name, environments });
      return image;
    } catch (error) {
      if (!(error instanceof LabdockError)) throw error;
      const { reason, params, detail } = explainBuildProblem(error.problem, base);
      throw new LabdockError(reason, params, { ...(detail && { detail }), cause: error });
    }
  }

  /** The recipe whose sources this engine has. */
  private async buildable(local: Local, draft: WorkspaceDraft & { id?: string }): Promise<Recipe> {
    const gone = new Set<string>();
    for (;;) {
      const recipe = await this.recipe(draft, gone);
      const found = await Promise.all(recipe.sources.map((name) => local.images.find(name)));
      const missing = recipe.sources.filter((_, at) => !found[at]);
      if (missing.length === 0) return recipe;
      for (const name of missing) gone.add(name);
    }
  }
}

function launch(facts: ImageFacts, reference: string, own: boolean): Launch {
  const { command, init, env, wantsRoot } = serverCommand(facts, reference);
  return { command, init, env: { ...strictConfigEnvironment, ...env }, wantsRoot, putEntrypoint: !own };
}

/** A file that was replaced is another archive, though its name is the same. */
async function archiveKey(path: string): Promise<string | undefined> {
  const file = await stat(path).catch(() => null);
  return file ? `${path}|${file.size}|${Math.round(file.mtimeMs)}` : undefined;
}

async function readBundle(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    throw new LabdockError('field-invalid', { rule: 'ca-bundle' }, { detail: String(cause), cause });
  }
}
