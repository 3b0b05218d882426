/** Connecting as the user's kubeconfig says: credential plugins, expiring tokens, authorities, server names, proxies. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { connect as connectSocket, type AddressInfo, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { toProblem } from '../../main/common/problem';
import { connect } from '../../main/runtime/kubernetes/connection';
import { listContexts } from '../../main/runtime/kubernetes/contexts';
import { offer } from '../../main/runtime/kubernetes/offer';
import { testCluster, testNamespace, type TestNamespace } from '../harness/cluster';
import { kubeconfigFor, type Access } from '../harness/clusterAccess';
import { execPlugin, type ExecPlugin } from '../harness/execPlugin';
import { run, until } from '../harness/processes';

let namespace: TestNamespace;
let access: Access;
let folder: string;
const rules = [{ apiGroups: [''], resources: ['pods'], verbs: ['list'] }];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'labdock-contexts-'));
  namespace = await testNamespace();
  access = await kubeconfigFor({ namespace: namespace.name, rules });
});
afterAll(async () => {
  await access?.dispose();
  await namespace?.dispose();
  rmSync(folder, { recursive: true, force: true });
});
afterEach(() => vi.restoreAllMocks());

async function listPods(file: string, context = 'limited') {
  const connection = await connect([file], context);
  try {
    const { items } = await connection.ask({ verb: 'list', resource: 'pods', namespace: namespace.name }, () =>
      connection.core.listNamespacedPod({ namespace: namespace.name }),
    );
    return items.length;
  } finally {
    connection.close();
  }
}
const problemOf = async (work: Promise<unknown>) => toProblem(await work.then(() => expect.unreachable(), (error: unknown) => error)); // prettier-ignore

/** The administrator's kubeconfig with another cluster entry. */
function withCluster(change: (cluster: Record<string, unknown>) => object): string {
  const config = JSON.parse(readFileSync(access.kubeconfig, 'utf8')) as { clusters: [{ cluster: Record<string, unknown> }] }; // prettier-ignore
  const [entry] = config.clusters;
  const file = join(folder, `changed-${Math.random().toString(36).slice(2)}`);
  writeFileSync(file, JSON.stringify({ ...config, clusters: [{ ...entry, cluster: change(entry.cluster) }] }), {
    mode: 0o600,
  });
  return file;
}

test('contexts of several real files, as kubectl sees them', async () => {
  const files = [access.kubeconfig, testCluster().kubeconfig];
  const { contexts, problem } = await listContexts(files);
  expect(problem).toBeUndefined();
  vi.stubEnv('KUBECONFIG', files.join(delimiter));
  const names = await run([testCluster().program, 'config', 'get-contexts', '-o', 'name']);
  const current = await run([testCluster().program, 'config', 'current-context']);
  vi.unstubAllEnvs();
  expect(contexts.map(({ name }) => name).sort()).toEqual(names.trim().split('\n').sort());
  expect(contexts.find((context) => context.current)?.name).toBe(current.trim());
  expect(contexts.find(({ name }) => name === 'limited')?.namespace).toBe(namespace.name);
});

describe('a credential plugin', () => {
  let plugin: ExecPlugin;
  let file: string;
  beforeAll(async () => {
    plugin = execPlugin();
    file = join(folder, 'exec');
    await plugin.kubeconfig(file, namespace.name);
  });
  afterAll(() => plugin?.dispose());

  test('opens the door, asked once for many calls', async () => {
    plugin.answer({ token: access.token!, expirationTimestamp: new Date(Date.now() + 600_000).toISOString() });
    const before = plugin.calls();
    const connection = await connect([file], 'limited');
    const list = () => connection.core.listNamespacedPod({ namespace: namespace.name });
    await Promise.all([list(), list(), list(), list()]);
    connection.close();
    expect(plugin.calls() - before).toBe(1);
  });

  test('found by its name alone only where a terminal would find it', async () => {
    const named = join(folder, 'named');
    await plugin.kubeconfig(named, namespace.name, 'name');
    expect(await problemOf(listPods(named))).toMatchObject({ reason: 'credential-plugin-missing', params: { command: plugin.name } }); // prettier-ignore
    plugin.answer({ token: access.token! });
    vi.stubEnv('PATH', `${plugin.folder}:${process.env['PATH']}`);
    expect(await listPods(named)).toBe(0);
    vi.unstubAllEnvs();
  });

  test('that fails says so in its own words', async () => {
    plugin.fail('session has expired, run `example login`', 4);
    const problem = await problemOf(listPods(file));
    expect(problem).toMatchObject({ reason: 'credential-plugin-failed', params: { command: plugin.path } });
    expect(problem.detail).toContain('run `example login`');
    plugin.babble('Welcome!');
    expect((await problemOf(listPods(file))).reason).toBe('credential-plugin-failed');
  });

  test('a token that is refused on the way is replaced by another one, unseen', async () => {
    const own = await kubeconfigFor({ namespace: namespace.name, rules });
    plugin.answer({ token: own.token! });
    const connection = await connect([file], 'limited');
    const list = () => connection.ask({}, () => connection.core.listNamespacedPod({ namespace: namespace.name }));
    await list();
    const before = plugin.calls();
    await own.revoke();
    // The API server believes a token that it has just seen a little longer.
    await until('the old token is refused', () => own.kubectl('get', 'pods').then(() => false, (error: Error) => /Unauthorized|logged in/.test(error.message))); // prettier-ignore
    plugin.answer({ token: await own.freshToken() });
    expect((await list()).items).toEqual([]);
    expect(plugin.calls() - before).toBe(1);
    await own.dispose();
    connection.close();
  });

  test('whose token stays refused ends in a sentence, and does not run for ever', async () => {
    plugin.answer({ token: 'nobody.knows.this' });
    const before = plugin.calls();
    expect(await problemOf(listPods(file))).toMatchObject({
      reason: 'cluster-credentials',
      params: { context: 'limited' },
    });
    expect(plugin.calls() - before).toBeLessThanOrEqual(2);
  });
});

