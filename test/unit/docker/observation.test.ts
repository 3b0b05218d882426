import { createServer, type AddressInfo } from 'node:net';
import type { ContainerInspectInfo } from 'dockerode';
import { describe, expect, it } from 'vitest';
import { eventFilters, workspaceOfEvent } from '../../../main/runtime/docker/events';
import { pick, stateOf, toObservation } from '../../../main/runtime/docker/observation';
import { fromLsof, fromNetstat, fromTasklist, listeningInodes } from '../../../main/runtime/docker/portHolder';
import { candidatePorts, nextFreePort, probePort } from '../../../main/runtime/docker/ports';
import { packFiles, parentsOf } from '../../../main/runtime/docker/serverFiles';

describe('an event', () => {
  const event = (action: string, extra: object = {}) =>
    JSON.stringify({ Type: 'container', Action: action, Actor: { ID: 'c', Attributes: { 'io.labdock.workspace': 'w' } }, ...extra }); // prettier-ignore
  it.each([
    ['of API 1.52, without status and id', event('start'), 'w'],
    ['of older APIs', event('die', { status: 'die', id: 'c', from: 'image' }), 'w'],
    ['with a compound action', event('health_status: healthy'), 'w'],
    ['of Podman', event('died'), 'w'],
    ['of a health check', event('exec_start: /bin/check'), undefined],
    ['of a file copy', event('archive-path'), undefined],
    ['of somebody else', event('start', { Actor: { ID: 'c', Attributes: { name: 'x' } } }), undefined],
    ['without attributes', event('start', { Actor: { ID: 'c' } }), undefined],
    ['of an image', event('remove', { Type: 'image' }), undefined],
    ['cut off', event('start').slice(0, 30), null],
    ['of no object', 'null', null],
  ])('%s', (_, line, workspace) => {
    expect(workspaceOfEvent(line)).toBe(workspace);
  });
  it('is filtered by the engine where the engine can', () => {
    expect(eventFilters('docker')).toMatchObject({ type: ['container'], label: ['io.labdock.workspace'] });
    expect(eventFilters('docker')['event']).not.toContain('died');
    expect(eventFilters('podman')).toEqual({ type: ['container'] });
  });
});

describe('an observation', () => {
  const inspected = (state: object, extra: object = {}) =>
    ({
      Id: 'c',
      Image: 'sha256:1',
      State: { Status: 'exited', OOMKilled: false, ExitCode: 0, StartedAt: '2026-11-23T08:00:00Z', FinishedAt: '2026-11-23T09:00:00Z', ...state }, // prettier-ignore
      Config: { Labels: { 'io.labdock.config': 'h' } },
      HostConfig: { Memory: 512 * 1024 * 1024 },
      NetworkSettings: { Ports: { '8888/tcp': [{ HostIp: '127.0.0.1', HostPort: '9000' }] } },
      ...extra,
    }) as unknown as ContainerInspectInfo;

  it('says what is known and nothing else', () => {
    expect(toObservation(inspected({ Status: 'running', FinishedAt: '0001-01-01T00:00:00Z' }))).toEqual({
      id: 'c',
      state: 'running',
      image: 'sha256:1',
      configHash: 'h',
      port: 9000,
      startedAt: '2026-11-23T08:00:00Z',
      outOfMemory: false,
      memoryLimitMiB: 512,
    });
    const created = toObservation(inspected({ Status: 'created', ExitCode: 128, StartedAt: '0001-01-01T00:00:00Z' }));
    for (const key of ['port', 'startedAt', 'finishedAt', 'exitCode']) expect(created).not.toHaveProperty(key);
  });

  it.each([
    [{ OOMKilled: true, ExitCode: 137 }, true],
    [{ OOMKilled: true, ExitCode: 0 }, false],
    [{ OOMKilled: true, ExitCode: 0, Status: 'running' }, false],
    [{ OOMKilled: false, ExitCode: 137 }, false],
  ])('of %j says out of memory: %s', (state, outOfMemory) => {
    expect(toObservation(inspected(state)).outOfMemory).toBe(outOfMemory);
  });

  it('prefers the running, then the newest', () => {
    const container = (State: string, Created: number) => ({ State, Created });
    expect(pick([container('exited', 9), container('running', 1), container('created', 5)])).toEqual(
      container('running', 1),
    );
    expect(pick([container('exited', 1), container('created', 5)])).toEqual(container('created', 5));
    expect(pick([container('paused', 1), container('exited', 5)])).toEqual(container('paused', 1));
    expect(pick([])).toBeNull();
    expect(['Configured', 'stopped', 'stopping', 'nonsense'].map(stateOf)).toEqual([
      'created',
      'exited',
      'running',
      'dead',
    ]);
  });
});

