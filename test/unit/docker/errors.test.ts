import { describe, expect, it } from 'vitest';
import { LabdockError } from '../../../main/common/problem';
import { ask } from '../../../main/runtime/docker/client';
import { engineError, problemFromWords, statusCode } from '../../../main/runtime/docker/errors';

describe('an engine’s words', () => {
  it.each([
    // As Docker Engine 20.10 and Podman 4.3 said them here, and as Docker Desktop's reports quote them.
    [
      'driver failed programming external connectivity on endpoint x (f): Bind for 127.0.0.1:8888 failed: port is already allocated',
      'port-busy',
      { port: 8888 },
    ],
    [
      'driver failed programming external connectivity on endpoint x (f): Error starting userland proxy: listen tcp4 127.0.0.1:18888: bind: address already in use',
      'port-busy',
      { port: 18888 },
    ],
    [
      'cannot listen on the TCP port: listen tcp4 127.0.0.1:18888: bind: address already in use',
      'port-busy',
      { port: 18888 },
    ],
    [
      'Ports are not available: exposing port TCP 127.0.0.1:8888 -> 0.0.0.0:0: listen tcp 127.0.0.1:8888: bind: An attempt was made to access a socket in a way forbidden by its access permissions.',
      'port-forbidden',
      undefined,
    ],
    ['rootlessport cannot expose privileged port 80, you can add …', 'port-forbidden', { port: 80 }],
    ['listen tcp4 127.0.0.1:80: bind: permission denied', 'port-forbidden', undefined],
    [
      'invalid mount config for type "bind": bind source path does not exist: /home/a b/c',
      'folder-missing',
      { folder: '/home/a b/c' },
    ],
    ['container create: statfs /tmp/x y: no such file or directory', 'folder-missing', { folder: '/tmp/x y' }],
    [
      'Mounts denied: The path /srv/x is not shared from the host and is not known to Docker.',
      'folder-not-shared',
      undefined,
    ],
    ['could not select device driver "" with capabilities: [[gpu]]', 'gpu-unavailable', undefined],
    ['setting up CDI devices: unresolvable CDI devices nvidia.com/gpu=all', 'gpu-unavailable', undefined],
    ['write /var/lib/docker/tmp/x: no space left on device', 'disk-full', undefined],
    [
      'Range of CPUs is from 0.01 to 2.00, as there are only 2 CPUs available',
      'resources-refused',
      { message: 'Range of CPUs is from 0.01 to 2.00, as there are only 2 CPUs available' },
    ],
    [
      'Get "https://mirror.example/v2/": dial tcp: lookup mirror.example on 127.0.0.53:53: no such host',
      'network-unreachable',
      { host: 'mirror.example' },
    ],
    [
      'Get "https://mirror.example/v2/": dial tcp 10.0.0.1:443: connect: connection refused',
      'network-unreachable',
      { host: '10.0.0.1' },
    ],
    ['something nobody has met before', 'engine-error', undefined],
  ] as const)('%s', (words, reason, params) => {
    const problem = problemFromWords(words);
    expect(problem.reason).toBe(reason);
    expect(problem.detail).toBe(words);
    if (params) expect(problem.params).toEqual(params);
  });

  it('are filled in with what the caller knows', () => {
    expect(problemFromWords('port is already allocated', { port: 9000 }).params).toEqual({ port: 9000 });
    expect(problemFromWords('mounts denied', { folder: '/srv' }).params).toEqual({ folder: '/srv' });
  });
});

describe('an error on the way to the engine', () => {
  const failed = (code: string) => Object.assign(new Error(`connect ${code} /x.sock`), { code });

  it.each([
    ['ECONNREFUSED', 'engine-gone'],
    ['ECONNRESET', 'engine-gone'],
    ['ENOENT', 'engine-gone'],
    ['EPIPE', 'engine-gone'],
    ['EACCES', 'engine-refused'],
    ['EPERM', 'engine-refused'],
  ])('%s is %s', (code, reason) => {
    expect(engineError(failed(code)).problem.reason).toBe(reason);
  });

  it('keeps its status through being explained', () => {
    const answer = Object.assign(new Error('(HTTP code 404) no such container - No such container: x '), {
      statusCode: 404,
      json: { message: 'No such container: x' },
    });
    const explained = engineError(answer);
    expect(explained.problem).toEqual({ reason: 'engine-error', detail: 'No such container: x' });
    expect(statusCode(explained)).toBe(404);
    expect(engineError(explained)).toBe(explained);
  });
});

describe('a call', () => {
  it('that never answers is given up, and its request ended', async () => {
    let ended: AbortSignal | undefined;
    const call = ask((signal) => ((ended = signal), new Promise(() => undefined)), { timeoutMs: 30 });
    await expect(call).rejects.toMatchObject({ problem: { reason: 'engine-gone' } });
    expect(ended!.aborted).toBe(true);
  });

  it('that is cancelled says so, before and during', async () => {
    const abort = new AbortController();
    const call = ask(() => new Promise(() => undefined), { signal: abort.signal });
    abort.abort();
    await expect(call).rejects.toMatchObject({ problem: { reason: 'cancelled' } });
    let made = false;
    await expect(ask(async () => (made = true), { signal: abort.signal })).rejects.toBeInstanceOf(LabdockError);
    expect(made).toBe(false);
  });
});
