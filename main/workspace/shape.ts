/** Hashes that tell whether a server is still what the settings ask for. Pure. */
import { createHash } from 'node:crypto';
import type { ClusterSettings } from '../runtime/kubernetes/model';
import type { ClusterServerSpec, ServerSpec } from '../runtime/runtime';

/** Everything a container cannot change without being made anew. The name is not part of it: a label for people. */
export function configHash(spec: Omit<ServerSpec, 'configHash'>): string {
  const { image, command, init, env, folder, port, resources, allowRoot } = spec;
  const shape = [image, command, init, Object.entries(env).sort(), folder, port];
  const limits = [resources.memoryMiB, resources.cpus, resources.gpu, allowRoot];
  return fingerprint(JSON.stringify([...shape, ...limits]));
}

/** Everything that makes other objects of a server on a cluster; where it is, its context, is not one of them. */
export function clusterConfigHash(spec: Omit<ClusterServerSpec, 'configHash'>): string {
  const { image, command, init, env, pullPolicy, settings } = spec;
  const { context: _context, repository: _repository, architecture: _architecture, createNamespace: _create, ...shape } = forObjects(settings); // prettier-ignore
  return fingerprint(JSON.stringify([image, command, init, Object.entries(env).sort(), pullPolicy, sorted(shape)]));
}

/** Without what only a move asks for. */
export function forObjects({
  moveLimitMiB: _limit,
  ...settings
}: ClusterSettings): Omit<ClusterSettings, 'moveLimitMiB'> {
  return settings;
}

/** Maps in one order: what a person typed first makes no other server. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, one]) => [key, sorted(one)]),
  );
}

/** 128 bits of SHA-256, hex: for comparing contents, and short enough for a label's value. */
export function fingerprint(content: string | Buffer): string {
  return createHash('sha256').update(content).digest('hex').slice(0, 32);
}
