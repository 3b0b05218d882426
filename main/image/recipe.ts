/** Kernels, base and channels rendered to a Dockerfile and its context; the hash of what goes in names the image. Pure. */
import { createHash } from 'node:crypto';
import { LabdockError } from '../common/problem';
import { extraAuthorities } from './authorities';
import { renderDockerfile } from './dockerfile';
import { condaList, environmentKey, pipList } from './environment';
import { arrange, digestOf, environmentsLabel, environmentsOf, sourcesOf, type Known } from './order';
import { jupyterConfig, kernelJson, kernelLogo, kernelspecDirectory } from './kernelspec';
import { buildSettingsSchema, imageReference, kernelsSchema, type BuildSettings, type Kernel } from './model';
import type { ImageParts } from './parts';

/** An entry of the build context; a directory has no content. */
export interface ContextEntry {
  path: string;
  mode: number;
  content?: string;
}

export interface Recipe {
  /** `labdock/workspace:<hash>` */
  name: string;
  hash: string;
  dockerfile: string;
  /** Sorted by path; the Dockerfile is among them. */
  files: ContextEntry[];
  /** Base, channels, and the proxy arguments every builder predefines (which leave no trace in the image). */
  buildArgs: Record<string, string>;
  labels: Record<string, string>;
  /** Images the build starts from, for builders that want them pulled first. */
  bases: string[];
  /** Images that environments are copied out of: the engine must have them ({@link Known.gone}). */
  sources: string[];
}

export interface RecipeRequest {
  kernels: readonly Kernel[];
  build: BuildSettings;
  /** Instead of the build settings' base: "build on this published image". */
  base?: string;
  /** Content of the build settings' `caBundle` file. Only its certificates are taken. */
  caBundlePem?: string;
  /** Images built before: what of them is unchanged is not built again. */
  known?: Omit<Known, 'ground'>;
  parts: ImageParts;
}

export const recipeRepository = 'labdock/workspace';

/**
 * The same content gives the same name, whatever order kernels and packages are listed in; only which kernel comes first
 * counts, because it is the default one.
 * @throws LabdockError `field-invalid` for values no schema lets through: nothing of them reaches a Dockerfile.
 */
export function makeRecipe(request: RecipeRequest): Recipe {
  const kernels = checked(kernelsSchema, request.kernels);
  const build = checked(buildSettingsSchema, request.build);
  const base = checked(imageReference, request.base ?? build.base);
  const ca = request.caBundlePem === undefined ? undefined : extraAuthorities(request.caBundlePem);

  const ground = groundOf(request.parts, { base, channels: build.channels, ca });
  const environments = arrange(kernels, { ...request.known, ground });
  const dockerfile = renderDockerfile(request.parts.template, {
    base,
    channels: build.channels,
    environments,
    ca: ca !== undefined,
  });
  const files = contextEntries(kernels, request.parts, ca, dockerfile);
  const hash = contentHash(kernels, request.parts, { base, channels: build.channels, ca });
  return {
    name: `${recipeRepository}:${hash}`,
    hash,
    dockerfile,
    files,
    buildArgs: { BASE_IMAGE: base, CHANNELS: build.channels.join(' '), ...proxyArgs(build.proxy) },
    labels: { 'io.labdock.recipe': hash, [environmentsLabel]: environmentsOf(ground, environments) },
    bases: [base],
    sources: sourcesOf(environments),
  };
}

function checked<T>(
  schema: { safeParse(value: unknown): { success: true; data: T } | { success: false; error: Error } },
  value: unknown,
): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw new LabdockError('field-invalid', { rule: 'package' }, { detail: result.error.message });
}

function contextEntries(kernels: Kernel[], parts: ImageParts, ca: string | undefined, dockerfile: string) {
  const file = (path: string, content: string, mode = 0o644): ContextEntry => ({ path, mode, content });
  const list = (lines: string[]) => lines.map((line) => `${line}\n`).join('');
  const entries: ContextEntry[] = [file('Dockerfile', dockerfile), ...parts.files];
  if (ca !== undefined) entries.push(file('ca/extra.pem', ca));
  for (const kernel of kernels) {
    const spec = `system${kernelspecDirectory(kernel.name)}`;
    entries.push(
      file(`kernels/${kernel.name}/conda.txt`, list(condaList(kernel))),
      file(`kernels/${kernel.name}/pip.txt`, list(pipList(kernel))),
      file(`${spec}/kernel.json`, kernelJson(kernel)),
      file(`${spec}/logo-svg.svg`, kernelLogo(kernel)),
      // COPY makes the directory itself with a mode of its own; whoever installs a package must write there.
      { path: `system/opt/conda/envs/${kernel.name}`, mode: 0o775 },
    );
  }
  const first = kernels[0]!.name;
  entries.push(
    // The one file Jupyter reads even with --config: `jupyter_server_config` is then left out, its .d is for extensions only.
    file('system/opt/conda/envs/lab/etc/jupyter/jupyter_config.json', jupyterConfig(first)),
    file('system/opt/labdock/default-kernel', `${first}\n`),
    // For group 0, to which every server belongs whatever its uid; a fresh HOME volume takes its mode from here.
    { path: 'system/home/labdock', mode: 0o775 },
    { path: 'system/work', mode: 0o775 },
    { path: 'system/opt/labdock/etc', mode: 0o755 },
    // make-lab opened it to group 0; a copy over it says the mode again.
    { path: 'system/opt/conda/envs', mode: 0o775 },
  );
  const packages = parts.files.find((part) => part.path === 'build/packages')!;
  entries.push(file('system/opt/labdock/bin/packages', packages.content, packages.mode));
  return entries.sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** What every environment is made on and with. */
function groundOf(parts: ImageParts, rest: { base: string; channels: string[]; ca: string | undefined }): string {
  const build = parts.files.filter(({ path }) => path.startsWith('build/'));
  const content = [rest, parts.template, build.map(({ path, mode, content }) => [path, mode, content])];
  return digestOf(JSON.stringify(content));
}

/** First 16 hex digits of SHA-256: short enough to read in a list of images, long enough that two never meet. */
function contentHash(kernels: Kernel[], parts: ImageParts, rest: { base: string; channels: string[]; ca?: string }) {
  const content = {
    ...rest,
    kernels: kernels.map((kernel) => [environmentKey(kernel), kernelJson(kernel)]).sort(),
    default: kernels[0]!.name,
    parts: [parts.template, ...parts.files.map((part) => [part.path, part.mode, part.content])],
  };
  return createHash('sha256').update(JSON.stringify(content)).digest('hex').slice(0, 16);
}

/** Predefined by every builder: usable without ARG, absent from history, and no reason to build anew. */
function proxyArgs(proxy: BuildSettings['proxy']): Record<string, string> {
  const named = { HTTP_PROXY: proxy.http, HTTPS_PROXY: proxy.https, NO_PROXY: proxy.noProxy };
  const args: Record<string, string> = {};
  for (const [name, value] of Object.entries(named)) {
    // Some programs read only the one, some only the other.
    if (value) Object.assign(args, { [name]: value, [name.toLowerCase()]: value });
  }
  return args;
}
