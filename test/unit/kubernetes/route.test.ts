/** The route against a server that speaks the port-forward protocol: what each end does to the other, and how it heals. */
import { connect, createServer, type Socket } from 'node:net';
import { once } from 'node:events';
import { networkInterfaces } from 'node:os';
import { afterEach, describe, expect, test, vi } from 'vitest';
import type { WebSocket } from 'ws';
import { toProblem } from '../../../main/common/problem';
import { Route, type RouteOptions } from '../../../main/runtime/kubernetes/route/route';
import type { RouteState } from '../../../main/runtime/runtime';
import { freePort } from '../../harness/processes';
import { FakeApi, on, sayPort, status, type Asked, type FakeApiOptions } from './fakeApi';

let api: FakeApi | undefined;
let route: Route | undefined;
afterEach(async () => {
  await route?.close();
  await api?.stop();
  [api, route] = [undefined, undefined];
});

interface Opened {
  port: number;
  states: RouteState[];
  route: Route;
  api: FakeApi;
}

/** A route to a fake pod; resolves once the pod was reached. */
async function opened(server: FakeApiOptions, options: Partial<RouteOptions> = {}, reached = true): Promise<Opened> {
  api = await new FakeApi(server).start();
  const port = await freePort();
  const states: RouteState[] = [];
  const made = new Route({
    connection: api.connection(),
    namespace: 'n',
    findPod: async () => 'pod-a',
    targetPort: 8888,
    port,
    onChange: (state) => states.push(state),
    ...options,
  });
  route = made;
  await made.open();
  if (reached) await until(() => made.state.open);
  return { port, states, route: made, api };
}

const until = (holds: () => boolean, timeout = 9_000) =>
  vi.waitFor(() => expect(holds()).toBe(true), { timeout, interval: 10 });
const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** Says the port and hands its data to `talk`. */
const pod =
  (talk: (socket: WebSocket, data: Buffer, asked: Asked) => void) =>
  (socket: WebSocket, asked: Asked): void => {
    sayPort(socket);
    socket.on('message', (data: Buffer) => talk(socket, data.subarray(1), asked));
  };
const echo = pod((socket, data) => socket.send(on(0, data)));

async function client(port: number): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  return socket;
}

/** All that comes until the end, or the code of what broke it. */
async function rest(socket: Socket): Promise<string> {
  let text = '';
  try {
    for await (const part of socket) text += String(part);
    return text;
  } catch (error) {
    return `${text}!${(error as NodeJS.ErrnoException).code}`;
  }
}

