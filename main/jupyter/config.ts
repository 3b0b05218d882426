/**
 * A workspace's jupyter_server_config.py, rendered. Trait names as of jupyter_server 2 and JupyterLab 4.
 *
 * Three parts, in this order:
 * 1. the settings that have a field, which the custom text may read and change;
 * 2. the custom text, verbatim between two marks;
 * 3. what the launcher relies on to reach its server (address, port, folder, token, plain HTTP at `/`). It stands last,
 *    so that no custom text can take the server out of reach; where it had to put a value back it says so in the
 *    server's log, and `findOwned` (configCheck.ts) finds it for the field before that.
 *
 * A mistake in the file must stop the server instead of starting it on Jupyter's defaults with a random token and an
 * open origin check: start it with {@link strictConfigEnvironment}.
 */
import { createHash } from 'node:crypto';
import { posix } from 'node:path';
import { pythonLiteral, pythonString, type PythonValue } from './pythonLiteral';
import type { ServerSettings } from './model';

export interface ConfigInput {
  settings: ServerSettings;
  /** In Jupyter's form (`argon2:…`, `sha256:salt:hex`); null: no password, token only. */
  passwordHash: string | null;
  token: string;
  /** The port inside the container. */
  port: number;
  /** Where the workspace's folder is mounted; absolute, in the server. */
  work: string;
  /** HOME in the server: kept over recreation, and with it the cookie secret. */
  home: string;
  /** Names, besides `localhost` and the container's own, under which pages may ask (an ingress host). */
  hostnames?: readonly string[];
  /**
   * Files in the server that hold token and password hash: the rendered text then reads them there and can be kept where
   * secrets must not stand (a ConfigMap). Without it both stand in the text.
   */
  secretFiles?: { token: string; passwordHash: string };
  /** Believe X-Forwarded-* headers: only where TLS ends at a proxy of ours, and nobody else reaches the port. */
  trustForwarded?: boolean;
}

/** Makes traitlets (5 and later) exit when the file has a syntax error or raises, instead of ignoring the whole file. */
export const strictConfigEnvironment = { TRAITLETS_APPLICATION_RAISE_CONFIG_FILE_ERROR: '1' } as const;

/** What stands in for secrets where a person looks at the file. */
export const redacted = { token: '<kept by Labdock>', passwordHash: '<hash of the password>' } as const;

export const customBegin =
  '# ---- Custom settings, as written by you -------------------------------------------------------';
export const customEnd =
  '# ---- End of custom settings -------------------------------------------------------------------';

/** ServerApp.root_dir for a mounted folder. */
export function rootDirectory(work: string, rootDir: string): string {
  return posix.join(work, rootDir);
}

/** Settings the launcher relies on, by section; the last word in the file. */
export function ownSettings(input: ConfigInput): Record<string, Record<string, PythonValue>> {
  return {
    ServerApp: {
      ip: input.settings.ip,
      port: input.port,
      port_retries: 0,
      root_dir: rootDirectory(input.work, input.settings.rootDir),
      base_url: '/',
      sock: '',
      certfile: '',
      keyfile: '',
      open_browser: false,
    },
    IdentityProvider: { token: input.token },
    // The subclass has the last word in traitlets: a token set there would win over the one above.
    PasswordIdentityProvider: { token: input.token },
  };
}

