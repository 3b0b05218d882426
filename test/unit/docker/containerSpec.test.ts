import { describe, expect, it } from 'vitest';
import { slug } from '../../../main/common/slug';
import { containerName, createOptions, folderForEngine } from '../../../main/runtime/docker/containerSpec';
import { compareVersions, engineTraits, type EngineTraits } from '../../../main/runtime/docker/engineTraits';
import { userMapping } from '../../../main/runtime/docker/userMapping';
import type { ServerSpec } from '../../../main/runtime/runtime';

const docker: EngineTraits = {
  hostPlatform: 'linux',
  product: 'docker',
  version: '28.0.1',
  apiVersion: '1.48',
  rootless: false,
  architecture: 'amd64',
  os: 'linux',
  virtualMachine: false,
  usernsRemap: false,
};
const podman: EngineTraits = { ...docker, product: 'podman', version: '5.2.0', apiVersion: '1.41' };
const desktop: EngineTraits = { ...docker, hostPlatform: 'darwin', virtualMachine: true };
const user = { uid: 1234, gid: 1235 };

const spec: ServerSpec = {
  workspaceId: 'abc123def456',
  workspaceName: 'Ångström 한글 — Lab',
  image: 'sha256:1',
  configHash: 'hash',
  command: ['/entry', 'jupyter', 'lab'],
  init: false,
  env: { LANG: 'C.UTF-8' },
  folder: '/home/me/a: "b", 한글 😀',
  port: 9999,
  resources: { memoryMiB: 2048, cpus: 1.5, gpu: 'none' },
  allowRoot: false,
};

describe('as whom the server runs', () => {
  const plain = { uid: 1234, gid: 1235, groupAdd: ['0'] };
  const machine = { uid: 1000, gid: 1000, groupAdd: ['0'] };
  const root = { uid: 0, gid: 0, groupAdd: [] };
  it.each<[string, EngineTraits, { uid: number; gid: number } | undefined, boolean, object]>([
    ['rootful Docker on Linux', docker, user, false, plain],
    ['rootful Podman on Linux', podman, user, false, plain],
    ['a person who is root', docker, { uid: 0, gid: 0 }, false, root],
    ['root allowed on rootful Linux', docker, user, true, root],
    ['rootless Docker', { ...docker, rootless: true }, user, false, root],
    ['rootless Podman', { ...podman, rootless: true }, user, false, { ...plain, usernsMode: 'keep-id' }],
    ['rootless Podman, root allowed', { ...podman, rootless: true }, user, true, root],
    ['a daemon with userns-remap', { ...docker, usernsRemap: true }, user, false, { ...plain, usernsMode: 'host' }],
    ['Docker Desktop on macOS', desktop, { uid: 501, gid: 20 }, false, machine],
    ['Docker Desktop on Windows', { ...desktop, hostPlatform: 'win32' }, undefined, false, machine],
    ['Docker Desktop on Linux', { ...desktop, hostPlatform: 'linux' }, user, false, root],
    [
      'Podman machine, rootless',
      { ...podman, hostPlatform: 'darwin', virtualMachine: true, rootless: true },
      { uid: 501, gid: 20 },
      false,
      { ...machine, usernsMode: 'keep-id:uid=1000,gid=1000' },
    ],
    [
      'an old Podman machine',
      { ...podman, version: '4.2.1', hostPlatform: 'darwin', virtualMachine: true, rootless: true },
      user,
      false,
      root,
    ],
    ['Podman machine, rootful', { ...podman, hostPlatform: 'win32', virtualMachine: true }, undefined, false, machine],
  ])('%s', (_, engine, person, allowRoot, expected) => {
    expect(userMapping(engine, person, allowRoot)).toEqual(expected);
  });
});

