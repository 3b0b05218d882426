/** Where secrets are kept. Three implementations: the OS keychain, the app's safeStorage, and memory for this run. */

export interface SecretStore {
  readonly kind: 'keychain' | 'safe-storage' | 'memory';
  /** null: there is none under this name. Rejects with LabdockError (`keychain-absent`, `keychain-locked`). */
  get(name: string): Promise<string | null>;
  set(name: string, value: string): Promise<void>;
  /** Deleting what is not there is no error. */
  delete(name: string): Promise<void>;
}

/** A workspace's password: as typed, where Labdock was told it; always its hash, which is all the server gets. */
export interface PasswordRecord {
  plain?: string;
  hash: string;
}
