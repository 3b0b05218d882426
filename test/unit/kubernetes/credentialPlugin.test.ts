import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { LabdockError } from '../../../main/common/problem';
import { CredentialPlugin, readCredential, runPlugin } from '../../../main/runtime/kubernetes/credentialPlugin';
import type { ExecPlugin } from '../../../main/runtime/kubernetes/kubeconfig';
import { askShell, joinedPath, readAnswer, shellCall } from '../../../main/runtime/kubernetes/loginShell';
import { batchLine } from '../../../main/runtime/kubernetes/windowsCommand';

let folder: string;
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'labdock-plugin-'))));
afterEach(() => {
  vi.useRealTimers();
  rmSync(folder, { recursive: true, force: true });
});

function script(body: string, name = 'get-token'): string {
  const path = join(folder, name);
  writeFileSync(path, `#!/bin/sh\n${body}\n`, { mode: 0o755 });
  return path;
}

const credential = (status: object) => JSON.stringify({ kind: 'ExecCredential', apiVersion: 'x/v1', status });
const plugin = (command: string, more: Partial<ExecPlugin> = {}): ExecPlugin => ({
  apiVersion: 'client.authentication.k8s.io/v1',
  command,
  args: [],
  env: [],
  installHint: undefined,
  interactiveMode: 'IfAvailable',
  ...more,
});
const options = (command: string, more: Partial<ExecPlugin> = {}, timeoutMs = 5_000) => ({
  plugin: plugin(command, more),
  cluster: { server: 'https://api.example' },
  timeoutMs,
  path: () => Promise.resolve(`${folder}:/usr/bin:/bin`),
});
const problemOf = async (work: Promise<unknown>) =>
  (await work.then(() => expect.unreachable(), (error: unknown) => error as LabdockError)).problem; // prettier-ignore

describe('running one', () => {
  test('found on the PATH of a terminal, with its arguments, environment and what it may know', async () => {
    script(
      `echo "$1 $EXTRA" >"${folder}/seen"; echo "$KUBERNETES_EXEC_INFO" >"${folder}/info"; echo '${credential({ token: 'abc' })}'`,
    );
    const more = { args: ['login'], env: [{ name: 'EXTRA', value: 'yes' }], provideClusterInfo: true };
    expect(await runPlugin(options('get-token', more))).toEqual({ token: 'abc' });
    expect(readFileSync(join(folder, 'seen'), 'utf8')).toBe('login yes\n');
    expect(JSON.parse(readFileSync(join(folder, 'info'), 'utf8'))).toEqual({
      apiVersion: 'client.authentication.k8s.io/v1',
      kind: 'ExecCredential',
      spec: { interactive: false, cluster: { server: 'https://api.example' } },
    });
  });

  test('missing: said with the hint of the kubeconfig', async () => {
    const found = await problemOf(runPlugin(options('no-such-plugin', { installHint: 'brew install it\n' })));
    expect(found).toMatchObject({ reason: 'credential-plugin-missing', params: { command: 'no-such-plugin', hint: 'brew install it' } }); // prettier-ignore
  });

  test('failing: its own last words, without what it lets slip', async () => {
    const path = script('echo "Bearer abc.def: please run: sso login" >&2; exit 3');
    const found = await problemOf(runPlugin(options(path)));
    expect(found).toMatchObject({ reason: 'credential-plugin-failed', params: { command: path } });
    expect(found.detail).toContain('exit code 3');
    expect(found.detail).toContain('please run: sso login');
    expect(found.detail).not.toContain('abc.def');
  });

  test('hanging: ended in time, and what it started with it', async () => {
    const path = script(`echo waiting for a browser >&2; sleep 60 & echo $! >"${folder}/pid"; wait`);
    const began = Date.now();
    const found = await problemOf(runPlugin(options(path, {}, 400)));
    expect(found).toEqual({ reason: 'credential-plugin-slow', params: { command: path, seconds: 0 }, detail: 'waiting for a browser' }); // prettier-ignore
    expect(Date.now() - began).toBeLessThan(3_000);
    const pid = Number(readFileSync(join(folder, 'pid'), 'utf8'));
    await vi.waitFor(() => expect(() => process.kill(pid, 0)).toThrow(), { timeout: 3_000 });
  });

  test('never blocks', async () => {
    const path = script(`sleep 0.5; echo '${credential({ token: 'abc' })}'`);
    let ticks = 0;
    const timer = setInterval(() => ticks++, 20);
    await runPlugin(options(path));
    clearInterval(timer);
    expect(ticks).toBeGreaterThan(5);
  });

  test('endless output is cut', async () => {
    const path = script('exec yes');
    expect((await problemOf(runPlugin(options(path)))).reason).toBe('credential-plugin-failed');
  });

  test('one that must ask questions is not started', async () => {
    const path = script(`touch "${folder}/started"`);
    expect((await problemOf(runPlugin(options(path, { interactiveMode: 'Always' })))).reason).toBe(
      'credential-plugin-failed',
    );
    expect(() => readFileSync(join(folder, 'started'))).toThrow();
  });
});

