/**
 * Registry credentials where `docker login` and `podman login` left them. Read only, at the moment of a pull, for the one
 * registry that is asked; never logged and never kept.
 */
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { z } from 'zod';

/** In the form of the engine's `X-Registry-Auth`. */
export interface RegistryAuth {
  serveraddress: string;
  username?: string;
  password?: string;
  identitytoken?: string;
}

export interface AuthSources {
  /** Files in the form of docker's config.json, first match wins. */
  files: string[];
  env: NodeJS.ProcessEnv;
  helperTimeoutMs: number;
}

export function userAuthSources(env: NodeJS.ProcessEnv = process.env): AuthSources {
  const runtime = env['XDG_RUNTIME_DIR'];
  return {
    files: [
      join(env['DOCKER_CONFIG'] ?? join(homedir(), '.docker'), 'config.json'),
      env['REGISTRY_AUTH_FILE'] ?? (runtime ? join(runtime, 'containers', 'auth.json') : ''),
      join(homedir(), '.config', 'containers', 'auth.json'),
    ].filter((file) => file !== ''),
    env,
    helperTimeoutMs: 15_000,
  };
}

const configSchema = z.object({
  auths: z
    .record(
      z.string(),
      z.object({
        auth: z.string().optional(),
        username: z.string().optional(),
        password: z.string().optional(),
        identitytoken: z.string().optional(),
      }),
    )
    .optional()
    .catch(undefined),
  credsStore: z.string().optional().catch(undefined),
  credHelpers: z.record(z.string(), z.string()).optional().catch(undefined),
});
type Config = z.infer<typeof configSchema>;

const helperAnswerSchema = z.object({ Username: z.string().max(4096), Secret: z.string().min(1).max(65_536) });

/** The key under which Docker keeps its own registry's credentials. */
const hubKey = 'https://index.docker.io/v1/';

/** Registry of a reference: the part before the first slash when it looks like a host. */
export function registryOf(reference: string): string {
  const first = reference.split('/')[0] ?? '';
  const isHost = reference.includes('/') && (/[.:]/.test(first) || first === 'localhost');
  return isHost ? first.toLowerCase() : 'docker.io';
}

/** undefined: none known. A broken file or helper counts as none, and `onWarning` says so in words for the log. */
export async function credentialsFor(
  reference: string,
  sources: AuthSources,
  onWarning: (text: string) => void = () => {},
): Promise<RegistryAuth | undefined> {
  const registry = registryOf(reference);
  for (const file of sources.files) {
    const config = await readConfig(file, onWarning);
    const found = config && (await fromConfig(config, registry, sources, onWarning));
    if (found) return found;
  }
  return undefined;
}

async function readConfig(file: string, onWarning: (text: string) => void): Promise<Config | undefined> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch {
    return undefined;
  }
  try {
    return configSchema.parse(JSON.parse(text));
  } catch {
    // Not the parser's words: they may quote a secret.
    onWarning(`the registry credentials in ${file} cannot be read`);
    return undefined;
  }
}

async function fromConfig(
  config: Config,
  registry: string,
  sources: AuthSources,
  onWarning: (text: string) => void,
): Promise<RegistryAuth | undefined> {
  const key = registry === 'docker.io' ? hubKey : registry;
  const own = Object.entries(config.credHelpers ?? {}).find(([server]) => sameRegistry(server, registry));
  const helper = own ? { name: own[1], server: own[0] } : config.credsStore && { name: config.credsStore, server: key };
  if (helper) {
    const answer = await askHelper(helper.name, helper.server, sources, onWarning);
    if (answer) return answer;
  }
  for (const [server, entry] of Object.entries(config.auths ?? {})) {
    if (!sameRegistry(server, registry)) continue;
    if (entry.identitytoken) return { serveraddress: key, identitytoken: entry.identitytoken };
    const [username, password] = entry.auth ? splitBasic(entry.auth) : [entry.username, entry.password];
    // With a credential store the entry is empty: a mere note that there was a login.
    if (username && password) return { serveraddress: key, username, password };
  }
  return undefined;
}

function sameRegistry(server: string, registry: string): boolean {
  const host = server
    .replace(/^https?:\/\//, '')
    .replace(/\/.*$/, '')
    .toLowerCase();
  return (/^(?:index\.|registry-1\.)?docker\.io$/.test(host) ? 'docker.io' : host) === registry;
}

function splitBasic(auth: string): [string | undefined, string | undefined] {
  const text = Buffer.from(auth, 'base64').toString('utf8');
  const colon = text.indexOf(':');
  // Docker pads the password with NUL bytes in some versions.
  return colon < 0 ? [undefined, undefined] : [text.slice(0, colon), text.slice(colon + 1).replace(/\0+$/, '')];
}

/** Apps started by double click have a short PATH; these are where the helpers of Docker's desktop products live. */
const helperFolders = ['/usr/local/bin', '/opt/homebrew/bin', '/Applications/Docker.app/Contents/Resources/bin'];

/** Protocol: docker/docker-credential-helpers. `get` with the server on stdin; JSON on stdout, or exit 1 and a sentence. */
async function askHelper(
  name: string,
  server: string,
  { env, helperTimeoutMs }: AuthSources,
  onWarning: (text: string) => void,
): Promise<RegistryAuth | undefined> {
  if (!/^[A-Za-z0-9][\w.-]*$/.test(name)) {
    onWarning('the name of the credential helper is not valid');
    return undefined;
  }
  const path = [env['PATH'] ?? '', ...(process.platform === 'win32' ? [] : helperFolders)].join(delimiter);
  const program = `docker-credential-${name}`;
  const answer = await new Promise<{ stdout: string; failed?: string }>((resolve) => {
    const child = execFile(
      program,
      ['get'],
      { env: { ...env, PATH: path }, timeout: helperTimeoutMs, killSignal: 'SIGKILL', maxBuffer: 256 * 1024, windowsHide: true }, // prettier-ignore
      (error, stdout) => {
        // Only the kind of failure: output of a helper may hold a secret.
        const failed = error && (error.killed ? 'did not answer in time' : `failed (${String(error.code)})`);
        resolve({ stdout, ...(failed && { failed }) });
      },
    );
    child.stdin?.on('error', () => {}); // a helper that ends without reading
    child.stdin?.end(server);
  });
  if (answer.failed) {
    if (!/credentials not found/i.test(answer.stdout)) onWarning(`${program} ${answer.failed}`);
    return undefined;
  }
  let parsed;
  try {
    parsed = helperAnswerSchema.safeParse(JSON.parse(answer.stdout));
  } catch {
    parsed = undefined;
  }
  if (!parsed?.success) {
    onWarning(`${program} gave an answer that cannot be read`);
    return undefined;
  }
  const { Username: username, Secret: secret } = parsed.data;
  return username === '<token>'
    ? { serveraddress: server, identitytoken: secret }
    : { serveraddress: server, username, password: secret };
}
