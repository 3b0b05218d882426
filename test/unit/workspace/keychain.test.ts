/**
 * Secrets against the real gnome-keyring, each scenario in a process of its own: libsecret keeps one bus connection per
 * process, and what is tested is what a new launch finds.
 */
import { execFile } from 'node:child_process';
import { mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bundled } from '../../harness/bundle';

const run = promisify(execFile);
const root = join(import.meta.dirname, '../../..');
let folder: string;
let script: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'labdock-keychain-'));
  // The native module is required from where it is installed, as the packaged application does.
  await symlink(join(root, 'node_modules'), join(folder, 'node_modules'));
  script = await bundled(
    folder,
    `import { WorkspaceCore } from ${JSON.stringify(join(root, 'main/workspace/core.ts'))};
     import { handlers } from ${JSON.stringify(join(root, 'main/workspace/handlers.ts'))};
     import { keychainStore } from ${JSON.stringify(join(root, 'main/workspace/keychainStore.ts'))};
     import { memoryStore } from ${JSON.stringify(join(root, 'main/workspace/memoryStore.ts'))};
     import { procedureTable } from ${JSON.stringify(join(root, 'main/workspace/procedureTable.ts'))};
     import { SecretsService } from ${JSON.stringify(join(root, 'main/workspace/secretsService.ts'))};
     import { lock, unlock } from ${JSON.stringify(join(root, 'test/harness/keyringLock.ts'))};
     // Commands ask for them by name: the bundler must not think them unused.
     Object.assign(globalThis, { lock, unlock });
     void (async () => {
     const [scope, timeout, ...commands] = process.argv.slice(2);
     const store = keychainStore(scope, Number(timeout));
     const safe = { ...memoryStore(), kind: 'safe-storage' };
     const stores = { keychain: () => store, fallback: async () => process.env.SAFE ? safe : null };
     const owed = { names: JSON.parse(process.env.OWED ?? '[]'), list: () => owed.names, set: (names) => { owed.names = names; } };
     const service = new SecretsService(stores, undefined, owed);
     let core;
     /** The heart on real files, before it asks any engine. */
     const openCore = async () => {
       const places = { dataFolder: process.env.HOME + '/heart', resourcesFolder: ${JSON.stringify(join(root, 'resources'))} };
       core = new WorkspaceCore({ ...places, home: process.env.HOME, defaultsPath: null, keychain: () => store, changed: () => {} });
       await core.load();
       await core.passwords.readAll();
     };
     const call = (name, input) => procedureTable(handlers(core))[name](input);
     const shown = () => {
       const [{ id }] = core.settings.workspaces;
       const { secrets, notices } = core;
       return { secrets: secrets.state, password: core.workspaceState(id).password, notices: notices.list.map((n) => n.problem.reason) };
     };
     const answers = [];
     for (const command of commands) {
       const started = performance.now();
       try { answers.push((await eval('async () => ' + command)()) ?? null); }
       catch (error) { answers.push({ reason: error.problem?.reason ?? String(error), ms: performance.now() - started }); }
     }
     await core?.close();
     console.log(JSON.stringify(answers));
     process.exit(0);
     })();`,
  );
}, 60_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

interface Scenario {
  /** Shell that prepares the session's keychain. */
  keychain: string;
  commands: string[];
  scope?: string;
  timeoutMs?: number;
  env?: Record<string, string>;
}
const unlocked = 'printf pw | gnome-keyring-daemon --unlock --components=secrets --daemonize >/dev/null;';
const locked = 'gnome-keyring-daemon --start --components=secrets >/dev/null;';

/** Runs every command in one launch; the keyring's files live in `home`. */
async function launch(home: string, { keychain, commands, scope = '/data/one', timeoutMs = 4000, env = {} }: Scenario) {
  const command = `${keychain} exec "$@"`;
  const node = [process.execPath, script, scope, String(timeoutMs), ...commands];
  const { stdout } = await run('dbus-run-session', ['--', 'sh', '-c', command, 'sh', ...node], {
    env: {
      PATH: process.env.PATH,
      HOME: home,
      XDG_DATA_HOME: join(home, 'data'),
      XDG_RUNTIME_DIR: home,
      ...env,
    },
    timeout: 30_000,
  });
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as unknown[];
}
const home = (name: string) => mkdtemp(join(folder, name));
const set = (id: string, hash: string) => `service.setPassword('${id}', { hash: '${hash}' })`;