describe('its answer', () => {
  test('token, certificate, end', () => {
    const status = {
      token: ' abc\n',
      clientCertificateData: 'C',
      clientKeyData: 'K',
      expirationTimestamp: '2030-01-01T00:00:00Z',
    };
    const expires = Date.UTC(2030, 0, 1);
    expect(readCredential(credential(status), 'x')).toEqual({ token: 'abc', certificate: 'C', key: 'K', expires });
  });

  test.each([
    '',
    'You are not logged in',
    '{}',
    '{"kind":"ExecCredential"}',
    credential({}),
    credential({ clientCertificateData: 'C' }),
  ])('%j is none', (text) => {
    expect(() => readCredential(text, 'x')).toThrow(expect.objectContaining({ problem: expect.objectContaining({ reason: 'credential-plugin-failed' }) as unknown }) as Error); // prettier-ignore
  });
});

describe('keeping it', () => {
  const counting = (status: object) => script(`echo x >>"${folder}/calls"; echo '${credential(status)}'`);
  const calls = () => readFileSync(join(folder, 'calls'), 'utf8').trim().split('\n').length;

  test('one run for many callers, until it expires', async () => {
    const source = new CredentialPlugin(
      options(counting({ token: 'abc', expirationTimestamp: '2099-01-01T00:00:00Z' })),
    );
    await Promise.all([source.credential(), source.credential(), source.credential()]);
    await source.credential();
    expect(calls()).toBe(1);
  });

  test('an expired one is asked for again', async () => {
    const source = new CredentialPlugin(
      options(counting({ token: 'abc', expirationTimestamp: new Date().toISOString() })),
    );
    await source.credential();
    await source.credential();
    expect(calls()).toBe(2);
  });

  test('a refused one is asked for again, but not at once', async () => {
    const source = new CredentialPlugin(options(counting({ token: 'abc' })));
    expect(source.refused()).toBe(false);
    await source.credential();
    expect(source.refused()).toBe(false);
    vi.spyOn(Date, 'now').mockReturnValue(Date.now() + 60_000);
    expect(source.refused()).toBe(true);
    await source.credential();
    vi.restoreAllMocks();
    expect(calls()).toBe(2);
  });

  test('a failure is not repeated by every caller', async () => {
    const path = script(`echo x >>"${folder}/calls"; exit 1`);
    const source = new CredentialPlugin(options(path));
    await problemOf(source.credential());
    await problemOf(source.credential());
    expect(calls()).toBe(1);
  });
});

describe('what a terminal has', () => {
  test('asked of a real shell, whatever its profile prints', async () => {
    writeFileSync(join(folder, '.profile'), 'echo welcome; PATH="/from/profile:$PATH"; KUBECONFIG=/k/one:/k/two; export PATH KUBECONFIG'); // prettier-ignore
    vi.stubEnv('HOME', folder);
    const found = await askShell('/bin/bash');
    expect(found.PATH?.startsWith('/from/profile:')).toBe(true);
    expect(found.KUBECONFIG).toBe('/k/one:/k/two');
    vi.unstubAllEnvs();
  });

  test('a profile that hangs is left after a while', async () => {
    writeFileSync(join(folder, '.profile'), `echo $$ >"${folder}/pid"; sleep 60`);
    vi.stubEnv('HOME', folder);
    const began = Date.now();
    expect(await askShell('/bin/bash', 500)).toEqual({});
    expect(Date.now() - began).toBeLessThan(3_000);
    vi.unstubAllEnvs();
    const pid = Number(readFileSync(join(folder, 'pid'), 'utf8'));
    await vi.waitFor(() => expect(() => process.kill(pid, 0)).toThrow(), { timeout: 3_000 });
  });

  test('a profile that leaves something running is not waited for', async () => {
    writeFileSync(join(folder, '.profile'), 'sleep 5 &');
    vi.stubEnv('HOME', folder);
    const began = Date.now();
    expect((await askShell('/bin/bash')).PATH).toBeTruthy();
    expect(Date.now() - began).toBeLessThan(4_000);
    vi.unstubAllEnvs();
    await sleep(10);
  });

  test('no shell, no answer', async () => {
    expect(await askShell(join(folder, 'bash'))).toEqual({});
  });

  test.each([
    ['/bin/zsh', '/bin/zsh', '-i'],
    ['/usr/bin/fish', '/usr/bin/fish', '-i'],
    ['/bin/tcsh', '/bin/tcsh', '-i'],
    ['/usr/bin/nu', '/bin/sh', '-l'],
  ])('%s is asked through %s', (shell, file, first) => {
    expect(shellCall(shell).file).toBe(file);
    expect(shellCall(shell).args[0]).toBe(first);
  });

  test('half an answer is none', () => {
    expect(readAnswer('__labdock_environment__\n/bin\n__labdock_environment__\n')).toEqual({});
  });

  test('places are looked at once, the shell first', () => {
    expect(joinedPath('/a:/b', '/b:/c', ['/d', '/a'])).toBe('/a:/b:/c:/d');
    expect(joinedPath(undefined, undefined, ['/bin'])).toBe('/bin');
  });
});

test("Windows's batch files get one quoted line", () => {
  expect(batchLine('C:\\a b\\az.cmd', ['x y', '100%', 'say "hi"'])).toBe(
    '""C:\\a b\\az.cmd" "x y" "100%%" "say ""hi""""',
  );
});
