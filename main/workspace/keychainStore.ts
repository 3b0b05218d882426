/** The OS keychain through keytar: macOS Keychain, Windows Credential Manager, the Secret Service on Linux. */
import { createHash } from 'node:crypto';
import { realpathSync } from 'node:fs';
import type * as Keytar from 'keytar';
import { LabdockError } from '../common/problem';
import type { SecretStore } from './secrets';

const service = 'Labdock';
/** Read, or written, to tell an empty keychain from a locked one. */
const witness = 'witness';

/**
 * @param folder the user-data folder: accounts are named after it, so that `--user-data-dir` isolates secrets too
 * @param timeoutMs a locked keychain shows its own prompt and lets the call hang until it is answered
 */
export function keychainStore(folder: string, timeoutMs: number): SecretStore {
  const scope = createHash('sha256').update(resolved(folder)).digest('hex').slice(0, 12);
  const account = (name: string) => `${scope}/${name}`;
  const call = <T>(work: (keytar: typeof Keytar) => Promise<T>) => within(load().then(work), timeoutMs);
  return {
    kind: 'keychain',
    get: (name) =>
      call(async (keytar) => {
        const value = await keytar.getPassword(service, account(name));
        if (value === null) await open(keytar, account(witness));
        return value;
      }),
    set: (name, value) => call((keytar) => keytar.setPassword(service, account(name), value)),
    delete: (name) =>
      call(async (keytar) => {
        if (!(await keytar.deletePassword(service, account(name)))) await open(keytar, account(witness));
      }),
  };
}

/**
 * Rejects where the keychain is locked. Measured with gnome-keyring and a prompt nobody answers: reading then finds
 * nothing and deleting deletes nothing, both without an error; only writing has one.
 */
async function open(keytar: typeof Keytar, account: string): Promise<void> {
  if ((await keytar.getPassword(service, account)) === null) await keytar.setPassword(service, account, 'labdock');
}

/** Native code, and a D-Bus connection on Linux: loaded on first use, off the start path. */
async function load(): Promise<typeof Keytar> {
  const module = await import('keytar');
  return module.default ?? module;
}

async function within<T>(call: Promise<T>, timeoutMs: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new LabdockError('keychain-locked')), timeoutMs);
  });
  try {
    return await Promise.race([call, late]);
  } catch (error) {
    if (error instanceof LabdockError) throw error;
    throw keychainError(error);
  } finally {
    clearTimeout(timer);
    // It may still fail after nobody waits for it.
    call.catch(() => undefined);
  }
}

/** libsecret says "Cannot create an item in a locked collection" or "prompt was dismissed"; the rest means there is none. */
function keychainError(error: unknown): LabdockError {
  const detail = error instanceof Error ? error.message : String(error);
  const locked = /locked|dismissed|denied|cancel|interaction is not allowed/i.test(detail);
  return new LabdockError(locked ? 'keychain-locked' : 'keychain-absent', undefined, { detail, cause: error });
}

function resolved(folder: string): string {
  try {
    return realpathSync(folder);
  } catch {
    return folder;
  }
}