describe('secrets in a real keychain', () => {
  test('tokens and passwords survive launches; user-data folders do not see each other', async () => {
    const at = await home('a');
    const write = await launch(at, {
      keychain: unlocked,
      commands: [
        'service.open().then(() => service.state)',
        "service.token('w1')",
        "service.token('w1')",
        "service.token('w2')",
        "service.setPassword('w1', { plain: 'pä€😀', hash: 'argon2:x' })",
      ],
    });
    expect(write[0]).toEqual({ store: 'keychain' });
    expect(write[1]).toMatch(/^[\w-]{43}$/);
    expect(write[2]).toBe(write[1]);
    expect(write[3]).not.toBe(write[1]);
    const read = ["service.token('w1')", "service.password('w1')", "service.password('w2')"];
    expect(await launch(at, { keychain: unlocked, commands: read })).toEqual([
      write[1],
      { plain: 'pä€😀', hash: 'argon2:x' },
      null,
    ]);
    const elsewhere = await launch(at, { keychain: unlocked, commands: read, scope: '/data/two' });
    expect(elsewhere[0]).not.toBe(write[1]);
    expect(elsewhere[1]).toBeNull();
    const forget = await launch(at, {
      keychain: unlocked,
      commands: ["service.forget('w1')", "service.password('w1')", "service.token('w1')"],
    });
    expect(forget[1]).toBeNull();
    expect(forget[2]).not.toBe(write[1]);
  }, 60_000);

  test('an emptied keychain: the token of a running server is read back, else a new one is made', async () => {
    const at = await home('b');
    const [token] = await launch(at, { keychain: unlocked, commands: ["service.token('w1')"] });
    await rm(join(at, 'data'), { recursive: true, force: true });
    const again = await launch(at, {
      keychain: unlocked,
      commands: [`service.token('w1', async () => ${JSON.stringify(token)})`, "service.token('w2', async () => null)"],
    });
    expect(again[0]).toBe(token);
    expect(again[1]).toMatch(/^[\w-]{43}$/);
    expect(await launch(at, { keychain: unlocked, commands: ["service.token('w1')"] })).toEqual([token]);
  }, 60_000);

  test('no keychain: safeStorage, and without it memory; both are said', async () => {
    const at = await home('c');
    const noBus = { DBUS_SESSION_BUS_ADDRESS: 'unix:path=/nonexistent' };
    const none = { keychain: 'export DBUS_SESSION_BUS_ADDRESS=unix:path=/nonexistent;', env: noBus };
    const open = ['service.open().then(() => service.state)', "service.token('w1')", "service.token('w1')"];
    const memory = await launch(at, { ...none, commands: open });
    expect(memory[0]).toMatchObject({ store: 'memory', problem: { reason: 'keychain-memory-only' } });
    expect(memory[1]).toBe(memory[2]);
    const safe = await launch(at, { ...none, env: { ...noBus, SAFE: '1' }, commands: open });
    expect(safe[0]).toMatchObject({ store: 'safe-storage', problem: { reason: 'keychain-absent' } });
  }, 60_000);

  test('a locked keychain does not hang the launch, and says that it is locked', async () => {
    const at = await home('d');
    await launch(at, { keychain: unlocked, commands: ["service.token('w1')"] });
    const commands = ["store.set('x', 'y')", 'service.open().then(() => service.state)', "service.token('w1')"];
    const [direct, state, token] = await launch(at, { keychain: locked, timeoutMs: 1500, commands });
    expect(direct).toMatchObject({ reason: 'keychain-locked' });
    expect((direct as { ms: number }).ms).toBeLessThan(2500);
    expect(state).toMatchObject({ store: 'memory', problem: { reason: 'keychain-locked' } });
    expect(token).toMatch(/^[\w-]{43}$/);
    const [, safe] = await launch(at, { keychain: locked, timeoutMs: 1500, commands, env: { SAFE: '1' } });
    expect(safe).toMatchObject({ store: 'safe-storage', problem: { reason: 'keychain-locked' } });
  }, 60_000);

  test('a locked keychain is not taken for an empty one: reading and deleting say so', async () => {
    const at = await home('e');
    const [, , , read, none, gone, , again] = await launch(at, {
      keychain: unlocked,
      commands: [
        "store.set('x', 'y')",
        "store.get('absent')",
        'lock()',
        "store.get('x')",
        "store.get('absent')",
        "store.delete('x')",
        "unlock('pw')",
        "store.get('x')",
      ],
    });
    for (const refused of [read, none, gone]) expect(refused).toMatchObject({ reason: 'keychain-locked' });
    expect(again).toBe('y');
  }, 60_000);

  test.each([
    ['memory', {}],
    ['safe-storage', { SAFE: '1' }],
  ])(
    'unlocked after a launch in %s: this run’s secrets move in, and what was in it is read',
    async (store, env) => {
      const at = await home('f');
      await launch(at, { keychain: unlocked, commands: [set('w1', 'old'), set('w2', 'kept')] });
      const found = await launch(at, {
        keychain: locked,
        env,
        commands: [
          'service.open().then(() => service.state)',
          "service.password('w2')",
          set('w1', 'new'),
          "service.token('w1')",
          'service.reopen().then(() => service.state)',
          "unlock('pw')",
          'service.reopen().then(() => service.state)',
          "service.password('w2')",
        ],
      });
      expect(found[0]).toMatchObject({ store, problem: { reason: 'keychain-locked' } });
      expect(found[1]).toBeNull();
      expect(found[4]).toMatchObject({ store, problem: { reason: 'keychain-locked' } });
      expect(found[6]).toEqual({ store: 'keychain' });
      expect(found[7]).toEqual({ hash: 'kept' });
      const next = ["service.password('w1')", "service.token('w1')"];
      expect(await launch(at, { keychain: unlocked, commands: next })).toEqual([{ hash: 'new' }, found[3]]);
    },
    60_000,
  );

  test('locked in the middle of a run: said, kept in memory, and written when it is unlocked', async () => {
    const at = await home('g');
    await launch(at, { keychain: unlocked, commands: [set('w2', 'unread')] });
    const found = await launch(at, {
      keychain: unlocked,
      commands: [
        'service.open().then(() => service.state)',
        set('w1', 'old'),
        'lock()',
        set('w1', 'new'),
        'service.state',
        "service.password('w1')",
        "service.password('w2')",
        "service.token('w3')",
        'service.reopen().then(() => service.state)',
        "unlock('pw')",
        'service.reopen().then(() => service.state)',
        "service.password('w2')",
      ],
    });
    const said = { store: 'memory', problem: { reason: 'keychain-locked' } };
    expect(found[0]).toEqual({ store: 'keychain' });
    expect(found[4]).toMatchObject(said);
    expect(found.slice(5, 7)).toEqual([{ hash: 'new' }, null]);
    expect(found[8]).toMatchObject(said);
    expect(found[10]).toEqual({ store: 'keychain' });
    expect(found[11]).toEqual({ hash: 'unread' });
    const next = ["service.password('w1')", "service.token('w3')"];
    expect(await launch(at, { keychain: unlocked, commands: next })).toEqual([{ hash: 'new' }, found[7]]);
  }, 60_000);

  test('a read that fails in the middle of a run says so, too', async () => {
    const at = await home('h');
    const [, , , state] = await launch(at, {
      keychain: unlocked,
      commands: ['service.open()', 'lock()', "service.password('w1')", 'service.state'],
    });
    expect(state).toMatchObject({ store: 'memory', problem: { reason: 'keychain-locked' } });
  }, 60_000);

  test.each([
    ['at launch', locked, []],
    ['in the middle of a run', unlocked, ["service.password('w1')", 'lock()']],
  ])(
    'a password removed while the keychain is locked %s stays removed',
    async (_when, keychain, before) => {
      const at = await home('i');
      await launch(at, { keychain: unlocked, commands: [set('w1', 'old')] });
      const removed = ["service.setPassword('w1', null)", "service.password('w1')", 'owed.list()'];
      const found = await launch(at, {
        keychain,
        commands: [...before, ...removed, "unlock('pw')", 'service.reopen()', "service.password('w1')", 'owed.list()'],
      });
      expect(found.slice(before.length + 1)).toEqual([null, ['workspace/w1/password'], null, null, null, []]);
      expect(await launch(at, { keychain: unlocked, commands: ["service.password('w1')"] })).toEqual([null]);
    },
    60_000,
  );

  test('removed while it was locked for all of the run: gone from it at the next launch', async () => {
    const at = await home('j');
    await launch(at, { keychain: unlocked, commands: [set('w1', 'old'), set('w2', 'other')] });
    const commands = ["service.setPassword('w1', null)", 'owed.list()'];
    const [, owed] = await launch(at, { keychain: locked, commands });
    const read = ["service.password('w1')", "service.password('w2')", 'owed.list()'];
    expect(await launch(at, { keychain: unlocked, env: { OWED: JSON.stringify(owed) }, commands: read })).toEqual([
      null,
      { hash: 'other' },
      [],
    ]);
  }, 60_000);

  test('the heart: `secrets.retry` finds the unlocked keychain and the password in it', async () => {
    const at = await home('k');
    const hash = '`sha256:x:${"0".repeat(64)}`';
    const id = 'core.settings.workspaces[0].id';
    const setIt = await launch(at, {
      keychain: unlocked,
      commands: ['openCore()', `call('password.set', { id: ${id}, password: { hash: ${hash} } })`, 'shown()'],
    });
    expect(setIt.slice(1)).toEqual([
      { ok: true },
      { secrets: { store: 'keychain' }, password: 'imported-hash', notices: [] },
    ]);
    const retry = ["call('secrets.retry')", 'shown()'];
    const found = await launch(at, {
      keychain: locked,
      commands: ['openCore()', 'shown()', ...retry, "unlock('pw')", ...retry],
    });
    const lockedOut = {
      secrets: { store: 'memory', problem: { reason: 'keychain-locked' } },
      password: 'unknown',
      notices: ['keychain-locked'],
    };
    expect(found[1]).toMatchObject(lockedOut);
    expect(found[2]).toEqual({ ok: true });
    expect(found[3]).toMatchObject(lockedOut);
    expect(found.slice(5)).toEqual([
      { ok: true },
      { secrets: { store: 'keychain' }, password: 'imported-hash', notices: [] },
    ]);
  }, 60_000);
});
