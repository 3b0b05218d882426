/**
 * Tokens and passwords of all workspaces, in the best store that works in this run: keychain, then the app's
 * safeStorage, then memory. What was used once stays in memory, so that a start never waits for a keychain.
 */
import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { LabdockError, type Problem } from '../common/problem';
import { memoryStore } from './memoryStore';
import type { PasswordRecord, SecretStore } from './secrets';

export interface SecretStores {
  keychain: () => SecretStore;
  /** The app's safeStorage; null where it is only obfuscation (`basic_text`) or missing. */
  fallback?: () => Promise<SecretStore | null>;
}

/** Names whose value in the keychain is no longer true: changed or removed while it could not be told. */
export interface OwedNames {
  list: () => readonly string[];
  set: (names: readonly string[]) => void;
}

export interface SecretsState {
  store: SecretStore['kind'];
  /** Why it is not the keychain. */
  problem?: Problem;
}

interface Found {
  store: SecretStore;
  problem?: Problem;
}

const recordSchema = z.object({ plain: z.string().optional(), hash: z.string() });
const probeName = 'probe';

export class SecretsService {
  private store: SecretStore = memoryStore();
  private readonly tokens = new Map<string, string>();
  private readonly passwords = new Map<string, PasswordRecord | null>();
  private opened: Promise<void> | undefined;
  private reopening: Promise<void> | undefined;
  private last: Promise<void> = Promise.resolve();
  state: SecretsState = { store: 'memory' };

  constructor(
    private readonly stores: SecretStores,
    private readonly onChange: () => void = () => undefined,
    private readonly owed: OwedNames = inThisRun(),
  ) {}

  /** Finds the store that works. Never rejects; `state` says what was found. */
  open(): Promise<void> {
    return (this.opened ??= this.find().then((found) => this.moveInto(found)));
  }

  /** Looks again, for instance after the keychain was unlocked. Secrets of this run move into it. Never rejects. */
  reopen(): Promise<void> {
    return (this.reopening ??= this.lookAgain().finally(() => (this.reopening = undefined)));
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
    if (token !== stored) await this.put(tokenName(id), token);
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
    await this.put(passwordName(id), record && JSON.stringify(record));
  }

  async forget(id: string): Promise<void> {
    await this.open();
    this.tokens.delete(id);
    this.passwords.delete(id);
    for (const name of [tokenName(id), passwordName(id)]) await this.put(name, null);
  }

  private async find(): Promise<Found> {
    let problem: Problem;
    try {
      const keychain = this.stores.keychain();
      if (await works(keychain)) return { store: keychain };
      problem = { reason: 'keychain-absent' };
    } catch (error) {
      problem = problemOf(error);
    }
    const fallback = await this.stores.fallback?.().catch(() => null);
    if (fallback && (await works(fallback).catch(() => false))) return { store: fallback, problem };
    return { store: memoryStore(), problem: untilQuit(problem) };
  }

  private async lookAgain(): Promise<void> {
    await this.open();
    if (this.store.kind === 'keychain') return;
    const found = await this.find();
    // Kept where it was, maybe for another reason by now.
    if (found.store.kind === this.store.kind) this.use(this.store, found.problem);
    else await this.moveInto(found);
  }

  private use(store: SecretStore, problem?: Problem): void {
    this.store = store;
    this.state = { store: store.kind, ...(problem && { problem }) };
    this.onChange();
  }

  /** Everything this run knows goes into the store, and what was taken away goes out of it. */
  private moveInto({ store, problem }: Found): Promise<void> {
    return this.inTurn(async () => {
      this.store = store;
      try {
        for (const [id, token] of this.tokens) await this.write(store, tokenName(id), token);
        for (const [id, record] of this.passwords) {
          const name = passwordName(id);
          if (record) await this.write(store, name, JSON.stringify(record));
          // Nobody took it away: "none" was only what an unreadable store could say.
          else if (!this.owed.list().includes(name)) this.passwords.delete(id);
        }
        // What has a value in this run is no longer among them.
        if (store.kind === 'keychain') for (const name of this.owed.list()) await this.write(store, name, null);
        if (store === this.store) this.use(store, problem);
      } catch (error) {
        this.degrade(store, error);
      }
    });
  }

  private async read(name: string): Promise<string | null> {
    for (;;) {
      const { store } = this;
      const value = await store.get(name).catch((error: unknown) => {
        this.degrade(store, error);
        return null;
      });
      // Another store was found meanwhile, or this one given up: what it said does not count.
      if (store === this.store) return value;
    }
  }

  /** @param text null removes it */
  private put(name: string, text: string | null): Promise<void> {
    // Before its turn comes: whoever looks again meanwhile must not take the old value for the person's.
    this.owe(name);
    return this.inTurn(async () => {
      const { store } = this;
      try {
        await this.write(store, name, text);
      } catch (error) {
        this.owe(name);
        this.degrade(store, error);
      }
    });
  }

  private async write(store: SecretStore, name: string, text: string | null): Promise<void> {
    if (text === null) await store.delete(name);
    else await store.set(name, text);
    const owed = this.owed.list();
    if (store.kind === 'keychain' && owed.includes(name)) this.owed.set(owed.filter((other) => other !== name));
  }

  private owe(name: string): void {
    const owed = this.owed.list();
    if (!owed.includes(name)) this.owed.set([...owed, name]);
  }

  /** One change after the other: of two under one name the later one stays. */
  private inTurn(work: () => Promise<void>): Promise<void> {
    const done = this.last.then(work);
    this.last = done.catch(() => undefined);
    return done;
  }

  /**
   * The store stopped working in the middle of a run: the secrets of this run stay in memory, and the user hears of it.
   * It is asked again only when somebody looks: a locked keychain would prompt for every single secret.
   */
  private degrade(store: SecretStore, error: unknown): void {
    if (store !== this.store) return;
    const detail = String(error);
    const problem = store.kind === 'keychain' ? problemOf(error) : { reason: 'keychain-absent' as const, detail };
    const before = this.state.problem;
    this.use(memoryStore(), before?.reason === 'keychain-locked' ? before : untilQuit(problem));
  }
}

const tokenName = (id: string) => `workspace/${id}/token`;
const passwordName = (id: string) => `workspace/${id}/password`;

function inThisRun(): OwedNames {
  let names: readonly string[] = [];
  return { list: () => names, set: (next) => void (names = next) };
}

function problemOf(error: unknown): Problem {
  return error instanceof LabdockError ? error.problem : { reason: 'keychain-absent', detail: String(error) };
}

/** A locked keychain can be unlocked, and is named. Else what matters to a person is that nothing will be remembered. */
function untilQuit(problem: Problem): Problem {
  if (problem.reason === 'keychain-locked') return problem;
  return { reason: 'keychain-memory-only', detail: [problem.reason, problem.detail].filter(Boolean).join(': ') };
}

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