describe('a port', () => {
  it('is free, then busy, and the next one is found', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    expect(await probePort(port)).toBe('busy');
    const next = (await nextFreePort(port))!;
    expect(next).not.toBe(port);
    expect(await probePort(next)).toBe('free');
    expect(await nextFreePort(port, [next])).not.toBe(next);
    await new Promise((resolve) => server.close(resolve));
    expect(await probePort(port)).toBe('free');
  });

  it('is looked for upwards, among unprivileged ones, around the end', () => {
    expect(candidatePorts(8888).slice(0, 3)).toEqual([8888, 8889, 8890]);
    expect(candidatePorts(65_534).slice(0, 4)).toEqual([65_534, 65_535, 1024, 1025]);
    for (const from of [0, 80, 70_000]) for (const port of candidatePorts(from)) expect(port >= 1024 && port <= 65_535).toBe(true); // prettier-ignore
    expect(new Set(candidatePorts(60_000)).size).toBe(200);
  });

  it('has its holder in the system’s own tables', () => {
    const table = [
      '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode',
      '   0: 0100007F:22B8 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 41001 1 0 100 0 0 10 0',
      '   1: 0100007F:22B8 0100007F:A000 01 00000000:00000000 00:00000000 00000000  1000        0 41002 1 0 100 0 0 10 0',
      '   2: 00000000:122B 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 41003 1 0 100 0 0 10 0',
      '   3: 0100007F:22B8 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 0 1 0 100 0 0 10 0',
    ].join('\n');
    expect(listeningInodes(table, 8888)).toEqual(['41001']);
    expect(listeningInodes(table, 0x122b)).toEqual(['41003']);
    expect(fromLsof('p501\ncPython\nf3\n')).toBe('Python (501)');
    expect(fromLsof('')).toBeUndefined();
    const netstat = [
      'Aktive Verbindungen',
      '  Proto  Lokale Adresse         Remoteadresse          Status           PID',
      '  TCP    127.0.0.1:8888         127.0.0.1:50000        HERGESTELLT      7',
      '  TCP    127.0.0.1:18888        0.0.0.0:0              ABHÖREN          8',
      '  TCP    127.0.0.1:8888         0.0.0.0:0              ABHÖREN          4242',
    ].join('\r\n');
    expect(fromNetstat(netstat, 8888)).toBe(4242);
    expect(fromNetstat(netstat, 888)).toBeUndefined();
    expect(fromTasklist('"python.exe","4242","Console","1","20,000 K"\r\n', 4242)).toBe('python.exe (4242)');
    expect(fromTasklist('INFO: No tasks are running', 4242)).toBeUndefined();
  });
});

describe('files for a server', () => {
  it('have their parents listed from the outside in', () => {
    const file = (path: string) => ({ path, content: '', mode: 0o400 });
    expect(parentsOf([file('/opt/labdock/etc/x'), file('/opt/labdock/bin/y')])).toEqual(['/opt', '/opt/labdock', '/opt/labdock/etc', '/opt/labdock/bin']); // prettier-ignore
  });
  it.each(['relative', '/', '../x', ''])('are refused at %j', async (path) => {
    await expect(packFiles([{ path, content: 'x', mode: 0o400 }], { uid: 1, gid: 1 })).rejects.toThrow(TypeError);
  });
});
