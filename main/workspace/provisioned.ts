/**
 * Defaults a platform engineer hands out, so that an analyst never types a mirror's name.
 *
 * A JSON file, read at every launch; it is never written. Its place, first match:
 *   1. the path in the environment variable LABDOCK_DEFAULTS
 *   2. Linux   /etc/labdock/defaults.json
 *      macOS   /Library/Application Support/Labdock/defaults.json
 *      Windows %ProgramData%\Labdock\defaults.json
 *
 * All keys are optional:
 *   {
 *     "build":   { "base": "registry.example/conda:1", "channels": ["https://mirror.example/conda-forge"],
 *                  "caBundle": "/etc/ssl/company.pem", "proxy": { "http": "", "https": "", "noProxy": "" } },
 *     "image":   { "kind": "published", "reference": "registry.example/lab:1", "pull": "if-not-present" },
 *     "kernels": [ { "name": "py313", "displayName": "Python 3.13", "language": "python", "version": "3.13",
 *                    "conda": ["pandas"], "pip": [] } ]
 *   }
 *
 * `build` holds until the user saves build settings of their own; `image` and `kernels` are what a new workspace starts
 * with. A file that does not parse is ignored as a whole and the user is told: half of a policy is worse than none.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { Problem } from '../common/problem';
import imageDefaults from '../image/defaults.json';
import {
  buildSettingsSchema,
  defaultKernel,
  imageSourceSchema,
  kernelsSchema,
  type BuildSettings,
  type ImageSource,
  type Kernel,
} from '../image/model';

export interface Defaults {
  build: BuildSettings;
  image: ImageSource;
  kernels: Kernel[];
}

export const publicDefaults: Defaults = {
  build: {
    base: imageDefaults.base,
    channels: imageDefaults.channels,
    caBundle: '',
    proxy: { http: '', https: '', noProxy: '' },
  },
  image: { kind: 'build' },
  kernels: [defaultKernel],
};

const fileSchema = z.strictObject({
  build: buildSettingsSchema.extend({ proxy: buildSettingsSchema.shape.proxy.partial() }).partial().optional(),
  image: imageSourceSchema.optional(),
  kernels: kernelsSchema.optional(),
});

export function defaultsPath(
  environment: NodeJS.ProcessEnv = process.env,
  platform: NodeJS.Platform = process.platform,
): string {
  if (environment.LABDOCK_DEFAULTS) return environment.LABDOCK_DEFAULTS;
  if (platform === 'darwin') return '/Library/Application Support/Labdock/defaults.json';
  if (platform === 'win32') return join(environment.ProgramData ?? 'C:\\ProgramData', 'Labdock', 'defaults.json');
  return '/etc/labdock/defaults.json';
}

/** Never rejects: what cannot be used becomes a notice. `path` null: there is no such file to look for. */
export async function readDefaults(path: string | null): Promise<{ defaults: Defaults; problem?: Problem }> {
  if (path === null) return { defaults: publicDefaults };
  const refused = (detail: string) => ({
    defaults: publicDefaults,
    problem: { reason: 'defaults-invalid' as const, params: { path }, detail },
  });
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    const named = process.env.LABDOCK_DEFAULTS === path;
    if ((error as NodeJS.ErrnoException).code === 'ENOENT' && !named) return { defaults: publicDefaults };
    return refused((error as Error).message);
  }
  let json: unknown;
  try {
    json = JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch (error) {
    return refused((error as Error).message);
  }
  const parsed = fileSchema.safeParse(json);
  if (!parsed.success) return refused(z.prettifyError(parsed.error));
  const { build, image, kernels } = parsed.data;
  return {
    defaults: {
      build: {
        ...publicDefaults.build,
        ...build,
        proxy: { ...publicDefaults.build.proxy, ...build?.proxy },
      },
      image: image ?? publicDefaults.image,
      kernels: kernels ?? publicDefaults.kernels,
    },
  };
}
