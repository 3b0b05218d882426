import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { toProblem } from '../../../main/common/problem';
import { bounded, connect, connectTo } from '../../../main/runtime/kubernetes/connection';
import { ContextConfig } from '../../../main/runtime/kubernetes/contextConfig';
import { parseKubeconfig } from '../../../main/runtime/kubernetes/kubeconfig';
import { proxyFromEnvironment } from '../../../main/runtime/kubernetes/proxy';

let folder: string;
let server: Server;
let seen: IncomingMessage[];
let answer: (request: IncomingMessage, response: ServerResponse) => void;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'labdock-connect-'));
  seen = [];
  answer = (_, response) => json(response, 200, { items: [] });
  server = createServer((request, response) => {
    seen.push(request);
    request.resume();
    answer(request, response);
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
});
afterEach(() => {
  server.closeAllConnections();
  server.close();
  rmSync(folder, { recursive: true, force: true });
});

const address = () => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
function kubeconfig(user: object, cluster: object = {}): string {
  const path = join(folder, 'config');
  const text = JSON.stringify({
    'current-context': 'here',
    clusters: [{ name: 'c', cluster: { server: `${address()}/`, ...cluster } }],
    users: [{ name: 'u', user }],
    contexts: [{ name: 'here', context: { cluster: 'c', user: 'u', namespace: 'team' } }],
  });
  writeFileSync(path, text);
  return path;
}
const json = (response: ServerResponse, code: number, body: object) => {
  response.writeHead(code, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
};

describe('a connection', () => {
  test('knows whose it is', async () => {
    const connection = await connect([kubeconfig({ token: 'abc' })], 'here');
    expect(connection).toMatchObject({ context: 'here', server: address(), user: 'u', namespaceOfContext: 'team' });
    await connection.core.listNamespacedPod({ namespace: 'team' });
    expect(seen[0]?.headers.authorization).toBe('Bearer abc');
    connection.close();
  });

  test.each([
    [{ username: 'ann', password: 'pw' }, { authorization: `Basic ${Buffer.from('ann:pw').toString('base64')}` }],
    [{ token: 'abc', as: 'bob', 'as-groups': ['g'], 'as-uid': '7' }, { 'impersonate-user': 'bob', 'impersonate-group': 'g', 'impersonate-uid': '7' }], // prettier-ignore
  ])('proves itself with %j', async (user, headers) => {
    const connection = await connect([kubeconfig(user)], 'here');
    await connection.request({ method: 'GET', path: '/api' });
    expect(seen[0]?.headers).toMatchObject(headers);
    connection.close();
  });

  test('reads a token file without its newline, and again once it is refused', async () => {
    const file = join(folder, 'token');
    writeFileSync(file, 'first\n');
    const connection = await connect([kubeconfig({ tokenFile: file, token: 'old' })], 'here');
    await connection.request({ method: 'GET', path: '/api' });
    expect(seen[0]?.headers.authorization).toBe('Bearer first');
    writeFileSync(file, 'second\n');
    answer = (request, response) =>
      request.headers.authorization === 'Bearer second' ? response.end('{}') : json(response, 401, {});
    await new Promise((done) => setTimeout(done, 1100));
    await connection.request({ method: 'GET', path: '/api' });
    expect(seen.at(-1)?.headers.authorization).toBe('Bearer second');
    connection.close();
  });

  test('keeps its connections', async () => {
    const sockets = new Set<unknown>();
    server.on('connection', (socket) => sockets.add(socket));
    const connection = await connect([kubeconfig({ token: 'abc' })], 'here');
    for (let index = 0; index < 10; index++) await connection.request({ method: 'GET', path: '/api' });
    expect(sockets.size).toBe(1);
    await Promise.all(Array.from({ length: 40 }, () => connection.request({ method: 'GET', path: '/api' })));
    expect(sockets.size).toBeLessThanOrEqual(8);
    connection.close();
  });

  test.each(['GET', 'POST'] as const)('a kept connection that died is no failure: %s', async (method) => {
    const connection = await connect([kubeconfig({ token: 'abc' })], 'here');
    await connection.request({ method: 'GET', path: '/api' });
    let first = true;
    answer = (request, response) => {
      if (!first) return response.end('{}');
      first = false;
      request.socket.destroy();
    };
    await connection.request({ method, path: '/api', ...(method === 'POST' && { body: {} }) });
    expect(seen).toHaveLength(3);
    connection.close();
  });
});

describe('what goes wrong', () => {
  test('a context that is not there, or names what is not there', async () => {
    const path = kubeconfig({ token: 'abc' });
    await expect(connect([path], 'nowhere')).rejects.toMatchObject({ problem: { reason: 'context-missing', params: { context: 'nowhere' } } }); // prettier-ignore
    const config = parseKubeconfig('contexts: [{name: x, context: {cluster: gone}}]', '/k');
    expect(() => new ContextConfig(config, 'x')).toThrow(/cluster "gone"/);
  });

  test('providers that Kubernetes removed', async () => {
    const path = kubeconfig({ 'auth-provider': { name: 'gcp', config: { 'cmd-path': 'gcloud' } } });
    await expect(connect([path], 'here')).rejects.toMatchObject({ problem: { reason: 'credential-plugin-failed' } });
  });

  test('a token that is refused, with the context and user that it was', async () => {
    answer = (_, response) => json(response, 401, { kind: 'Status', message: 'Unauthorized', code: 401 });
    const connection = await connect([kubeconfig({ token: 'abc' })], 'here');
    const listing = connection.ask({}, () => connection.core.listNamespacedPod({ namespace: 'team' }));
    await expect(listing).rejects.toMatchObject({ problem: { reason: 'cluster-credentials', params: { context: 'here', user: 'u' } } }); // prettier-ignore
    connection.close();
  });

  test('a server that never answers is given up, a caller that goes away at once', async () => {
    answer = () => undefined;
    const connection = await connect([kubeconfig({ token: 'abc' })], 'here');
    const list = (options: ReturnType<typeof bounded>) =>
      connection.ask({}, () => connection.core.listNamespacedPod({ namespace: 'team' }, options)).then(() => expect.unreachable(), toProblem); // prettier-ignore
    expect((await list(bounded(undefined, 200))).reason).toBe('cluster-unreachable');
    const abort = new AbortController();
    setTimeout(() => abort.abort(), 100);
    expect((await list(bounded(abort.signal))).reason).toBe('cancelled');
    const closing = list({});
    setTimeout(() => connection.close(), 100);
    expect((await closing).reason).toBe('cancelled');
  });

  test('a body that stops in the middle', async () => {
    answer = (_, response) => {
      response.writeHead(200, { 'content-length': '100' });
      response.write('{"items"');
      setTimeout(() => response.destroy(), 50);
    };
    const connection = await connect([kubeconfig({ token: 'abc' })], 'here');
    const asked = connection.ask({}, () => connection.request({ method: 'GET', path: '/api' }));
    await expect(asked).rejects.toMatchObject({ problem: { reason: 'cluster-unreachable' } });
    connection.close();
  });

  test('nobody listens', async () => {
    const path = kubeconfig({ token: 'abc' }, { server: 'http://127.0.0.1:9' });
    const connection = await connect([path], 'here');
    const asked = connection.ask({}, () => connection.request({ method: 'GET', path: '/api' }));
    await expect(asked).rejects.toMatchObject({ problem: { reason: 'cluster-unreachable', params: { server: 'http://127.0.0.1:9' } } }); // prettier-ignore
  });

  test('files of the kubeconfig that are not there', async () => {
    const path = kubeconfig({ 'client-certificate': 'gone.crt', 'client-key': 'gone.key' });
    const connection = await connect([path], 'here');
    const asked = connection.ask({}, () => connection.request({ method: 'GET', path: '/api' }));
    await expect(asked).rejects.toMatchObject({ problem: { reason: 'kubeconfig-invalid', params: { path: join(folder, 'gone.crt') } } }); // prettier-ignore
  });
});

test('a proxy of the kubeconfig is asked, for plain HTTP too', async () => {
  const asked: string[] = [];
  const proxy = createServer((request, response) => {
    asked.push(request.url ?? '');
    response.end('{}');
  });
  proxy.on('connect', (request, socket) => {
    asked.push(request.url ?? '');
    socket.end('HTTP/1.1 502 Bad Gateway\r\n\r\n');
  });
  await new Promise<void>((done) => proxy.listen(0, '127.0.0.1', done));
  const url = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
  const cluster = { server: 'https://api.invalid:6443', 'proxy-url': url };
  const connection = await connect([kubeconfig({ token: 'abc' }, cluster)], 'here');
  const call = connection.ask({}, () => connection.request({ method: 'GET', path: '/api' }));
  await expect(call).rejects.toMatchObject({ problem: { reason: 'cluster-unreachable' } });
  expect(asked).toEqual(['api.invalid:6443']);
  connection.close();
  proxy.close();
});

test('two contexts that call their users alike do not share a token', async () => {
  const one = (token: string) =>
    connectTo(new ContextConfig(parseKubeconfig(`
clusters: [{name: c, cluster: {server: "${address()}"}}]
users: [{name: same, user: {token: ${token}}}]
contexts: [{name: here, context: {cluster: c, user: same}}]`, '/k'), 'here')); // prettier-ignore
  const [a, b] = [one('aaa'), one('bbb')];
  await a.request({ method: 'GET', path: '/api' });
  await b.request({ method: 'GET', path: '/api' });
  expect(seen.map(({ headers }) => headers.authorization)).toEqual(['Bearer aaa', 'Bearer bbb']);
  a.close();
  b.close();
});

describe('proxies of the environment', () => {
  const env = { https_proxy: 'proxy.example:3128', NO_PROXY: 'internal.example,.dot.example,10.0.0.0/8,192.168.1.7,host.example:8443' }; // prettier-ignore
  test.each([
    ['https://api.example:6443', 'http://proxy.example:3128'],
    ['http://api.example', undefined],
    ['https://localhost:6443', undefined],
    ['https://127.0.0.1:6443', undefined],
    ['https://internal.example', undefined],
    ['https://a.internal.example', undefined],
    ['https://a.dot.example', undefined],
    ['https://dot.example', 'http://proxy.example:3128'],
    ['https://notinternal.example', 'http://proxy.example:3128'],
    ['https://10.3.4.5:6443', undefined],
    ['https://11.3.4.5:6443', 'http://proxy.example:3128'],
    ['https://192.168.1.7', undefined],
    ['https://host.example:8443', undefined],
    ['https://host.example:443', 'http://proxy.example:3128'],
    ['nonsense', undefined],
  ])('%s: %s', (server, expected) => {
    expect(proxyFromEnvironment(server, env)).toBe(expected);
  });

  test('none for anybody', () => {
    expect(proxyFromEnvironment('https://api.example', { HTTPS_PROXY: 'http://p', no_proxy: '*' })).toBeUndefined();
    expect(proxyFromEnvironment('https://api.example', {})).toBeUndefined();
  });
});
