/**
 * Docker contexts as the docker command keeps them: `config.json` names the current one, `contexts/meta/<sha256>/meta.json`
 * describes each, `contexts/tls/<sha256>/docker/*.pem` holds its keys. dockerode knows nothing of them.
 */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { EngineConnection, TlsMaterial } from './client';

export interface DockerContext extends EngineConnection {
  name: string;
}

export interface DockerConfig {
  /** Empty or `default`: no context. */
  currentContext?: string;
  contexts: DockerContext[];
}

/** Pure. A damaged file counts as none: it is the docker command's, and not ours to complain about. */
export function currentContextOf(configJson: string | undefined): string | undefined {
  const config = parse(configJson) as { currentContext?: unknown } | undefined;
  const name = config?.currentContext;
  return typeof name === 'string' && name !== '' && name !== 'default' ? name : undefined;
}

/** Pure. undefined where it names no Docker endpoint (contexts may be of Kubernetes alone). */
export function contextOf(metaJson: string, tls?: TlsMaterial): DockerContext | undefined {
  const meta = parse(metaJson) as
    { Name?: unknown; Endpoints?: { docker?: { Host?: unknown; SkipTLSVerify?: unknown } } } | undefined;
  const host = meta?.Endpoints?.docker?.Host;
  if (typeof meta?.Name !== 'string' || typeof host !== 'string' || host === '') return undefined;
  const skipVerify = meta.Endpoints?.docker?.SkipTLSVerify === true;
  const material = tls || skipVerify ? { ...tls, ...(skipVerify && { skipVerify }) } : undefined;
  return { name: meta.Name, host, ...(material && { tls: material }) };
}

function parse(json: string | undefined): unknown {
  try {
    const value: unknown = JSON.parse(json ?? '');
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Reads them from `~/.docker` or `DOCKER_CONFIG`. Never rejects. */
export async function readDockerConfig(directory: string): Promise<DockerConfig> {
  const meta = join(directory, 'contexts', 'meta');
  const [config, ids] = await Promise.all([readText(join(directory, 'config.json')), readdir(meta).catch(() => [])]);
  const contexts = await Promise.all(
    ids.map(async (id) => {
      const text = await readText(join(meta, id, 'meta.json'));
      return text && contextOf(text, await readTls(join(directory, 'contexts', 'tls', id, 'docker')));
    }),
  );
  const currentContext = currentContextOf(config);
  return {
    ...(currentContext && { currentContext }),
    contexts: contexts.filter((context) => typeof context === 'object'),
  };
}

/** `ca.pem`, `cert.pem` and `key.pem`, those that are there; undefined where none is. */
export async function readTls(directory: string): Promise<TlsMaterial | undefined> {
  const [ca, cert, key] = await Promise.all(
    ['ca.pem', 'cert.pem', 'key.pem'].map((name) => readText(join(directory, name))),
  );
  return ca || cert || key ? { ...(ca && { ca }), ...(cert && { cert }), ...(key && { key }) } : undefined;
}

async function readText(path: string): Promise<string | undefined> {
  return readFile(path, 'utf8').catch(() => undefined);
}
