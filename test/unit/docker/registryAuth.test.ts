import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { credentialsFor, registryOf, userAuthSources } from '../../../main/runtime/docker/registryAuth';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'labdock-auth-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const basic = (text: string) => Buffer.from(text).toString('base64');

async function look(reference: string, config: unknown, helpers: Record<string, string> = {}) {
  const file = join(folder, 'config.json');
  writeFileSync(file, typeof config === 'string' ? config : JSON.stringify(config));
  for (const [name, script] of Object.entries(helpers)) {
    const program = join(folder, `docker-credential-${name}`);
    writeFileSync(program, `#!/bin/sh\n${script}\n`);
    chmodSync(program, 0o755);
  }
  const warnings: string[] = [];
  const env = { PATH: `${folder}:${process.env['PATH']}` };
  const found = await credentialsFor(reference, { files: [file], env, helperTimeoutMs: 1000 }, (text) => {
    warnings.push(text);
  });
  return { found, warnings };
}

describe('registry credentials', () => {
  it('knows the registry of a reference', () => {
    expect(registryOf('ubuntu:22.04')).toBe('docker.io');
    expect(registryOf('conda/miniforge3')).toBe('docker.io');
    expect(registryOf('Quay.example/a/b')).toBe('quay.example');
    expect(registryOf('127.0.0.1:5000/a')).toBe('127.0.0.1:5000');
    expect(registryOf('localhost/a')).toBe('localhost');
  });

  it('reads a login of that registry only', async () => {
    const auths = { 'https://quay.example/v2/': { auth: basic('me:a:b') }, 'other.example': { auth: basic('x:y') } };
    expect((await look('quay.example/a', { auths })).found).toEqual({ serveraddress: 'quay.example', username: 'me', password: 'a:b' }); // prettier-ignore
    expect((await look('third.example/a', { auths })).found).toBeUndefined();
    expect((await look('ubuntu', { auths })).found).toBeUndefined();
  });

  it('knows the names of the default registry, and tokens', async () => {
    const auths = { 'https://index.docker.io/v1/': { identitytoken: 'tok' } };
    expect((await look('ubuntu', { auths })).found).toEqual({ serveraddress: 'https://index.docker.io/v1/', identitytoken: 'tok' }); // prettier-ignore
  });

  it('asks a helper, which gets the server on its input', async () => {
    const script = `read server; printf '{"ServerURL":"%s","Username":"me","Secret":"for %s"}' "$server" "$server"`;
    const config = { credHelpers: { 'quay.example': 'good' }, auths: { 'quay.example': {} } };
    const { found } = await look('quay.example/a', config, { good: script });
    expect(found).toEqual({ serveraddress: 'quay.example', username: 'me', password: 'for quay.example' });
    const token = `cat >/dev/null; echo '{"Username":"<token>","Secret":"t"}'`;
    expect((await look('ubuntu', { credsStore: 'tok' }, { tok: token })).found).toMatchObject({ identitytoken: 't' });
  });

  it.each([
    ['one that hangs', 'exec sleep 30', /did not answer in time/],
    ['one that talks nonsense', 'echo hunter2', /cannot be read/],
    ['one without a secret', `echo '{"Username":"me"}'`, /cannot be read/],
    ['one that fails', 'echo hunter2; exit 1', /failed \(1\)/],
    ['one without end', 'yes hunter2', /failed/],
  ])('does without %s, and never says what it said', async (_name, script, warning) => {
    const { found, warnings } = await look('quay.example/a', { credsStore: 'bad' }, { bad: script });
    expect(found).toBeUndefined();
    expect(warnings.join()).toMatch(warning);
    expect(warnings.join()).not.toContain('hunter2');
  });

  it('takes "not found" and a missing helper for no login', async () => {
    const none = 'echo "credentials not found in native keychain"; exit 1';
    expect(await look('quay.example/a', { credsStore: 'none' }, { none })).toEqual({ found: undefined, warnings: [] });
    expect((await look('quay.example/a', { credsStore: 'absent' })).warnings.join()).toMatch(/ENOENT/);
  });

  it('never runs what is not a name', async () => {
    const { found, warnings } = await look('quay.example/a', { credsStore: '../../bin/sh' });
    expect(found).toBeUndefined();
    expect(warnings.join()).toMatch(/not valid/);
  });

  it('does without a broken file, and never quotes it', async () => {
    const { found, warnings } = await look('quay.example/a', '{"auths": {"quay.example": {"auth": "aHVudGVyMg==" ');
    expect(found).toBeUndefined();
    expect(warnings.join()).toMatch(/cannot be read/);
    expect(warnings.join()).not.toContain('aHVudGVyMg');
  });

  it('looks where docker login wrote', () => {
    expect(userAuthSources({ DOCKER_CONFIG: '/cfg' }).files[0]).toBe(join('/cfg', 'config.json'));
  });
});
