/** Commands over websockets, against a server that speaks the protocol: ends, losses, limits and bounds. */
import { afterEach, describe, expect, test, vi } from 'vitest';
import { toProblem } from '../../../main/common/problem';
import { execCommand, execPath, openExec } from '../../../main/runtime/kubernetes/stream/exec';
import { exitCode } from '../../../main/runtime/kubernetes/stream/execStatus';
import { Life, Pulse, verdict } from '../../../main/runtime/kubernetes/stream/pulse';
import { FakeApi, on, status, type FakeApiOptions } from './fakeApi';

const target = { namespace: 'n', pod: 'p', container: 'c', command: ['cat', '-'] };
const success = JSON.stringify({ status: 'Success' });
const failure = (code: number) =>
  JSON.stringify({
    status: 'Failure',
    reason: 'NonZeroExitCode',
    message: `command terminated with exit code ${code}`,
    details: { causes: [{ reason: 'ExitCode', message: String(code) }] },
  });

let api: FakeApi | undefined;
afterEach(async () => {
  await api?.stop();
  api = undefined;
});
async function serve(options: FakeApiOptions): Promise<FakeApi> {
  api = await new FakeApi(options).start();
  return api;
}
const problemOf = (promise: Promise<unknown>) =>
  promise.then(
    () => expect.fail('it did not fail'),
    (error: unknown) => toProblem(error),
  );
const until = (holds: () => boolean) => vi.waitFor(() => expect(holds()).toBe(true), { timeout: 9_000, interval: 20 });

describe('a command', () => {
  test('gives its output, its code and what it said', async () => {
    const server = await serve({
      onSocket: (socket) => {
        socket.send(on(1, 'one '));
        socket.send(on(2, 'oh'));
        socket.send(on(1, 'two'));
        socket.send(on(3, failure(3)));
        socket.close(1000);
      },
    });
    const ran = await execCommand(server.connection(), target, { timeoutMs: 5_000 });
    expect(ran).toEqual({ code: 3, stdout: 'one two', stderr: 'oh' });
    expect(server.asked[0]).toMatchObject({ path: '/api/v1/namespaces/n/pods/p/exec', authorization: 'Bearer a' });
    expect(server.asked[0]!.query.getAll('command')).toEqual(['cat', '-']);
    expect(server.asked[0]!.query.get('stdin')).toBe('false');
  });

  test('is asked for with its words as they are', () => {
    const path = execPath({ ...target, command: ['sh', '-c', 'echo "a b" & c=d+e ü'] }, true);
    expect(new URL(path, 'http://x').searchParams.getAll('command')).toEqual(['sh', '-c', 'echo "a b" & c=d+e ü']);
    expect(new URL(path, 'http://x').searchParams.get('stdin')).toBe('true');
  });

  test('prints more than is kept: each stream is cut, and the command still ends', async () => {
    const piece = Buffer.alloc(1024 * 1024, 'x');
    const server = await serve({
      onSocket: (socket) => {
        for (let i = 0; i < 6; i += 1) socket.send(on(1, piece));
        socket.send(on(3, success));
      },
    });
    const { stdout, code } = await execCommand(server.connection(), target, { timeoutMs: 5_000 });
    expect({ code, length: stdout.length }).toEqual({ code: 0, length: 4 * 1024 * 1024 });
  });

  test('that does not end in time is given up', async () => {
    const server = await serve({ onSocket: () => undefined });
    expect(await problemOf(execCommand(server.connection(), target, { timeoutMs: 300 }))).toMatchObject({
      reason: 'server-not-ready',
    });
    await until(() => server.sockets.size === 0);
  });
});