describe('what the engine is asked to make', () => {
  const made = createOptions(spec, userMapping(docker, user), docker);

  it('is named for people and found by label', () => {
    expect(made.name).toBe('labdock-angstrom-lab-abc123def456');
    expect(made.Labels).toEqual({ 'io.labdock.workspace': 'abc123def456', 'io.labdock.config': 'hash' });
    expect(containerName('한글 😀', 'abc123def456')).toBe('labdock-workspace-abc123def456');
    for (const name of ['a'.repeat(60), '--', 'a; rm -rf /', '../x', 'Z'.repeat(29) + '-b']) {
      expect(slug(name)).toMatch(/^[a-z0-9]+(?:-[a-z0-9]+)*$/);
      expect(slug(name).length).toBeLessThanOrEqual(30);
    }
  });

  it('is published on loopback alone, at the port given', () => {
    expect(made.HostConfig!.PortBindings).toEqual({ '8888/tcp': [{ HostIp: '127.0.0.1', HostPort: '9999' }] });
    expect(made.HostConfig!.PublishAllPorts).toBeUndefined();
    expect(made.HostConfig!.NetworkMode).toBeUndefined();
  });

  it('mounts the folder untouched and HOME from its own volume', () => {
    expect(made.HostConfig!.Mounts).toEqual([
      { Type: 'bind', Source: spec.folder, Target: '/work' },
      { Type: 'volume', Source: 'labdock-home-abc123def456', Target: '/home/labdock' },
    ]);
    expect(made.HostConfig!.Binds).toBeUndefined();
    expect(made.Env).toEqual(['HOME=/home/labdock', 'LANG=C.UTF-8']);
  });

  it('is limited, unprivileged, and never restarted behind the controller’s back', () => {
    const host = made.HostConfig!;
    expect(host).toMatchObject({ Memory: 2048 * 1024 * 1024, MemorySwap: 2048 * 1024 * 1024, NanoCpus: 1.5e9 });
    expect(host).toMatchObject({ CapDrop: ['ALL'], SecurityOpt: ['no-new-privileges'], GroupAdd: ['0'] });
    expect(host.RestartPolicy).toEqual({ Name: 'no' });
    expect(host.AutoRemove).toBeUndefined();
    expect(host.Privileged).toBeUndefined();
    expect(made).toMatchObject({ User: '1234:1235', Entrypoint: ['/entry'], Cmd: ['jupyter', 'lab'] });
  });

  it('has no limit where none is set, and the capabilities of root where it is root', () => {
    const free = { ...spec, resources: { memoryMiB: 0, cpus: 0, gpu: 'none' as const }, init: true };
    const host = createOptions(free, userMapping({ ...docker, rootless: true }, user), docker).HostConfig!;
    for (const key of ['Memory', 'MemorySwap', 'NanoCpus', 'CapDrop', 'GroupAdd', 'DeviceRequests'])
      expect(host).not.toHaveProperty(key);
    expect(host.Init).toBe(true);
  });

  it('never asks for a relabelled folder', () => {
    for (const engine of [docker, podman, desktop]) {
      const folder = '/home/me/plain, "quoted"';
      const text = JSON.stringify(createOptions({ ...spec, folder }, userMapping(engine, user), engine).HostConfig);
      expect(text).not.toMatch(/[:,][zZ]"/);
    }
  });

  it.each([
    ['/home/me/plain 한글', 'Mounts'],
    ['/home/me/co:lon', 'Mounts'],
    ['/home/me/com,ma', 'Binds'],
    ['/home/me/"quoted"', 'Binds'],
    ['/home/me/new\nline', 'Binds'],
  ])('reaches %j on Podman through %s', (folder, field) => {
    const host = createOptions({ ...spec, folder }, userMapping(podman, user), podman).HostConfig!;
    const bound = host.Binds?.[0] === `${folder}:/work`;
    const mounted = host.Mounts?.some((mount) => mount.Source === folder);
    expect([bound, mounted]).toEqual(field === 'Binds' ? [true, false] : [false, true]);
  });

  it('is refused where Podman could only misread the folder', () => {
    const make = () => createOptions({ ...spec, folder: '/a:b,c' }, userMapping(podman, user), podman);
    expect(make).toThrow(/^folder-not-shared/);
  });

  it.each([
    ['win32', 'podman', 'C:\\Users\\me\\한글', '/mnt/c/Users/me/한글'],
    ['win32', 'podman', 'd:/x', '/mnt/d/x'],
    ['win32', 'docker', 'C:\\Users\\me', 'C:\\Users\\me'],
    ['darwin', 'podman', '/Users/me', '/Users/me'],
  ] as const)('on %s with %s sees %s as %s', (hostPlatform, product, folder, seen) => {
    expect(folderForEngine(folder, { hostPlatform, product })).toBe(seen);
  });

  it('asks for GPUs in the engine’s own way, and not where they would be ignored', () => {
    const gpu = { ...spec, folder: '/x', resources: { ...spec.resources, gpu: 'all' as const } };
    const requestOn = (engine: EngineTraits) =>
      createOptions(gpu, userMapping(engine, user), engine).HostConfig!.DeviceRequests;
    expect(requestOn(docker)).toEqual([{ Driver: '', Count: -1, Capabilities: [['gpu']] }]);
    expect(requestOn({ ...podman, version: '5.4.0' })).toEqual([{ Driver: 'cdi', DeviceIDs: ['nvidia.com/gpu=all'] }]);
    expect(() => requestOn(podman)).toThrow(/gpu-unavailable/);
  });
});

describe('what an engine says of itself', () => {
  const version = {
    Version: '28.0.1',
    ApiVersion: '1.48',
    Arch: 'amd64',
    Os: 'linux',
    Components: [{ Name: 'Engine' }],
  };
  it('is read from version and info', () => {
    expect(
      engineTraits(version, { OSType: 'linux', SecurityOptions: ['name=seccomp,profile=builtin'] }, 'linux'),
    ).toEqual(docker);
    const rootless = { OSType: 'linux', SecurityOptions: ['name=seccomp', 'name=rootless', 'name=cgroupns'] };
    expect(engineTraits(version, rootless, 'linux')).toMatchObject({ rootless: true, virtualMachine: false });
    expect(engineTraits(version, { OperatingSystem: 'Docker Desktop' }, 'linux')).toMatchObject({
      virtualMachine: true,
    });
    expect(engineTraits(version, { SecurityOptions: ['name=userns'] }, 'linux')).toMatchObject({ usernsRemap: true });
    const pod = { ...version, Components: [{ Name: 'Podman Engine' }, { Name: 'Conmon' }] };
    expect(engineTraits(pod, { Rootless: true }, 'darwin')).toMatchObject({
      product: 'podman',
      rootless: true,
      virtualMachine: true,
    });
    expect(engineTraits({ Components: null }, { Architecture: 'aarch64' }, 'linux')).toMatchObject({
      product: 'other',
      architecture: 'arm64',
    });
  });

  it('compares versions by number', () => {
    expect(compareVersions('1.9', '1.40')).toBeLessThan(0);
    expect(compareVersions('5.10.0', '5.4')).toBeGreaterThan(0);
    expect(compareVersions('4.3', '4.3.0')).toBe(0);
    expect(compareVersions('20.10.24+dfsg1', '20.10.24')).toBe(0);
  });
});