describe('a connection', () => {
  test('is one websocket, and carries bytes both ways', async () => {
    const { port, api } = await opened({ onSocket: echo });
    const bytes = Buffer.from(Array.from({ length: 256 }, (_, i) => i));
    const [one, other] = [await client(port), await client(port)];
    one.write(bytes);
    other.write('other');
    expect(await once(one, 'data')).toEqual([bytes]);
    expect(String((await once(other, 'data'))[0])).toBe('other');
    expect(api.asked[0]).toMatchObject({ path: '/api/v1/namespaces/n/pods/pod-a/portforward' });
    expect(api.asked[0]!.query.getAll('ports')).toEqual(['8888']);
    one.destroy();
    other.destroy();
  });

  test.each([
    [[[0xb8, 0x22, ...Buffer.from('hello')]]],
    [[[0xb8], [0x22, ...Buffer.from('he')], [...Buffer.from('llo')]]],
    [[[0xb8], [0x22], [...Buffer.from('hello')]]],
    [[[], [0xb8, 0x22], [], [...Buffer.from('hello')]]],
  ])('loses the port number however it is cut: %j', async (pieces) => {
    const { port } = await opened({
      onSocket: (socket) => {
        for (const piece of pieces) socket.send(on(0, Buffer.from(piece)));
        socket.on('message', () => socket.close(1000));
      },
    });
    const socket = await client(port);
    socket.write('go');
    expect(await rest(socket)).toBe('hello');
  });

  test('ends when the far end closes, with everything it said', async () => {
    const long = 'x'.repeat(3_000_000);
    const { port } = await opened({
      onSocket: pod((socket) => {
        socket.send(on(0, long));
        socket.close(1000);
      }),
    });
    const socket = await client(port);
    socket.write('go');
    socket.pause();
    await sleep(300);
    expect((await rest(socket)).length).toBe(long.length);
  });

  test('is reset when the far end says why it failed', async () => {
    const { port } = await opened({
      onSocket: pod((socket) => {
        socket.send(on(0, 'some'), () => {
          socket.send(on(1, 'error forwarding port 8888 to pod: reset'));
          socket.close(1000);
        });
      }),
    });
    const socket = await client(port);
    socket.write('go');
    expect(await rest(socket)).toMatch(/ECONNRESET$/);
  });

  test('is reset when the far end breaks off: a client must not take half for the whole', async () => {
    const { port } = await opened({
      onSocket: pod((socket) => socket.send(on(0, 'some'), () => setTimeout(() => socket.terminate(), 50))),
    });
    const socket = await client(port);
    socket.write('go');
    expect(await rest(socket)).toBe('some!ECONNRESET');
  });

  test('closes the far end after everything was carried there', async () => {
    let got = 0;
    let closed: number | undefined;
    const { port } = await opened({
      onSocket: (socket) => {
        sayPort(socket);
        socket.on('message', (data: Buffer) => {
          got += data.length - 1;
          // Somebody who reads slowly.
          socket.pause();
          setTimeout(() => socket.resume(), 1);
        });
        socket.on('close', (code) => {
          if (got > 0) closed = code;
        });
      },
    });
    const socket = await client(port);
    socket.end(Buffer.alloc(8_000_000));
    socket.resume();
    // Nothing was answered: the far end has ten seconds to begin.
    await until(() => got === 8_000_000);
    socket.destroy();
    await until(() => closed !== undefined, 15_000);
    expect(closed).toBe(1000);
  }, 30_000);

  test('whose client only stopped sending still gets its answer', async () => {
    let text = '';
    const { port } = await opened({
      onSocket: pod((socket, data) => {
        text += String(data);
        if (!text.endsWith('!')) return;
        setTimeout(() => {
          socket.send(on(0, text.toUpperCase()));
          socket.close(1000);
        }, 500);
      }),
    });
    const socket = await client(port);
    socket.end('question!');
    expect(await rest(socket)).toBe('QUESTION!');
  });

  test('whose client has gone after its answer goes soon', async () => {
    const { port, api } = await opened({ onSocket: echo });
    const spares = api.sockets.size;
    const socket = await client(port);
    socket.write('x');
    await once(socket, 'data');
    await until(() => api.sockets.size > spares);
    const open = [...api.sockets];
    socket.destroy();
    await until(() => open.some((one) => one.readyState === one.CLOSED), 2_000);
  });
});

describe('memory', () => {
  const piece = on(0, Buffer.alloc(32 * 1024));

  /** Sends as fast as the websocket takes it. */
  function pour(socket: WebSocket, total: number, sent: { bytes: number }): void {
    const next = () => {
      if (sent.bytes >= total) return socket.close(1000);
      sent.bytes += piece.length - 1;
      socket.send(piece, next);
    };
    for (let i = 0; i < 4; i += 1) next();
  }

  test('stays where it is while 1 GiB goes through', async () => {
    const total = 1024 ** 3;
    const { port } = await opened({ onSocket: pod((socket) => pour(socket, total, { bytes: 0 })) });
    const once64 = async (wanted: number) => {
      const socket = await client(port);
      socket.write('go');
      let got = 0;
      let most = 0;
      for await (const part of socket) {
        got += (part as Buffer).length;
        most = Math.max(most, process.memoryUsage.rss());
        if (got >= wanted) break;
      }
      return { got, most };
    };
    // The first 128 MiB bring code, buffers and heap to their size.
    const { most: before } = await once64(128 * 1024 ** 2);
    const { got, most } = await once64(total);
    expect(got).toBeGreaterThanOrEqual(total);
    expect((most - before) / 1024 ** 2).toBeLessThan(64);
  }, 120_000);

  test('is bounded while a client does not read, and everything comes when it does', async () => {
    const total = 64 * 1024 ** 2;
    const sent = { bytes: 0 };
    const { port } = await opened({ onSocket: pod((socket) => pour(socket, total, sent)) });
    const socket = await client(port);
    socket.write('go');
    await until(() => sent.bytes > 0);
    await sleep(1_000);
    const held = sent.bytes;
    await sleep(500);
    expect(sent.bytes).toBe(held);
    expect(held).toBeLessThan(32 * 1024 ** 2);
    let got = 0;
    for await (const part of socket) got += (part as Buffer).length;
    expect(got).toBe(total);
  }, 60_000);

  test('is bounded while the pod does not read', async () => {
    const far: WebSocket[] = [];
    let got = 0;
    const { port, api } = await opened({
      onSocket: (socket) => {
        sayPort(socket);
        far.push(socket);
        socket.on('message', (data: Buffer) => (got += data.length - 1));
      },
    });
    for (const socket of api.sockets) socket.pause();
    const socket = await client(port);
    let written = 0;
    const piece = Buffer.alloc(64 * 1024);
    while (written < 48 * 1024 ** 2 && (await wrote(socket, piece))) written += piece.length;
    expect(written).toBeLessThan(32 * 1024 ** 2);
    for (const one of far) one.resume();
    socket.end();
    await until(() => got >= written);
  }, 60_000);
});

