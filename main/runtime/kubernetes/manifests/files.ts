/** Where a server's files are kept: what is secret in a Secret, the rest in a ConfigMap, and a checksum of both. Pure. */
import { createHmac } from 'node:crypto';
import { basename, dirname } from 'node:path/posix';
import type { V1Volume, V1VolumeMount } from '@kubernetes/client-node';
import { paths, type ServerFile } from '../../runtime';

export interface SplitFiles {
  /** Keys of the Secret, without trailing newline: Jupyter does not strip one. */
  secret: Record<string, string>;
  /** Keys of the ConfigMap. */
  config: Record<string, string>;
}

const secrets = dirname(paths.token);

/** @throws Error where two files would have one key, which no caller's files have */
export function splitFiles(files: readonly ServerFile[]): SplitFiles {
  const split: SplitFiles = { secret: {}, config: {} };
  for (const file of files) {
    const text = file.content.toString('utf8');
    const key = basename(file.path);
    const [into, value] = isSecret(file.path) ? [split.secret, text.replace(/\r?\n$/, '')] : [split.config, text];
    if (key in into) throw new Error(`two files of a server are named ${key}`);
    into[key] = value;
  }
  return split;
}

export const isSecret = (path: string) => dirname(path) === secrets;

/**
 * Says whether a running server has these files: mounted ones do not change under it. The token is the key, so that whoever
 * reads the annotation cannot try passwords against the hash.
 */
export function filesChecksum({ secret, config }: SplitFiles): string {
  const hmac = createHmac('sha256', `labdock files ${secret[basename(paths.token)] ?? ''}`);
  const sorted = (map: Record<string, string>) => Object.entries(map).sort(([a], [b]) => (a < b ? -1 : 1));
  return hmac.update(JSON.stringify([sorted(secret), sorted(config)])).digest('hex').slice(0, 32); // prettier-ignore
}

/**
 * The configuration's folder is the ConfigMap's: `--config=` finds it there. Every other file (the entrypoint of an image
 * that has none) is mounted alone, since its folder is the image's.
 */
export function fileMounts(
  name: string,
  files: readonly ServerFile[],
): { volumes: V1Volume[]; mounts: V1VolumeMount[] } {
  const plain = files.filter(({ path }) => !isSecret(path));
  const own = plain.filter(({ path }) => dirname(path) === dirname(paths.config));
  const others = plain.filter((file) => !own.includes(file));
  const items = (list: ServerFile[]) => list.map(({ path, mode }) => ({ key: basename(path), path: basename(path), mode: readable(mode) })); // prettier-ignore
  const volumes: V1Volume[] = [{ name: 'secrets', secret: { secretName: name, defaultMode: 0o440 } }];
  const mounts: V1VolumeMount[] = [{ name: 'secrets', mountPath: secrets, readOnly: true }];
  if (own.length > 0) {
    volumes.push({ name: 'config', configMap: { name, items: items(own) } });
    mounts.push({ name: 'config', mountPath: dirname(paths.config), readOnly: true });
  }
  if (others.length > 0) {
    volumes.push({ name: 'files', configMap: { name, items: items(others) } });
    for (const { path } of others)
      mounts.push({ name: 'files', mountPath: path, subPath: basename(path), readOnly: true });
  }
  return { volumes, mounts };
}

/** Files of a ConfigMap are root's: what the owner may, all may. */
const readable = (mode: number) => (mode & 0o111 ? 0o755 : 0o444);
