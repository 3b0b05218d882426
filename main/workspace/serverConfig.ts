/** The server's configuration: what the settings render to, and what a server that is there was given. */
import { renderConfig, type ConfigInput } from '../jupyter/config';
import { containerPort } from '../jupyter/model';
import { paths, type Runtime, type ServerFile } from '../runtime/runtime';
import type { WorkspaceDraft } from './model';
import type { WantedConfig } from './parts';
import { fingerprint } from './shape';

/** The files as they stand in a server object, reduced to what is needed: nobody keeps their text. */
export interface GivenConfig {
  print: string;
  token?: string;
  passwordHash?: string;
}

/** One file with its secrets in it: only the server can read it. */
export interface InContainer {
  kind: 'local';
  /** The engine or the image makes the server uid 0, which Jupyter must then be told to accept. */
  runsAsRoot: boolean;
}

/** On a cluster the file is a ConfigMap's, and its secrets are a Secret's. */
export interface OnCluster {
  kind: 'cluster';
  hostnames: readonly string[];
  trustForwarded: boolean;
}

export function wantedConfig(
  draft: WorkspaceDraft,
  secrets: ServerSecrets,
  place: InContainer | OnCluster,
): WantedConfig {
  const { token, passwordHash } = secrets;
  if (place.kind === 'local') {
    const server = { ...draft.server, allowRoot: draft.server.allowRoot || place.runsAsRoot };
    const text = renderConfig(configInput({ ...draft, server }, token, passwordHash));
    return { files: [{ path: paths.config, content: text, mode: 0o400 }], print: fingerprint(text), token };
  }
  const text = renderConfig({ ...configInput(draft, token, passwordHash), ...clusterInput(place) });
  const files: ServerFile[] = [
    { path: paths.config, content: text, mode: 0o444 },
    { path: paths.token, content: token, mode: 0o400 },
    { path: paths.passwordHash, content: passwordHash ?? '', mode: 0o400 },
  ];
  return { files, print: printOf(text, token, passwordHash ?? ''), token };
}

/** What a cluster adds to the rendered file. */
function clusterInput({ hostnames, trustForwarded }: Omit<OnCluster, 'kind'>): Partial<ConfigInput> {
  return { hostnames, trustForwarded, secretFiles: { token: paths.token, passwordHash: paths.passwordHash } };
}

const printOf = (...parts: string[]) => fingerprint(parts.join('\0'));

export interface ServerSecrets {
  token: string;
  passwordHash: string | null;
}

export function configInput(draft: WorkspaceDraft, token: string, passwordHash: string | null) {
  return { settings: draft.server, passwordHash, token, port: containerPort, work: paths.work, home: paths.home };
}

/** What a server object was given; null: it has no configuration. */
export async function readGiven(runtime: Runtime, id: string): Promise<GivenConfig | null> {
  const file = await runtime.readFile(id, paths.config);
  if (!file) return null;
  const text = file.toString('utf8');
  if (runtime.kind === 'local') return givenConfig(text);
  const [token, hash] = await Promise.all(
    [paths.token, paths.passwordHash].map(async (path) => (await runtime.readFile(id, path))?.toString('utf8') ?? ''),
  );
  return {
    print: printOf(text, token!, hash!),
    ...(token && { token }),
    ...(hash && { passwordHash: hash }),
  };
}

/**
 * Reads a file that {@link renderConfig} made. Who can read it out of the container owns the server anyway, so the token
 * may be taken from there when the keychain has lost it.
 */
export function givenConfig(text: string): GivenConfig {
  // The last one counts: custom text stands before it, and may look like anything.
  const tokens = text.matchAll(/^_labdock_keep\('IdentityProvider', 'token', '([\w-]+)'\)$/gm);
  const token = [...tokens].at(-1)?.[1];
  const hash = /^c\.PasswordIdentityProvider\.hashed_password = '([^'\\]+)'$/m.exec(text)?.[1];
  return { print: fingerprint(text), ...(token && { token }), ...(hash && { passwordHash: hash }) };
}