/** false: it was not taken within half a second. */
const wrote = (socket: Socket, data: Buffer) =>
  Promise.race([
    new Promise<boolean>((resolve) => socket.write(data, () => resolve(true))),
    sleep(500).then(() => false),
  ]);

describe('the listener', () => {
  test('is on loopback only, and goes with the route', async () => {
    const { port, route } = await opened({ onSocket: echo });
    const outside = Object.values(networkInterfaces())
      .flatMap((addresses) => addresses ?? [])
      .filter(({ family, internal }) => family === 'IPv4' && !internal);
    for (const { address } of outside) {
      await expect(once(connect({ port, host: address }), 'connect')).rejects.toThrow(/ECONNREFUSED/);
    }
    const socket = await client(port);
    socket.write('x');
    await once(socket, 'data');
    await route.close();
    expect(await rest(socket)).toBe('!ECONNRESET');
    expect(route.state).toEqual({ open: false, port });
    await expect(once(connect({ port, host: '127.0.0.1' }), 'connect')).rejects.toThrow(/ECONNREFUSED/);
  });

  test('says that its port is taken', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as { port: number };
    const problem = await opened({ onSocket: echo }, { port }, false).then(
      () => expect.fail('it opened'),
      (error: unknown) => toProblem(error),
    );
    expect(problem).toMatchObject({ reason: 'port-busy', params: { port } });
    other.close();
  });

  test('lets 256 through at a time; the next one comes when one goes', async () => {
    const { port } = await opened({ onSocket: echo });
    const answered = async (socket: Socket) => {
      socket.write('x');
      await once(socket, 'data');
    };
    const sockets = await Promise.all(Array.from({ length: 256 }, () => client(port)));
    await Promise.all(sockets.map(answered));
    const next = await client(port);
    let got = false;
    const waiting = answered(next).then(() => (got = true));
    await sleep(300);
    expect(got).toBe(false);
    sockets[7]!.destroy();
    await waiting;
    for (const socket of [...sockets, next]) socket.destroy();
  }, 30_000);
});

