/** The Jupyter server's settings: every setting of a jupyter_server_config.py that Labdock has a field for. Pure. */
import { z } from 'zod';

const line = z
  .string()
  .max(1000)
  // eslint-disable-next-line no-control-regex
  .regex(/^[^\u0000-\u001f\u007f]*$/, 'control-characters');

export const serverSettingsSchema = z.object({
  /** ServerApp.allow_origin; empty is the safe default: only the server's own pages. */
  allowOrigin: line,
  /** ServerApp.allow_root: may the server run as uid 0 where it must not otherwise. */
  allowRoot: z.boolean(),
  /** ServerApp.disable_check_xsrf. */
  disableCheckXsrf: z.boolean(),
  /** ServerApp.ip inside the container. */
  ip: z.union([z.ipv4(), z.ipv6(), z.literal('*'), z.literal('localhost')], { error: 'ip' }),
  /** ServerApp.root_dir (was notebook_dir), relative to the workspace folder; empty is the folder itself. */
  rootDir: line.refine((p) => !p.startsWith('/') && !p.split(/[\\/]/).includes('..'), 'relative-path'),
  /** PasswordIdentityProvider.password_required. */
  passwordRequired: z.boolean(),
  /** Free text appended to the rendered file: Python, syntax-checked before it is used. */
  custom: z.string().max(200_000),
});
export type ServerSettings = z.infer<typeof serverSettingsSchema>;

export const defaultServerSettings: ServerSettings = {
  allowOrigin: '',
  allowRoot: false,
  disableCheckXsrf: false,
  ip: '0.0.0.0',
  rootDir: '',
  passwordRequired: false,
  custom: '',
};

/** The port Jupyter listens on inside its container, on every target (the seed's 8888). */
export const containerPort = 8888;

/** UTF-8 bytes. Jupyter's login form and argon2 take more; a longer one is a paste by mistake. */
export const maxPasswordBytes = 4096;
