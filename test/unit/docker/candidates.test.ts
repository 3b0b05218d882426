import { describe, expect, it } from 'vitest';
import { engineCandidates, isRemote, type CandidateInput } from '../../../main/runtime/docker/candidates';
import { clientOptions } from '../../../main/runtime/docker/client';
import { contextOf, currentContextOf } from '../../../main/runtime/docker/contexts';
import { explainSilence, explainUnfit, summary } from '../../../main/runtime/docker/refusal';

const linux: CandidateInput = {
  choice: 'auto',
  platform: 'linux',
  home: '/home/me',
  env: { XDG_RUNTIME_DIR: '/run/user/1000' },
  uid: 1000,
  colimaProfiles: [],
  config: { contexts: [] },
};
const mac: CandidateInput = {
  ...linux,
  platform: 'darwin',
  home: '/Users/me',
  env: { TMPDIR: '/var/folders/x/T/' },
  uid: 501,
};
const windows: CandidateInput = { ...linux, platform: 'win32', home: 'C:\\Users\\me', env: {}, uid: undefined };
const listed = (input: CandidateInput) => engineCandidates(input).map(({ source, host }) => `${source} ${host}`);

describe('candidates', () => {
  it('on Linux', () => {
    expect(listed(linux)).toEqual([
      'well-known:docker unix:///var/run/docker.sock',
      'well-known:docker-desktop unix:///home/me/.docker/desktop/docker.sock',
      'well-known:docker-rootless unix:///run/user/1000/docker.sock',
      'well-known:podman-rootless unix:///run/user/1000/podman/podman.sock',
      'well-known:podman unix:///run/podman/podman.sock',
      'well-known:rancher-desktop unix:///home/me/.rd/docker.sock',
    ]);
    // Started without a login session, the directory is where systemd puts it.
    expect(listed({ ...linux, env: {} })).toEqual(listed(linux));
  });

  it('on macOS', () => {
    expect(listed({ ...mac, colimaProfiles: ['default', 'big'] })).toEqual([
      'well-known:docker-desktop unix:///Users/me/.docker/run/docker.sock',
      'well-known:docker unix:///var/run/docker.sock',
      'well-known:orbstack unix:///Users/me/.orbstack/run/docker.sock',
      'well-known:colima-default unix:///Users/me/.colima/default/docker.sock',
      'well-known:colima-big unix:///Users/me/.colima/big/docker.sock',
      'well-known:rancher-desktop unix:///Users/me/.rd/docker.sock',
      'well-known:podman unix:///var/folders/x/T/podman/podman-machine-default-api.sock',
      'well-known:podman-machine unix:///Users/me/.local/share/containers/podman/machine/podman.sock',
    ]);
  });

  it('on Windows', () => {
    expect(listed(windows)).toEqual([
      'well-known:docker-desktop npipe:////./pipe/dockerDesktopLinuxEngine',
      'well-known:docker npipe:////./pipe/docker_engine',
      'well-known:podman npipe:////./pipe/podman-machine-default',
    ]);
  });

  it('begin with what somebody named, in the docker command’s order, and name nothing twice', () => {
    const context = (name: string, host: string) => ({ name, host });
    const contexts = [
      context('other', 'unix:///other.sock'),
      context('current', 'unix:///run/docker.sock'),
      context('named', 'unix:///named.sock'),
    ];
    const env = { DOCKER_HOST: 'unix:///host.sock', DOCKER_CONTEXT: 'named', XDG_RUNTIME_DIR: '/run/user/1000' };
    const all = listed({ ...linux, env, config: { currentContext: 'current', contexts } });
    expect(all.slice(0, 4)).toEqual([
      'DOCKER_HOST unix:///host.sock',
      'context:named unix:///named.sock',
      'context:current unix:///run/docker.sock',
      'well-known:docker-desktop unix:///home/me/.docker/desktop/docker.sock',
    ]);
    expect(all.at(-1)).toBe('context:other unix:///other.sock');
    expect(all.some((line) => line.includes('well-known:docker '))).toBe(false);
    const pipes = { contexts: [context('desktop', 'npipe:////./pipe/docker_engine')] };
    expect(listed({ ...windows, config: pipes }).filter((line) => /docker_engine/.test(line))).toHaveLength(1);
  });

  it('are the explicit choice alone', () => {
    expect(listed({ ...linux, choice: 'unix:///mine.sock', env: { DOCKER_HOST: 'unix:///x' } })).toEqual([
      'setting unix:///mine.sock',
    ]);
  });

  it.each([
    ['127.0.0.1:2375', {}, 'tcp://127.0.0.1:2375', undefined],
    ['tcp://127.0.0.1:2376', {}, 'tcp://127.0.0.1:2376', { ca: 'CA' }],
    ['tcp://127.0.0.1:1', { DOCKER_TLS_VERIFY: '1' }, 'tcp://127.0.0.1:1', { ca: 'CA' }],
    ['tcp://127.0.0.1:1', { DOCKER_TLS: '1' }, 'tcp://127.0.0.1:1', { ca: 'CA', skipVerify: true }],
    ['unix:///x.sock', { DOCKER_TLS_VERIFY: '1' }, 'unix:///x.sock', undefined],
  ])('read DOCKER_HOST=%s with %j', (value, env, host, tls) => {
    const [first] = engineCandidates({ ...linux, env: { ...env, DOCKER_HOST: value }, hostTls: { ca: 'CA' } });
    expect([first!.host, first!.tls]).toEqual([host, tls]);
  });
});

