/** A whole life of a server with the rights of the documented Role, in a namespace that enforces `restricted`, and with none besides. */
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { role } from '../../main/runtime/kubernetes/preflight/role';
import type { LogLine } from '../../main/runtime/runtime';
import { testNamespace, type TestNamespace } from '../harness/cluster';
import { kubeconfigFor, type Access, type Rule } from '../harness/clusterAccess';
import { clusterServer, type ClusterServer } from '../harness/clusterServer';
import { until } from '../harness/processes';

let namespace: TestNamespace;
let access: Access;
let server: ClusterServer;

beforeAll(async () => {
  namespace = await testNamespace({ restricted: true });
  access = await kubeconfigFor({ namespace: namespace.name, rules: role(namespace.name).rules as unknown as Rule[] });
  const ingress = { host: 'role.example.org', className: '', annotations: {}, tlsSecret: '' };
  const options = { namespace, settings: { ingress }, access: { kubeconfig: access.kubeconfig, context: 'limited' } };
  server = await clusterServer(options);
  await until('the Role is known', async () => (await server.runtime.preflight(server.spec, forever)).length === 0);
});
afterAll(async () => {
  await server?.dispose();
  await access?.dispose();
  await namespace?.dispose();
});

const forever = AbortSignal.timeout(600_000);

test('made, started, reached, asked, watched, moved beside, stopped and removed', async () => {
  const { runtime, id } = server;
  const changes: (string | null)[] = [];
  const watching = runtime.watch(
    (changed) => changes.push(changed),
    () => undefined,
  );
  await server.start();
  await server.seen('it is ready', ({ podReady }) => podReady);
  expect(await runtime.list()).toEqual([id]);
  expect((await runtime.readFile(id, server.files[1]!.path))?.toString()).toBe(server.token);

  const port = await server.route();
  const status = await until('the route answers', async () => (await server.ask(port, '/api/status').catch(() => undefined))?.status === 200); // prettier-ignore
  expect(status).toBe(true);
  expect(await runtime.exec(id, ['id', '-u'], 20_000)).toMatchObject({ code: 0, stdout: '1000\n' });

  const lines: LogLine[] = [];
  const reading = new AbortController();
  const log = runtime.followLogs(id, (line) => lines.push(line), { tail: 50, signal: reading.signal });
  const told = (wanted: boolean) => lines.some(({ stream }) => (stream === 'event') === wanted);
  await until('log and events are told', () => told(true) && told(false));
  reading.abort();
  await log.catch(() => undefined);

  const word = randomBytes(8).toString('hex');
  await runtime.withLease(id, async (signal) => {
    const agent = await runtime.openAgent(id, ['sh', '-c', `echo ${word} >/work/moved; cat /work/moved`], signal);
    let text = '';
    for await (const chunk of agent.stdout as AsyncIterable<Buffer>) text += chunk.toString();
    expect(text).toBe(`${word}\n`);
    expect((await agent.done).code).toBe(0);
  });
  await runtime.removeHelper(id);
  expect((await runtime.exec(id, ['cat', '/work/moved'], 20_000)).stdout).toBe(`${word}\n`);

  await runtime.stop(id, 5);
  await server.seen('it is stopped', ({ state }) => state === 'exited');
  await runtime.putFiles(id, server.files, forever);
  await runtime.remove(id);
  expect(await server.see()).toBeNull();
  const left = await namespace.kubectl('get', 'pvc,secret,cm,svc,deploy,ingress,pod,lease', '-l', `io.labdock.workspace=${id}`, '-o', 'name'); // prettier-ignore
  expect(left.trim()).toMatch(/^persistentvolumeclaim\//);
  await runtime.removeHome(id);
  const claims = await namespace.kubectl('get', 'pvc', '-l', `io.labdock.workspace=${id}`, '-o', 'name', '--ignore-not-found'); // prettier-ignore
  expect(claims).toBe('');
  expect(changes).toContain(id);
  watching.dispose();
});
