import { createServer as createHttpServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer, type AddressInfo, type Server as TcpServer, type Socket } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { LabdockError } from '../../../main/common/problem';
import { JupyterCallError, JupyterClient } from '../../../main/jupyter/client';
import { awaitReady, judge, probeDelay } from '../../../main/jupyter/ready';
import { busyKernels, shutdownServer } from '../../../main/jupyter/quiesce';

// Foreign programs are played by real listeners on loopback; Jupyter itself answers in test/docker/jupyter.test.ts.
const open: { server: Server | TcpServer; sockets: Set<Socket> }[] = [];
afterEach(async () => {
  for (const { server, sockets } of open.splice(0)) {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  }
});
async function listen<T extends Server | TcpServer>(server: T, port = 0): Promise<number> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  open.push({ server, sockets });
  return (server.address() as AddressInfo).port;
}
const http = (handler: (request: IncomingMessage, response: ServerResponse) => void, port?: number) =>
  listen(createHttpServer(handler), port);
async function freePort(): Promise<number> {
  const port = await listen(createServer());
  const { server } = open.pop()!;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

const status = JSON.stringify({
  started: '2026-01-01T00:00:00Z',
  last_activity: '2026-01-01T00:00:00Z',
  connections: 0,
  kernels: 0,
});
/** Answers as a Jupyter server with this token does. */
const jupyterLike = (token: string) => (request: IncomingMessage, response: ServerResponse) => {
  if (request.headers.authorization === `Token ${token}`) response.writeHead(200).end(status);
  else if (request.url?.startsWith('/files/')) response.writeHead(302, { location: '/login' }).end();
  else response.writeHead(403).end('{"message": "Forbidden"}');
};
const client = (port: number) => new JupyterClient({ port, token: 'ours' });
const problem = (promise: Promise<unknown>) =>
  promise.then(
    () => 'resolved',
    (error: unknown) => (error instanceof LabdockError ? error.problem : error),
  );
const never = () => new AbortController().signal;

describe('awaitReady', () => {
  test('resolves when the server begins to listen, within a probe or two', async () => {
    const port = await freePort();
    const ready = awaitReady(client(port), { signal: never() });
    await new Promise((resolve) => setTimeout(resolve, 400));
    await http(jupyterLike('ours'), port);
    const listening = performance.now();
    expect(await ready).toMatchObject({ kernels: 0 });
    expect(performance.now() - listening).toBeLessThan(1000);
  });

  test('waits behind a port proxy that accepts and closes, and through a 503', async () => {
    const port = await freePort();
    const proxy = createServer((socket) => socket.destroy());
    await listen(proxy, port);
    const ready = awaitReady(client(port), { signal: never() });
    await new Promise((resolve) => setTimeout(resolve, 200));
    await new Promise((resolve) => proxy.close(resolve));
    let asked = 0;
    await http((request, response) => {
      if (asked++ < 2) response.writeHead(503).end();
      else jupyterLike('ours')(request, response);
    }, port);
    expect(await ready).toMatchObject({ kernels: 0 });
  });

  test.each<[string, (request: IncomingMessage, response: ServerResponse) => void]>([
    ['another Jupyter server', jupyterLike('theirs')],
    [
      'a Jupyter server without authentication',
      ({ url }, response) =>
        url === '/api/status' ? response.writeHead(200).end(status) : response.writeHead(404).end(),
    ],
    ['a web server with a page for everything', (_, response) => response.writeHead(200).end('<html></html>')],
    ['a web server that redirects', (_, response) => response.writeHead(302, { location: '/login' }).end()],
    ['a program that knows no such path', (_, response) => response.writeHead(404).end()],
    ['JSON of another shape', (_, response) => response.writeHead(200).end('{"started": true}')],
  ])('%s on the port is told from ours', async (_, handler) => {
    const port = await http(handler);
    expect(await problem(awaitReady(client(port), { signal: never() }))).toEqual({
      reason: 'port-masked',
      params: { port },
    });
  });

  test('a program that does not speak HTTP is told from ours', async () => {
    const port = await listen(createServer((socket) => socket.end('SSH-2.0-OpenSSH_9.2\r\n')));
    expect(await problem(awaitReady(client(port), { signal: never() }))).toEqual({
      reason: 'port-masked',
      params: { port },
    });
  });

  test('gives a predecessor one last word', async () => {
    const port = await freePort();
    let asked = 0;
    await http((request, response) => jupyterLike(asked++ === 0 ? 'previous' : 'ours')(request, response), port);
    expect(await awaitReady(client(port), { signal: never() })).toMatchObject({ kernels: 0 });
  });

  test('does not look at ::1', async () => {
    const port = await freePort();
    const server = createHttpServer(jupyterLike('ours'));
    await new Promise<void>((resolve) => server.listen(port, '::1', resolve));
    expect(await problem(awaitReady(client(port), { signal: never(), timeoutMs: 300 }))).toMatchObject({
      reason: 'server-not-ready',
    });
    await new Promise((resolve) => server.close(resolve));
  });

  test('ends with the server, the time and the signal', async () => {
    const port = await freePort();
    let code: number | null = null;
    setTimeout(() => (code = 137), 150);
    expect(await problem(awaitReady(client(port), { signal: never(), exited: () => code }))).toEqual({
      reason: 'server-crashed-while-starting',
      params: { code: 137 },
    });
    expect(await problem(awaitReady(client(port), { signal: never(), timeoutMs: 250 }))).toMatchObject({
      reason: 'server-not-ready',
    });
    const cancelled = new AbortController();
    setTimeout(() => cancelled.abort(), 100);
    expect(await problem(awaitReady(client(port), { signal: cancelled.signal }))).toEqual({ reason: 'cancelled' });
    const failed = new AbortController();
    setTimeout(() => failed.abort(new LabdockError('out-of-memory', { limitMiB: 512 })), 100);
    expect(await problem(awaitReady(client(port), { signal: failed.signal }))).toEqual({
      reason: 'out-of-memory',
      params: { limitMiB: 512 },
    });
  });

  test('an abort interrupts a probe that hangs', async () => {
    const port = await listen(createServer());
    const controller = new AbortController();
    setTimeout(() => controller.abort(), 100);
    const began = performance.now();
    expect(await problem(awaitReady(client(port), { signal: controller.signal }))).toEqual({ reason: 'cancelled' });
    expect(performance.now() - began).toBeLessThan(2000);
  });

  test('asks often at first, seldom later', () => {
    expect([0, 14_999].map(probeDelay)).toEqual([40, 40]);
    expect(probeDelay(30_000)).toBeGreaterThan(100);
    expect(probeDelay(110_000)).toBe(1000);
    expect(() => judge(new TypeError('a defect'))).toThrow(TypeError);
  });
});

describe('JupyterClient', () => {
  const failure = (promise: Promise<unknown>) =>
    promise.then(
      () => 'none',
      (error: unknown) => (error instanceof JupyterCallError ? error.failure : error),
    );

  test('bounds answers in time and size', async () => {
    const endless = await http((_, response) => {
      response.writeHead(200);
      const chunk = Buffer.alloc(1_000_000, 32);
      const pump = () => {
        while (!response.destroyed && response.write(chunk));
      };
      response.on('drain', pump).on('error', () => undefined);
      pump();
    });
    expect(await failure(client(endless).kernels())).toBe('foreign');
    const dripping = await http((_, response) => {
      const timer = setInterval(() => response.write(' '), 20);
      response.on('close', () => clearInterval(timer));
    });
    expect(await failure(client(dripping).kernels({ timeoutMs: 200 }))).toBe('timeout');
    const halfway = await http((_, response) => {
      response.writeHead(200, { 'content-length': 100 }).write('[');
      setTimeout(() => response.destroy(), 20);
    });
    expect(await failure(client(halfway).kernels())).toBe('broken');
    expect(await failure(client(halfway).kernels({ signal: AbortSignal.abort() }))).toBe('cancelled');
  });

  test('sends the token as a header only, one connection per call, and names no secret in errors', async () => {
    const seen: IncomingMessage[] = [];
    const port = await http((request, response) => {
      seen.push(request);
      response.writeHead(500).end();
    });
    const error: unknown = await client(port)
      .contents('a b/한?#.ipynb', { hash: true })
      .catch((reason: unknown) => reason);
    expect(seen[0]!.url).toBe('/api/contents/a%20b/%ED%95%9C%3F%23.ipynb?content=0&hash=1');
    expect(seen[0]!.headers).toMatchObject({
      authorization: 'Token ours',
      connection: 'close',
      host: `127.0.0.1:${port}`,
    });
    expect(error).toMatchObject({ failure: 'status', status: 500 });
    expect(JSON.stringify(error) + String(error)).not.toContain('ours');
    await failure(client(port).status({ token: null }));
    expect(seen[1]!.headers.authorization).toBeUndefined();
  });
});

describe('stopping', () => {
  const kernel = (id: string, execution_state?: string) => ({
    id,
    name: 'py313',
    ...(execution_state && { execution_state }),
  });

  test('names busy kernels by their document', () => {
    const sessions = [
      { id: 's', path: 'a/b.ipynb', name: 'b.ipynb', type: 'notebook', kernel: kernel('1', 'busy') },
      { id: 't', path: '', name: 'Console 1', type: 'console', kernel: kernel('2', 'busy') },
      { id: 'u', path: 'x', name: 'x', type: 'notebook', kernel: null },
    ];
    expect(
      busyKernels(
        [kernel('1', 'busy'), kernel('2', 'busy'), kernel('3', 'busy'), kernel('4', 'idle'), kernel('5')],
        sessions,
      ),
    ).toEqual([
      { id: '1', label: 'a/b.ipynb' },
      { id: '2', label: 'Console 1' },
      { id: '3', label: 'py313' },
    ]);
  });

  test('says whether the server went', async () => {
    expect(await shutdownServer(client(await freePort()))).toBe('silent');
    const staying = await http((_, response) => response.writeHead(200).end(status));
    expect(await shutdownServer(client(staying), { timeoutMs: 300 })).toBe('lingering');
    const hanging = await http(() => undefined);
    expect(await shutdownServer(client(hanging), { timeoutMs: 200 })).toBe('lingering');
    const server = createHttpServer((_, response) => {
      response.writeHead(200).end();
      setTimeout(() => server.close(), 100);
    });
    expect(await shutdownServer(client(await listen(server)))).toBe('gone');
  });
});
