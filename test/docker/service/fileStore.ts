/** A keychain for tests that outlives processes: a file. */
import { readFileSync, writeFileSync } from 'node:fs';
import type { SecretStore } from '../../../main/workspace/secrets';

export function fileStore(path: string): SecretStore {
  const read = (): Record<string, string> => {
    try {
      return JSON.parse(readFileSync(path, 'utf8')) as Record<string, string>;
    } catch {
      return {};
    }
  };
  return {
    kind: 'keychain',
    get: (name) => Promise.resolve(read()[name] ?? null),
    set: (name, value) => Promise.resolve(writeFileSync(path, JSON.stringify({ ...read(), [name]: value }))),
    delete: (name) => {
      const { [name]: _gone, ...rest } = read();
      return Promise.resolve(writeFileSync(path, JSON.stringify(rest)));
    },
  };
}
