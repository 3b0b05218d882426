/** The server's configuration file: what the settings render to, and what a server that is there was given. */
import { renderConfig } from '../jupyter/config';
import { containerPort } from '../jupyter/model';
import { paths } from '../runtime/runtime';
import type { WorkspaceDraft } from './model';
import type { WantedConfig } from './parts';
import { fingerprint } from './shape';

/** The file as it stands in a server object, reduced to what is needed: nobody keeps its text. */
export interface GivenConfig {
  print: string;
  token?: string;
  passwordHash?: string;
}

/** @param runsAsRoot the engine or the image makes the server uid 0, which Jupyter must then be told to accept */
export function wantedConfig(
  draft: WorkspaceDraft,
  { token, passwordHash }: ServerSecrets,
  runsAsRoot: boolean,
): WantedConfig {
  const server = { ...draft.server, allowRoot: draft.server.allowRoot || runsAsRoot };
  const text = renderConfig(configInput({ ...draft, server }, token, passwordHash));
  return { text, print: fingerprint(text), token };
}

export interface ServerSecrets {
  token: string;
  passwordHash: string | null;
}

export function configInput(draft: WorkspaceDraft, token: string, passwordHash: string | null) {
  return { settings: draft.server, passwordHash, token, port: containerPort, work: paths.work, home: paths.home };
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