test('a client certificate proves as well', async () => {
  const certified = await kubeconfigFor({ namespace: namespace.name, rules, proof: 'certificate' });
  expect(await until('the rules are known', () => listPods(certified.kubeconfig).catch(() => undefined).then((count) => count === 0))).toBe(true); // prettier-ignore
  await certified.dispose();
});

test('a token that expires', async () => {
  const short = await kubeconfigFor({ namespace: namespace.name, rules, lifetime: 2 });
  const problem = await until(
    'the token has expired',
    () =>
    listPods(short.kubeconfig).then(() => undefined, (error: unknown) => toProblem(error)), // prettier-ignore
  );
  expect(problem).toMatchObject({ reason: 'cluster-credentials', params: { context: 'limited', user: 'limited' } });
  await short.dispose();
});

describe('whom to trust', () => {
  test('the authority of the kubeconfig, from a file beside it too', async () => {
    const file = withCluster(({ 'certificate-authority-data': data, ...rest }) => {
      writeFileSync(join(folder, 'ca.crt'), Buffer.from(data as string, 'base64'));
      return { ...rest, 'certificate-authority': 'ca.crt' };
    });
    expect(await listPods(file)).toBe(0);
  });

  test('nobody without it, and nobody else with another one', async () => {
    const without = withCluster(({ 'certificate-authority-data': _, ...rest }) => rest);
    expect(await problemOf(listPods(without))).toMatchObject({ reason: 'cluster-tls', params: { context: 'limited' } });
    const key = join(folder, 'other.key');
    const other = join(folder, 'other.crt');
    await run([
      'openssl',
      'req',
      '-x509',
      '-newkey',
      'rsa:2048',
      '-nodes',
      '-subj',
      '/CN=other',
      '-keyout',
      key,
      '-out',
      other,
    ]);
    const wrong = withCluster(({ 'certificate-authority-data': _, ...rest }) => ({
      ...rest,
      'certificate-authority': other,
    }));
    expect((await problemOf(listPods(wrong))).reason).toBe('cluster-tls');
    const skipped = withCluster(({ 'certificate-authority-data': _, ...rest }) => ({
      ...rest,
      'insecure-skip-tls-verify': true,
    }));
    expect(await listPods(skipped)).toBe(0);
  });

  test('the name that the kubeconfig gives the server', async () => {
    expect(await listPods(withCluster((cluster) => ({ ...cluster, 'tls-server-name': 'kubernetes.default' })))).toBe(0);
    const wrong = withCluster((cluster) => ({ ...cluster, 'tls-server-name': 'other.example' }));
    expect((await problemOf(listPods(wrong))).reason).toBe('cluster-tls');
  });
});

describe('a proxy', () => {
  const sockets = new Set<Socket>();
  const asked: string[] = [];
  const proxy = createServer();
  proxy.on('connect', (request, client: Socket) => {
    asked.push(request.url ?? '');
    const [host = '', port = ''] = (request.url ?? '').split(':');
    const far = connectSocket(Number(port), host, () => {
      client.write('HTTP/1.1 200 Connection established\r\n\r\n');
      client.pipe(far).pipe(client);
    });
    for (const socket of [client, far]) {
      sockets.add(socket);
      socket.on('error', () => socket.destroy());
    }
  });
  beforeAll(() => new Promise<void>((done) => proxy.listen(0, '127.0.0.1', done)));
  afterAll(() => {
    for (const socket of sockets) socket.destroy();
    proxy.close();
  });

  test('of the kubeconfig carries every call, with the server still proven to be itself', async () => {
    const url = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
    const file = withCluster((cluster) => ({ ...cluster, 'proxy-url': url }));
    expect(await listPods(file)).toBe(0);
    expect(asked.length).toBeGreaterThan(0);
    const named = withCluster((cluster) => ({ ...cluster, 'proxy-url': url, 'tls-server-name': 'kubernetes.default' }));
    expect(await listPods(named)).toBe(0);
    const untrusted = withCluster(({ 'certificate-authority-data': _, ...rest }) => ({ ...rest, 'proxy-url': url }));
    expect((await problemOf(listPods(untrusted))).reason).toBe('cluster-tls');
  });

  test('that is not there is said as what it is', async () => {
    const file = withCluster((cluster) => ({ ...cluster, 'proxy-url': 'http://127.0.0.1:9' }));
    expect((await problemOf(listPods(file))).reason).toBe('cluster-unreachable');
  });
});

test('the settings page is told why a cluster cannot offer anything', async () => {
  const dead = withCluster((cluster) => ({ ...cluster, server: 'https://127.0.0.1:9' }));
  expect(await problemOf(offer({ context: 'limited' }, [dead]))).toMatchObject({ reason: 'cluster-unreachable', params: { server: 'https://127.0.0.1:9' } }); // prettier-ignore
  expect(await problemOf(offer({ context: 'gone' }, [dead]))).toMatchObject({ reason: 'context-missing' });
});