describe('a refusal', () => {
  test.each([
    [
      status(403, 'Forbidden', 'pods "p" is forbidden: User "u" cannot get resource "pods/exec" in API group "" in the namespace "n"'), // prettier-ignore
      { reason: 'cluster-forbidden', params: { verb: 'get', resource: 'pods/exec', namespace: 'n' } },
    ],
    [status(404, 'NotFound', 'pods "p" not found', { kind: 'pods', name: 'p' }), { detail: 'pods "p" not found' }],
    [status(401, 'Unauthorized', 'Unauthorized'), { reason: 'cluster-credentials', params: { user: 'u' } }],
    [{ status: 503, body: 'try later' }, { reason: 'cluster-unreachable' }],
  ])('is told in our words: %j', async (refusal, expected) => {
    const server = await serve({ onSocket: () => undefined, refuse: () => refusal });
    expect(await problemOf(openExec(server.connection(), target))).toMatchObject(expected);
  });

  test('for its credentials is tried once with others', async () => {
    const server = await serve({
      onSocket: (socket) => socket.send(on(3, success)),
      refuse: ({ authorization }) => (authorization === 'Bearer b' ? undefined : status(401, 'Unauthorized', 'no')),
    });
    const connection = server.connection('a', () => {
      connection.setToken('b');
      return true;
    });
    expect((await execCommand(connection, target, { timeoutMs: 5_000 })).code).toBe(0);
    expect(server.asked.map(({ authorization }) => authorization)).toEqual(['Bearer a', 'Bearer b']);
  });

  test('of the whole address is an unreachable cluster', async () => {
    const server = await serve({ onSocket: () => undefined });
    const connection = server.connection();
    await server.stop();
    expect(await problemOf(openExec(connection, target))).toMatchObject({ reason: 'cluster-unreachable' });
    await server.start();
  });
});

describe('an open command', () => {
  test('is cancelled by its signal, before and after it began', async () => {
    const server = await serve({ onSocket: () => undefined });
    expect(await problemOf(openExec(server.connection(), { ...target, signal: AbortSignal.abort() }))).toEqual({
      reason: 'cancelled',
    });
    const abort = new AbortController();
    const stream = await openExec(server.connection(), { ...target, signal: abort.signal });
    abort.abort();
    expect(await problemOf(stream.done)).toEqual({ reason: 'cancelled' });
    await until(() => server.sockets.size === 0);
    expect(stream.stdout.destroyed && stream.stdin.destroyed).toBe(true);
  });

  test('whose connection breaks says so, and its streams end with it', async () => {
    const server = await serve({
      onSocket: (socket) => socket.send(on(1, 'half'), () => setTimeout(() => socket.terminate(), 50)),
    });
    const stream = await openExec(server.connection(), target);
    const read: string[] = [];
    const reading = (async () => {
      for await (const part of stream.stdout) read.push(String(part));
    })();
    expect(await problemOf(stream.done)).toMatchObject({ reason: 'cluster-unreachable' });
    expect(await problemOf(reading)).toMatchObject({ reason: 'cluster-unreachable' });
    expect(read).toEqual(['half']);
  });

  test('keeps the end of what it said in anger', async () => {
    const server = await serve({
      onSocket: (socket) => {
        for (let i = 0; i < 100; i += 1) socket.send(on(2, `line ${i} ${'x'.repeat(1000)}\n`));
        socket.send(on(3, success));
      },
    });
    const { stderr } = await (await openExec(server.connection(), target)).done;
    expect(stderr.length).toBe(16 * 1024);
    expect(stderr).toContain('line 99 ');
  });

  test('waits for a reader of its output, in bounds', async () => {
    let sent = 0;
    const piece = on(1, Buffer.alloc(32 * 1024));
    const total = 64 * 1024 * 1024;
    const server = await serve({
      onSocket: (socket) => {
        const send = () => {
          if (sent >= total) return socket.send(on(3, success));
          sent += piece.length - 1;
          socket.send(piece, send);
        };
        send();
      },
    });
    const stream = await openExec(server.connection(), target);
    stream.stdout.pause();
    await until(() => sent > 0);
    let before = -1;
    await vi.waitFor(
      () => {
        const moved = sent !== before;
        before = sent;
        expect(moved).toBe(false);
      },
      { interval: 300, timeout: 8_000 },
    );
    // What two kernels and our own buffer hold.
    expect(sent).toBeLessThan(24 * 1024 * 1024);
    let read = 0;
    for await (const part of stream.stdout) read += (part as Buffer).length;
    expect(read).toBe(total);
    expect((await stream.done).code).toBe(0);
  });

  test('takes its input in pieces a kubelet can hold, no faster than it is read', async () => {
    const total = 32 * 1024 * 1024;
    let read = 0;
    let longest = 0;
    const server = await serve({
      onSocket: (socket) => {
        socket.pause();
        socket.on('message', (data: Buffer) => {
          read += data.length - 1;
          longest = Math.max(longest, data.length);
          if (read === total) socket.send(on(3, success));
        });
      },
    });
    const stream = await openExec(server.connection(), target);
    let written = 0;
    let stuck = false;
    const writing = (async () => {
      while (written < total) {
        written += 1024 * 1024;
        if (stream.stdin.write(Buffer.alloc(1024 * 1024))) continue;
        stuck = true;
        await new Promise((resolve) => stream.stdin.once('drain', resolve));
      }
    })();
    await until(() => stuck);
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(written).toBeLessThan(24 * 1024 * 1024);
    for (const socket of server.sockets) socket.resume();
    await writing;
    expect((await stream.done).code).toBe(0);
    expect({ read, longest }).toEqual({ read: total, longest: 32 * 1024 + 1 });
  });

  test('that has ended takes no more input', async () => {
    const server = await serve({ onSocket: (socket) => socket.send(on(3, success)) });
    const stream = await openExec(server.connection(), target);
    stream.stdout.resume();
    await stream.done;
    const error = await new Promise((resolve) => stream.stdin.write('x', resolve));
    expect(error).toBeInstanceOf(Error);
  });
});

