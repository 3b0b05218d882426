/** The fallback where there is no keychain: a file of values encrypted with a key the operating system keeps. */
import { join } from 'node:path';
import { app, safeStorage } from 'electron';
import { z } from 'zod';
import { readText, writeAtomically } from '../workspace/jsonFile';
import type { SecretStore } from '../workspace/secrets';

const fileSchema = z.record(z.string(), z.string());

/** null where safeStorage is missing or only obfuscates with a key everybody knows (`basic_text`). */
export async function openSafeStorage(folder: string): Promise<SecretStore | null> {
  await app.whenReady();
  if (!safeStorage.isEncryptionAvailable()) return null;
  if (process.platform === 'linux' && ['basic_text', 'unknown'].includes(safeStorage.getSelectedStorageBackend())) {
    return null;
  }
  const path = join(folder, 'secrets.json');
  // One change after the other: two at once would write the file without each other's value.
  let last: Promise<unknown> = Promise.resolve();
  const read = async () => {
    try {
      return fileSchema.parse(JSON.parse((await readText(path)) ?? '{}'));
    } catch {
      return {};
    }
  };
  const change = (edit: (values: Record<string, string>) => void) => {
    const next = last.then(async () => {
      const values = await read();
      edit(values);
      await writeAtomically(path, JSON.stringify(values));
    });
    last = next.catch(() => undefined);
    return next;
  };
  return {
    kind: 'safe-storage',
    async get(name) {
      await last;
      const value = (await read())[name];
      if (value === undefined) return null;
      try {
        return safeStorage.decryptString(Buffer.from(value, 'base64'));
      } catch {
        // Encrypted by another user or on another machine: as good as absent.
        return null;
      }
    },
    set: (name, value) =>
      change((values) => {
        values[name] = safeStorage.encryptString(value).toString('base64');
      }),
    delete: (name) =>
      change((values) => {
        delete values[name];
      }),
  };
}
