/** Which field takes an imported setting, and which settings make no sense on another machine. Pure. */
import { posix } from 'node:path';
import { isReachableAddress } from './configCheck';
import { serverSettingsSchema, type ServerSettings } from './model';
import { isImportableHash } from './passwordHash';
import type { SettingName } from './configNames';
import type { LiteralRead } from './pythonLiteral';

export interface Fields {
  server: Partial<ServerSettings>;
  port?: number;
  passwordHash?: string;
  /** Absolute folder that the file served: it becomes the workspace's folder. */
  folder?: string;
}

export type IgnoredWhy =
  | 'classic-notebook' // a setting of the classic notebook's page
  | 'config-file' // Labdock decides where the file lies
  | 'machine-path' // a path of the machine the file comes from
  | 'encryption' // certificates: the port is open to this computer only
  | 'own-token' // Labdock has a token of its own
  | 'own-value' // Labdock sets this itself
  | 'address' // in a container the server listens on all addresses
  | 'port-range' // not a port that can be used
  | 'hash-unusable' // Jupyter could log nobody in with it
  | 'value-unusable'; // not a value this setting can have

export type Taken = { fields: Fields } | { why: IgnoredWhy } | undefined;

const ignoredAlways: Record<string, IgnoredWhy> = {
  'JupyterApp.config_file': 'config-file',
  'JupyterApp.config_file_name': 'config-file',
  'JupyterApp.generate_config': 'config-file',
  'JupyterApp.answer_yes': 'config-file',
  'ServerApp.config_file': 'config-file',
  'ServerApp.config_file_name': 'config-file',
  'ServerApp.certfile': 'encryption',
  'ServerApp.keyfile': 'encryption',
  'ServerApp.client_ca': 'encryption',
  'ServerApp.ssl_options': 'encryption',
  'IdentityProvider.token': 'own-token',
  'PasswordIdentityProvider.token': 'own-token',
  'ServerApp.cookie_secret': 'own-value',
  'ServerApp.cookie_secret_file': 'own-value',
  'ServerApp.base_url': 'own-value',
  'ServerApp.port_retries': 'own-value',
  'ServerApp.open_browser': 'own-value',
  'ServerApp.browser': 'own-value',
  'ServerApp.webbrowser_open_new': 'own-value',
  'ServerApp.custom_display_url': 'own-value',
  'ServerApp.sock': 'own-value',
  'ServerApp.sock_mode': 'own-value',
};

/** undefined: no field for it, it stays text. */
export function fieldOf(name: SettingName, literal: LiteralRead): Taken {
  const setting = `${name.section}.${name.trait}`;
  const always = ignoredAlways[setting];
  if (always) return { why: always };
  // An expression only Python can work out; the custom text keeps it, and the field's check tells where it cannot count.
  if (!literal) return undefined;
  const { value } = literal;
  switch (setting) {
    case 'ServerApp.allow_origin':
      return server('allowOrigin', value);
    case 'ServerApp.allow_root':
      return server('allowRoot', value);
    case 'ServerApp.disable_check_xsrf':
      return server('disableCheckXsrf', value);
    case 'PasswordIdentityProvider.password_required':
      return server('passwordRequired', value);
    case 'ServerApp.ip': {
      const ip = value === '' ? '*' : value;
      return typeof ip === 'string' && isReachableAddress(ip) ? server('ip', ip) : { why: 'address' };
    }
    case 'ServerApp.port':
      return typeof value === 'number' && value >= 1024 && value <= 65_535
        ? { fields: { server: {}, port: value } }
        : { why: 'port-range' };
    case 'PasswordIdentityProvider.hashed_password':
      if (value === '') return { fields: { server: {} } };
      return typeof value === 'string' && isImportableHash(value)
        ? { fields: { server: {}, passwordHash: value } }
        : { why: 'hash-unusable' };
    case 'ServerApp.root_dir':
      return rootDir(value);
    case 'ServerApp.preferred_dir':
      return typeof value === 'string' && isAbsolute(value) ? { why: 'machine-path' } : undefined;
    default:
      return undefined;
  }
}

function server(field: keyof ServerSettings, value: unknown): Taken {
  const parsed = serverSettingsSchema.shape[field].safeParse(value);
  return parsed.success ? { fields: { server: { [field]: parsed.data } } } : { why: 'value-unusable' };
}

const isAbsolute = (path: string) => /^(?:[/~\\]|[A-Za-z]:[\\/])/.test(path);

function rootDir(value: unknown): Taken {
  if (typeof value !== 'string') return { why: 'value-unusable' };
  // Its own folder is mounted as the workspace's: the path itself means nothing in the container.
  // All of it is served, whatever part of its folder the workspace showed before.
  if (isAbsolute(value))
    return value.startsWith('~') ? { why: 'machine-path' } : { fields: { server: { rootDir: '' }, folder: value } };
  const relative = posix.normalize(value || '.').replace(/\/$/, '');
  return server('rootDir', relative === '.' ? '' : relative);
}