describe('a status', () => {
  test('is a code where the command ran', () => {
    expect(exitCode(success)).toBe(0);
    expect(exitCode(failure(137))).toBe(137);
  });

  test.each([
    JSON.stringify({ status: 'Failure', reason: 'InternalError', message: 'no such file' }),
    JSON.stringify({ status: 'Failure', reason: 'NonZeroExitCode', details: { causes: [] } }),
    'no json',
    '',
    '[]',
  ])('is an error where it did not: %s', (text) => {
    expect(() => exitCode(text)).toThrow(/container-refused/);
  });
});

describe('the pulse', () => {
  const times = { everyMs: 4_000, deadMs: 10_000, stalledMs: 60_000 };

  test('asks the silent and gives up the dead, later where much is on its way', () => {
    expect(verdict(3_999, 0, times)).toBe('wait');
    expect(verdict(4_000, 0, times)).toBe('ping');
    expect(verdict(10_000, 0, times)).toBe('dead');
    expect(verdict(10_000, 65_537, times)).toBe('ping');
    expect(verdict(60_000, 65_537, times)).toBe('dead');
  });

  test('runs while there is somebody to hear, and suspects everybody after sleep', () => {
    vi.useFakeTimers();
    try {
      const pulse = new Pulse(times);
      const socket = { life: new Life(), deaf: false, pings: 0, died: 0, ping: () => void (socket.pings += 1), dead: () => void (socket.died += 1) }; // prettier-ignore
      expect(vi.getTimerCount()).toBe(0);
      pulse.add(socket);
      vi.advanceTimersByTime(6_000);
      socket.life.heard();
      expect(socket).toMatchObject({ pings: 2, died: 0 });
      // Deaf by our own will: its silence says nothing.
      socket.deaf = true;
      vi.advanceTimersByTime(60_000);
      socket.deaf = false;
      expect(socket.died).toBe(0);
      socket.life.heard();
      // The clock went on while no timer ran.
      vi.setSystemTime(Date.now() + 3_600_000);
      vi.advanceTimersByTime(2_000);
      expect(socket.died).toBe(0);
      vi.advanceTimersByTime(4_000);
      expect(socket.died).toBeGreaterThan(0);
      pulse.delete(socket);
      expect(vi.getTimerCount()).toBe(0);
    } finally {
      vi.useRealTimers();
    }
  });
});
