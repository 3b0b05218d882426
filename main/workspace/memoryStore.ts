import type { SecretStore } from './secrets';

/** The last resort: secrets live as long as this run. A running server's are read back from its container. */
export function memoryStore(): SecretStore {
  const values = new Map<string, string>();
  return {
    kind: 'memory',
    get: (name) => Promise.resolve(values.get(name) ?? null),
    set: (name, value) => Promise.resolve(void values.set(name, value)),
    delete: (name) => Promise.resolve(void values.delete(name)),
  };
}
