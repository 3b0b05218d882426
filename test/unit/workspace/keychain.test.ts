/**
 * Secrets against the real gnome-keyring, each scenario in a process of its own: libsecret keeps one bus connection per
 * process, and what is tested is what a new launch finds.
 */
import { execFile } from 'node:child_process';
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { build } from 'vite';

const run = promisify(execFile);
const root = join(import.meta.dirname, '../../..');
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'labdock-keychain-'));
  // The native module is required from where it is installed, as the packaged application does.
  await symlink(join(root, 'node_modules'), join(folder, 'node_modules'));
  const script = join(folder, 'scenario.mts');
  await writeFile(
    script,
    `import { keychainStore } from ${JSON.stringify(join(root, 'main/workspace/keychainStore.ts'))};
     import { memoryStore } from ${JSON.stringify(join(root, 'main/workspace/memoryStore.ts'))};
     import { SecretsService } from ${JSON.stringify(join(root, 'main/workspace/secretsService.ts'))};
     void (async () => {
     const [scope, timeout, ...commands] = process.argv.slice(2);
     const store = keychainStore(scope, Number(timeout));
     const safe = { ...memoryStore(), kind: 'safe-storage' };
     const service = new SecretsService({ keychain: () => store, fallback: async () => process.env.SAFE ? safe : null });
     const answers = [];
     for (const command of commands) {
       const started = performance.now();
       try { answers.push((await eval('async () => ' + command)()) ?? null); }
       catch (error) { answers.push({ reason: error.problem?.reason ?? String(error), ms: performance.now() - started }); }
     }
     console.log(JSON.stringify(answers));
     process.exit(0);
     })();`,
  );
  await build({
    logLevel: 'silent',
    configFile: false,
    root,
    build: {
      ssr: script,
      minify: false,
      outDir: join(folder, 'out'),
      rollupOptions: { external: ['keytar'], output: { format: 'cjs', entryFileNames: 'scenario.cjs' } },
    },
  });
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
  const node = [process.execPath, join(folder, 'out', 'scenario.cjs'), scope, String(timeoutMs), ...commands];
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
    const [direct, state, token] = await launch(at, {
      keychain: locked,
      timeoutMs: 1500,
      commands: ["store.set('x', 'y')", 'service.open().then(() => service.state)', "service.token('w1')"],
    });
    expect(direct).toMatchObject({ reason: 'keychain-locked' });
    expect((direct as { ms: number }).ms).toBeLessThan(2500);
    expect(state).toMatchObject({
      store: 'memory',
      problem: { detail: expect.stringContaining('keychain-locked') as string },
    });
    expect(token).toMatch(/^[\w-]{43}$/);
  }, 60_000);
});