describe('another computer', () => {
  it.each([
    ['unix:///var/run/docker.sock', false],
    ['npipe:////./pipe/docker_engine', false],
    ['tcp://127.0.0.1:2375', false],
    ['tcp://127.8.8.8:2375', false],
    ['tcp://localhost:2375', false],
    ['tcp://[::1]:2375', false],
    ['http://LOCALHOST:2375', false],
    ['tcp://192.168.1.5:2375', false],
    ['tcp://192.168.1.6:2375', true],
    ['tcp://127.example.org:2375', true],
    ['https://engine.example.org', true],
    ['ssh://me@127.0.0.1', true],
  ])('%s: %s', (host, remote) => {
    expect(isRemote(host, ['192.168.1.5', 'fe80::1'])).toBe(remote);
  });
});

describe('a Docker context', () => {
  const meta = (docker: object) => JSON.stringify({ Name: 'x', Metadata: {}, Endpoints: { docker } });
  it('is read with its keys', () => {
    expect(contextOf(meta({ Host: 'unix:///x.sock', SkipTLSVerify: false }))).toEqual({
      name: 'x',
      host: 'unix:///x.sock',
    });
    expect(contextOf(meta({ Host: 'tcp://a:1', SkipTLSVerify: true }), { ca: 'CA' })).toEqual({ name: 'x', host: 'tcp://a:1', tls: { ca: 'CA', skipVerify: true } }); // prettier-ignore
  });
  it.each(['', '{', 'null', '[]', '{"Name":"x"}', meta({}), meta({ Host: '' }), meta({ Host: 5 })])(
    'damaged (%s) is none',
    (text) => {
      expect(contextOf(text)).toBeUndefined();
    },
  );
  it('called default is none', () => {
    expect(currentContextOf('{"currentContext":"default"}')).toBeUndefined();
    expect(currentContextOf('{"currentContext":"desktop-linux"}')).toBe('desktop-linux');
    for (const text of [undefined, '', 'x', '{"currentContext":7}']) expect(currentContextOf(text)).toBeUndefined();
  });
});

describe('a client', () => {
  it.each([
    ['unix:///run/a b.sock', { socketPath: '/run/a b.sock' }],
    ['npipe:////./pipe/docker_engine', { socketPath: '//./pipe/docker_engine' }],
    ['tcp://127.0.0.1', { host: '127.0.0.1', port: 2375, protocol: 'http' }],
    ['http://localhost:8080', { host: 'localhost', port: 8080, protocol: 'http' }],
    ['https://127.0.0.1', { host: '127.0.0.1', port: 2376, protocol: 'https' }],
  ])('for %s', (host, options) => {
    expect(clientOptions({ host })).toMatchObject(options);
    expect(clientOptions({ host })).not.toHaveProperty('version');
  });
  it('is not made for another computer or nonsense', () => {
    expect(() => clientOptions({ host: 'ssh://me@x' })).toThrow(/engine-remote/);
    expect(() => clientOptions({ host: 'gopher://x' })).toThrow(/engine-error/);
  });
});

describe('a refusal', () => {
  const error = (code: string) => Object.assign(new Error(code), { code });
  it.each([
    ['ENOENT', { configured: false, installed: false, socketExists: false }, 'engine-absent'],
    ['ENOENT', { configured: false, installed: true, socketExists: false }, 'engine-stopped'],
    ['ENOENT', { configured: true, installed: false, socketExists: false }, 'engine-stopped'],
    ['ECONNREFUSED', { configured: false, installed: false, socketExists: true }, 'engine-stopped'],
    ['EACCES', { configured: false, installed: false, socketExists: true }, 'engine-refused'],
    ['EPERM', { configured: false, installed: false }, 'engine-refused'],
    ['HPE_INVALID_CONSTANT', { configured: false, installed: false, socketExists: true }, 'engine-error'],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', { configured: true, installed: false }, 'engine-error'],
  ])('%s with %j is %s', (code, circumstances, reason) => {
    expect(explainSilence(error(code), circumstances).reason).toBe(reason);
  });

  it('speaks for all by what a person can do most about', () => {
    const problems = (['engine-absent', 'engine-stopped', 'engine-refused', 'engine-remote'] as const).map(
      (reason) => ({ reason }),
    );
    expect(summary(problems).reason).toBe('engine-refused');
    expect(summary(problems.slice(0, 2)).reason).toBe('engine-stopped');
    expect(summary([]).reason).toBe('engine-absent');
  });

  it('comes from version and kind', () => {
    const traits = { hostPlatform: 'linux', product: 'docker', version: '28', apiVersion: '1.48', rootless: false, architecture: 'amd64', os: 'linux', virtualMachine: false, usernsRemap: false } as const; // prettier-ignore
    expect(explainUnfit(traits)).toBeUndefined();
    expect(explainUnfit({ ...traits, apiVersion: '1.40' })).toBeUndefined();
    expect(explainUnfit({ ...traits, apiVersion: '1.39' })?.reason).toBe('engine-too-old');
    expect(explainUnfit({ ...traits, os: 'windows' })?.reason).toBe('engine-not-linux');
    expect(explainUnfit({ ...traits, apiVersion: '' })?.reason).toBe('engine-error');
  });
});