/** The file with its secrets. Write it with mode 0400 and show it to nobody: {@link renderRedactedConfig} is for eyes. */
export function renderConfig(input: ConfigInput): string {
  const { settings } = input;
  const set = (trait: string, value: PythonValue) => `c.${trait} = ${pythonLiteral(value)}`;
  const { secretFiles } = input;
  const read = (file: string) => `_labdock_secret(${pythonString(file)})`;
  const valueOf = (name: string, value: PythonValue) =>
    secretFiles && name === 'token' ? read(secretFiles.token) : pythonLiteral(value);
  const own = Object.entries(ownSettings(input)).flatMap(([section, traits]) =>
    Object.entries(traits).map(
      ([name, value]) => `_labdock_keep(${pythonString(section)}, ${pythonString(name)}, ${valueOf(name, value)})`,
    ),
  );
  return [
    '# Rendered by Labdock from the settings of the workspace; changes made here are lost.',
    'import socket as _labdock_socket',
    'import sys as _labdock_sys',
    '',
    'c = get_config()  # noqa: F821',
    '',
    ...(secretFiles ? secretReader : []),
    '# Access',
    set('ServerApp.allow_root', settings.allowRoot),
    set('ServerApp.allow_origin', settings.allowOrigin),
    set('ServerApp.disable_check_xsrf', settings.disableCheckXsrf),
    '# Listening on all addresses would switch the check of the Host header off: it is what stops DNS rebinding.',
    set('ServerApp.allow_remote_access', false),
    `c.ServerApp.local_hostnames = ${pythonLiteral(['localhost', ...(input.hostnames ?? [])])} + [_labdock_socket.gethostname()]`,
    secretFiles
      ? `c.PasswordIdentityProvider.hashed_password = ${read(secretFiles.passwordHash)}`
      : set('PasswordIdentityProvider.hashed_password', input.passwordHash ?? ''),
    set('PasswordIdentityProvider.password_required', settings.passwordRequired),
    '# The password is changed in Labdock, where it is kept.',
    set('PasswordIdentityProvider.allow_password_change', false),
    '# In HOME, so that who is logged in stays so when the container is recreated.',
    set('ServerApp.cookie_secret_file', posix.join(input.home, '.labdock-cookie-secret')),
    ...(input.trustForwarded ? [set('ServerApp.trust_xheaders', true)] : []),
    '',
    '# Behaviour in the launcher',
    set('ServerApp.default_url', '/lab'),
    '# Labdock starts and stops the server.',
    set('ServerApp.quit_button', false),
    '# Lets the launcher ask the page which documents are not saved.',
    set('LabApp.expose_app_in_browser', true),
    '# The image decides the version of Lab; its questions about news and updates lead nowhere here.',
    set('LabApp.news_url', null),
    set('LabApp.check_for_updates_class', 'jupyterlab.NeverCheckForUpdate'),
    '',
    ...(settings.custom.trim() === '' ? [] : [customBegin, settings.custom, customEnd, '']),
    "# Labdock's own: what the launcher relies on to reach this server.",
    'def _labdock_keep(section, name, value, config=get_config()):  # noqa: F821',
    '    found = config[section].get(name, value)',
    "    if type(found).__name__ != 'LazyConfigValue' and found != value:",
    "        print('[Labdock] %s.%s is not taken from the custom settings: the launcher needs its own value'",
    '              % (section, name), file=_labdock_sys.stderr, flush=True)',
    '    config[section][name] = value',
    '',
    ...own,
    '',
    '# A published image may carry jupyter_server 1, which knows these under their old names only.',
    "if getattr(_labdock_sys.modules.get('jupyter_server'), 'version_info', (2,))[0] < 2:",
    '    c = get_config()  # noqa: F821',
    '    c.ServerApp.token = c.IdentityProvider.token',
    '    c.ServerApp.password = c.PasswordIdentityProvider.hashed_password',
    '    c.ServerApp.password_required = c.PasswordIdentityProvider.password_required',
    '    c.ServerApp.allow_password_change = c.PasswordIdentityProvider.allow_password_change',
    '',
  ].join('\n');
}

const secretReader = [
  'def _labdock_secret(path):',
  "    with open(path, encoding='ascii') as file:",
  '        return file.read().strip()',
  '',
  '',
];

/** The same file for a person to read: words in place of token and hash. */
export function renderRedactedConfig(
  input: Omit<ConfigInput, 'token' | 'passwordHash'> & { hasPassword: boolean },
): string {
  return renderConfig({
    ...input,
    token: redacted.token,
    passwordHash: input.hasPassword ? redacted.passwordHash : null,
  });
}

/**
 * Says whether two renderings are the same (64 hex digits). For labels and logs give it the redacted rendering: a
 * fingerprint that leaves the machine must not allow guesses at an old-style password hash.
 */
export function configFingerprint(text: string): string {
  return createHash('sha256').update('labdock jupyter config\n').update(text).digest('hex');
}
