/** What the user owns: the settings file's shape. Pure zod, shared with the window through the bridge's contract. */
import { z } from 'zod';
import { buildSettingsSchema, imageSourceSchema, kernelsSchema } from '../image/model';
import { serverSettingsSchema } from '../jupyter/model';
import { clusterSettingsSchema } from '../runtime/kubernetes/model';

export const workspaceIdSchema = z.string().regex(/^[a-z0-9]{12}$/);
export type WorkspaceId = z.infer<typeof workspaceIdSchema>;

export const resourcesSchema = z.object({
  /** MiB; 0 means no limit. Below 512 JupyterLab and one kernel do not fit. */
  memoryMiB: z
    .number()
    .int()
    .refine((n) => n === 0 || (n >= 512 && n <= 4_194_304), 'memory'),
  /** Cores, fractions allowed; 0 means no limit. */
  cpus: z.number().refine((n) => n === 0 || (n >= 0.1 && n <= 1024), 'cpus'),
  gpu: z.enum(['none', 'all']),
});
export type Resources = z.infer<typeof resourcesSchema>;

/** Where a workspace runs. What a cluster needs stands in `cluster`, and stays while the workspace is local. */
export const targetSchema = z.object({ kind: z.enum(['local', 'cluster']) });
export type Target = z.infer<typeof targetSchema>;
export type TargetKind = Target['kind'];

/** Unprivileged ports only: below 1024 needs rights a desktop program has no business with. */
export const portSchema = z.number('port').int('port').min(1024, 'port').max(65535, 'port');

export const workspaceDraftSchema = z.object({
  name: z
    .string()
    .trim()
    .min(1, 'required')
    .max(60, 'too-long')
    // eslint-disable-next-line no-control-regex
    .regex(/^[^\u0000-\u001f\u007f]*$/, 'control-characters'),
  /** Absolute path on this computer; mounted into the server. */
  folder: z.string().min(1, 'required').max(4096, 'too-long'),
  target: targetSchema,
  kernels: kernelsSchema,
  image: imageSourceSchema,
  port: portSchema,
  resources: resourcesSchema,
  server: serverSettingsSchema,
  /** null: this workspace was never given a place on a cluster. */
  cluster: clusterSettingsSchema.nullable(),
});
/** Everything the user edits about a workspace. */
export type WorkspaceDraft = z.infer<typeof workspaceDraftSchema>;

export const workspaceSchema = workspaceDraftSchema.extend({
  id: workspaceIdSchema,
  /** Whether the user wants it running; the controller brings the world there. */
  wanted: z.enum(['running', 'stopped']),
});
export type Workspace = z.infer<typeof workspaceSchema>;

export const preferencesSchema = z.object({
  language: z.enum(['system', 'en', 'ko']),
  theme: z.enum(['system', 'light', 'dark']),
  onQuit: z.enum(['ask', 'keep', 'stop']),
  /** `auto`: the first engine that answers; otherwise a DOCKER_HOST value (unix://, npipe://, tcp://, ssh://). */
  engine: z.union([
    z.literal('auto'),
    z
      .string()
      .max(500)
      .regex(/^(?:unix|npipe|tcp|http|https|ssh):\/\/\S+$/, 'engine-host'),
  ]),
  build: buildSettingsSchema,
});
export type Preferences = z.infer<typeof preferencesSchema>;

export const settingsVersion = 2;
export const settingsSchema = z.object({
  version: z.literal(settingsVersion),
  preferences: preferencesSchema,
  workspaces: z.array(workspaceSchema).max(500),
});
export type Settings = z.infer<typeof settingsSchema>;
