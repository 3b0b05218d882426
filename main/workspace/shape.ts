/** Hashes that tell whether a server is still what the settings ask for. Pure. */
import { createHash } from 'node:crypto';
import type { ServerSpec } from '../runtime/runtime';

/** Everything a container cannot change without being made anew. The name is not part of it: a label for people. */
export function configHash(spec: Omit<ServerSpec, 'configHash'>): string {
  const { image, command, init, env, folder, port, resources, allowRoot } = spec;
  const shape = [image, command, init, Object.entries(env).sort(), folder, port];
  const limits = [resources.memoryMiB, resources.cpus, resources.gpu, allowRoot];
  return fingerprint(JSON.stringify([...shape, ...limits]));
}

/** 128 bits of SHA-256, hex: for comparing contents, and short enough for a label's value. */
export function fingerprint(content: string | Buffer): string {
  return createHash('sha256').update(content).digest('hex').slice(0, 32);
}