describe('the way', () => {
  test('is found again when the pod is another, without the client doing more than asking again', async () => {
    const gone = status(404, 'NotFound', 'pods "pod-a" not found', { kind: 'pods', name: 'pod-a' });
    let now = 'pod-a';
    const { port, api, states } = await opened(
      {
        onSocket: pod((socket, data, { path }) => socket.send(on(0, `${path.split('/')[6]}:${String(data)}`))),
        refuse: ({ path }) => (path.includes(`/${now}/`) ? undefined : gone),
      },
      { findPod: async () => now },
    );
    now = 'pod-b';
    const old = [...api.sockets];
    for (const socket of old) socket.close(1000);
    await until(() => old.every((one) => one.readyState === one.CLOSED));
    await sleep(50);
    const socket = await client(port);
    socket.write('hi');
    expect(String((await once(socket, 'data'))[0])).toBe('pod-b:hi');
    expect(states.at(-1)).toEqual({ open: true, port });
    socket.destroy();
  });

  test('leads nobody to a pod that is no longer the ready one, and to the last one while none is', async () => {
    let now: string | null = 'pod-a';
    const { port, api, route } = await opened(
      { onSocket: pod((socket, data, { path }) => socket.send(on(0, `${path.split('/')[6]}:${String(data)}`))) },
      { findPod: async () => now },
    );
    const asks = async () => {
      const socket = await client(port);
      socket.write('hi');
      const [answer] = (await once(socket, 'data')) as [Buffer];
      socket.destroy();
      return String(answer);
    };
    now = 'pod-b';
    const old = [...api.sockets];
    route.check();
    await until(() => old.every((one) => one.readyState === one.CLOSED));
    expect(await asks()).toBe('pod-b:hi');
    now = null;
    route.check();
    await sleep(100);
    for (let i = 0; i < 8; i += 1) expect(await asks()).toBe('pod-b:hi');
    expect(route.state.open).toBe(true);
  });

  test('is told as lost while the API server is away, and as open when it is back', async () => {
    const { port, api, states, route } = await opened({ onSocket: echo });
    const held = await client(port);
    held.write('x');
    await once(held, 'data');
    await api.stop();
    expect(await rest(held)).toBe('!ECONNRESET');
    await until(() => !route.state.open);
    expect(route.state.problem).toMatchObject({ reason: 'route-lost', params: { port } });
    await api.start();
    // Comes before the prober's next look, and is carried all the same.
    const socket = await client(port);
    socket.write('again');
    expect(String((await once(socket, 'data'))[0])).toBe('again');
    await until(() => route.state.open);
    expect(states.map(({ open }) => open)).toEqual([true, false, true]);
    socket.destroy();
  }, 20_000);

  test('holds a connection for a moment when no pod is ready, then resets it', async () => {
    let ready = false;
    const { port, route } = await opened({ onSocket: echo }, { findPod: async () => (ready ? 'pod-a' : null) }, false);
    const began = Date.now();
    const first = await client(port);
    expect(await rest(first)).toBe('!ECONNRESET');
    expect(Date.now() - began).toBeGreaterThan(2_500);
    expect(Date.now() - began).toBeLessThan(6_000);
    expect(route.state).toMatchObject({ open: false, problem: { reason: 'route-lost', detail: 'no pod is ready' } });
    const second = await client(port);
    second.write('x');
    setTimeout(() => (ready = true), 500);
    expect(String((await once(second, 'data'))[0])).toBe('x');
    second.destroy();
  }, 20_000);

  test('is not open where nobody listens on the port in the pod', async () => {
    const refusing = (socket: WebSocket) => {
      sayPort(socket);
      socket.send(on(1, 'failed to connect to localhost:8888: connection refused'));
      socket.close(1000);
    };
    let listening = false;
    const { states, route, api } = await opened(
      { onSocket: (socket, asked) => (listening ? echo(socket, asked) : refusing(socket)) },
      {},
      false,
    );
    await until(() => route.state.problem !== undefined);
    expect(route.state.problem!.detail).toContain('connection refused');
    await sleep(1_500);
    // It looks again with growing pauses, not all the time.
    expect(api.asked.length).toBeLessThan(8);
    expect(states.every(({ open }) => !open)).toBe(true);
    listening = true;
    await until(() => route.state.open);
  }, 20_000);

  test('notices a far end that is silent for good, and finds another', async () => {
    let deafBefore = 0;
    const { port, api, route } = await opened({ onSocket: echo, autoPong: false });
    const socket = await client(port);
    socket.write('x');
    await once(socket, 'data');
    deafBefore = api.asked.length;
    const began = Date.now();
    expect(await rest(socket)).toBe('!ECONNRESET');
    expect(Date.now() - began).toBeLessThan(15_000);
    await until(() => api.asked.length > deafBefore);
    await until(() => route.state.open);
  }, 30_000);

  test.each([
    [
      status(403, 'Forbidden', 'pods "pod-a" is forbidden: User "u" cannot get resource "pods/portforward" in API group "" in the namespace "n"'), // prettier-ignore
      'cluster-forbidden',
    ],
    [status(401, 'Unauthorized', 'Unauthorized'), 'cluster-credentials'],
    [status(500, 'InternalError', 'error dialing backend: no route to host'), 'route-lost'],
  ])('names what a person has to mend: %j', async (refusal, reason) => {
    const { route } = await opened({ onSocket: echo, refuse: () => refusal }, {}, false);
    await until(() => route.state.problem !== undefined);
    expect(route.state).toMatchObject({ open: false, problem: { reason } });
  });

  test('keeps as many websockets ready as a browser takes at once, for a while, and does not open more meanwhile', async () => {
    const { port, api } = await opened({ onSocket: echo });
    // The first one is enough to be open; the others follow when nobody is being served.
    expect(api.sockets.size).toBe(1);
    await until(() => api.sockets.size === 6);
    const sockets = await Promise.all(Array.from({ length: 6 }, () => client(port)));
    for (const socket of sockets) {
      socket.write('x');
      await once(socket, 'data');
    }
    expect(api.asked.length).toBe(6);
    await until(() => api.sockets.size === 12);
    for (const socket of sockets) socket.destroy();
    await until(() => api.sockets.size === 6);
    await sleep(500);
    expect(api.asked.length).toBe(12);
  }, 20_000);
});
