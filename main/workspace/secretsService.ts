/**
 * Tokens and passwords of all workspaces, in the best store that works in this run: keychain, then the app's
 * safeStorage, then memory. What was used once stays in memory, so that a start never waits for a keychain.
 */
import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { LabdockError, toProblem, type Problem } from '../common/problem';
import { memoryStore } from './memoryStore';
import type { PasswordRecord, SecretStore } from './secrets';

export interface SecretStores {
  keychain: () => SecretStore;
  /** The app's safeStorage; null where it is only obfuscation (`basic_text`) or missing. */
  fallback?: () => Promise<SecretStore | null>;
}

export interface SecretsState {
  store: SecretStore['kind'];
  problem?: Problem;
}

const recordSchema = z.object({ plain: z.string().optional(), hash: z.string() });
const probeName = 'probe';

export class SecretsService {
  private store: SecretStore = memoryStore();
  private readonly tokens = new Map<string, string>();
  private readonly passwords = new Map<string, PasswordRecord | null>();
  private opened: Promise<void> | undefined;
  state: SecretsState = { store: 'memory' };

  constructor(
    private readonly stores: SecretStores,
    private readonly onChange: () => void = () => undefined,
  ) {}

  /** Finds the store that works. Never rejects; `state` says what was found. */
  open(): Promise<void> {
    return (this.opened ??= this.choose());
  }

  /** Looks again, for instance after the keychain was unlocked. Secrets of this run move into it. */
  async reopen(): Promise<void> {
    await this.opened;
    if (this.store.kind === 'keychain') return;
    const keychain = this.stores.keychain();
    if (!(await works(keychain).catch(() => false))) return;
    await this.moveInto(keychain);
  }

  /**
   * The token of a workspace: 32 random bytes, made once and kept.
   * @param readBack the token a server object already runs with, where the store has lost it
   */
  async token(id: string, readBack?: () => Promise<string | null>): Promise<string> {
    const known = this.tokens.get(id);
    if (known) return known;
    await this.open();
    const stored = await this.read(tokenName(id));
    const token = stored ?? (await readBack?.()) ?? randomBytes(32).toString('base64url');
    // Two callers may have come this far: the first one's token is the token.
    const won = this.tokens.get(id);
    if (won) return won;
    this.tokens.set(id, token);
    if (token !== stored) await this.write(tokenName(id), token);
    return token;
  }

  /** Undefined until it was asked for once. */
  knownToken = (id: string) => this.tokens.get(id);
  knownPassword = (id: string) => this.passwords.get(id);

  /** null: there is none. */
  async password(id: string): Promise<PasswordRecord | null> {
    const known = this.passwords.get(id);
    if (known !== undefined) return known;
    await this.open();
    const text = await this.read(passwordName(id));
    const record = text === null ? null : parseRecord(text);
    if (!this.passwords.has(id)) this.passwords.set(id, record);
    return this.passwords.get(id) ?? null;
  }

  async setPassword(id: string, record: PasswordRecord | null): Promise<void> {
    await this.open();
    this.passwords.set(id, record);
    if (record) await this.write(passwordName(id), JSON.stringify(record));
    else await this.store.delete(passwordName(id)).catch((error: unknown) => this.degrade(error));
  }

  async forget(id: string): Promise<void> {
    await this.open();
    this.tokens.delete(id);
    this.passwords.delete(id);
    for (const name of [tokenName(id), passwordName(id)]) await this.store.delete(name).catch(() => undefined);
  }

  private async choose(): Promise<void> {
    let problem: Problem;
    try {
      const keychain = this.stores.keychain();
      if (await works(keychain)) return this.use(keychain);
      problem = { reason: 'keychain-absent' };
    } catch (error) {
      problem = toProblem(error);
    }
    const fallback = await this.stores.fallback?.().catch(() => null);
    if (fallback && (await works(fallback).catch(() => false))) return this.use(fallback, problem);
    // The reason stays in the detail; what matters to a person is that nothing will be remembered.
    this.use(memoryStore(), {
      reason: 'keychain-memory-only',
      detail: [problem.reason, problem.detail].filter(Boolean).join(': '),
    });
  }

  private use(store: SecretStore, problem?: Problem): void {
    this.store = store;
    this.state = { store: store.kind, ...(problem && { problem }) };
    this.onChange();
  }

  private async moveInto(store: SecretStore): Promise<void> {
    for (const [id, token] of this.tokens) await store.set(tokenName(id), token);
    for (const [id, record] of this.passwords) {
      if (record) await store.set(passwordName(id), JSON.stringify(record));
      // "None" was only what an unreadable store could say.
      else this.passwords.delete(id);
    }
    this.use(store);
  }

  private async read(name: string): Promise<string | null> {
    try {
      return await this.store.get(name);
    } catch (error) {
      this.degrade(error);
      return null;
    }
  }

  private async write(name: string, value: string): Promise<void> {
    await this.store.set(name, value).catch((error: unknown) => this.degrade(error));
  }

  /** The keychain stopped working in the middle of a run: the secrets of this run stay in memory, and the user hears of it. */
  private degrade(error: unknown): void {
    const problem =
      error instanceof LabdockError ? error.problem : { reason: 'keychain-absent' as const, detail: String(error) };
    this.state = { ...this.state, problem };
    this.onChange();
  }
}

const tokenName = (id: string) => `workspace/${id}/token`;
const passwordName = (id: string) => `workspace/${id}/password`;

function parseRecord(text: string): PasswordRecord | null {
  try {
    return recordSchema.parse(JSON.parse(text));
  } catch {
    return null;
  }
}

/** Reading proves nothing where there is nothing to read: the first time, something is written. */
async function works(store: SecretStore): Promise<boolean> {
  if ((await store.get(probeName)) === 'labdock') return true;
  await store.set(probeName, 'labdock');
  return (await store.get(probeName)) === 'labdock';
}
