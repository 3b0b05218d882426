/** The route on a real cluster: nothing lost or changed on the way, and it comes back by itself. */
import { createHash, randomBytes } from 'node:crypto';
import { Agent } from 'node:http';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { testNamespace, type TestNamespace } from '../harness/cluster';
import { killPart, startPart } from '../harness/clusterParts';
import { until } from '../harness/processes';
import { get, kubectlForward, routeTo, startRoutePod, type TestRoute } from '../harness/routePod';

let namespace: TestNamespace;
let route: TestRoute;

beforeAll(async () => {
  namespace = await testNamespace({ restricted: true });
  await startRoutePod(namespace, 'one');
  route = await routeTo(namespace);
});
afterAll(async () => {
  await route?.close();
  await namespace?.dispose();
});

const nameOf = async () => String((await get(route.port, '/name', { timeoutMs: 10_000 })).body);

test('a download and an upload arrive as they were sent', async () => {
  const down = await get(route.port, `/bytes/${256 * 1024 ** 2}?hash`);
  expect(down.bytes).toBe(256 * 1024 ** 2);
  expect(down.sha256).toBe(down.headers['x-sha256']);
  const body = randomBytes(32 * 1024 ** 2);
  const up = await get(route.port, '/', { body });
  expect(String(up.body)).toBe(createHash('sha256').update(body).digest('hex'));
});

test('what many ask at once is answered to each', async () => {
  const sizes = Array.from({ length: 60 }, (_, i) => 1 + i * 5_003);
  const answers = await Promise.all(sizes.map((size) => get(route.port, `/bytes/${size}?hash`)));
  expect(answers.map(({ bytes }) => bytes)).toEqual(sizes);
  for (const { sha256, headers } of answers) expect(sha256).toBe(headers['x-sha256']);
});

test('it is as quick as kubectl (figures only)', async () => {
  const { port: theirs, forward } = await kubectlForward(namespace, 'one');
  try {
    for (const [who, port] of Object.entries({ route: route.port, kubectl: theirs })) {
      const agent = new Agent({ keepAlive: true, maxSockets: 6 });
      const began = performance.now();
      await get(port, `/bytes/${256 * 1024 ** 2}`);
      const loaded = performance.now();
      await Promise.all(Array.from({ length: 1000 }, () => get(port, '/name', { agent })));
      const asked = performance.now();
      for (let i = 0; i < 100; i += 1) await get(port, '/name');
      const anew = performance.now();
      agent.destroy();
      const times = [loaded - began, asked - loaded, anew - asked].map(Math.round);
      console.log(`${who}: 256 MiB ${times[0]} ms, 1,000 requests ${times[1]} ms, 100 new connections ${times[2]} ms`);
    }
  } finally {
    await forward.stop();
  }
});

test('a deleted pod is said, and the next one is found without doing anything', async () => {
  expect(await nameOf()).toBe('one');
  await namespace.kubectl('delete', 'pod', 'one', '--wait=true');
  await until('the loss is told', () => !route.route.state.open);
  expect(route.route.state.problem).toMatchObject({ reason: 'route-lost', params: { port: route.port } });
  await startRoutePod(namespace, 'two');
  await until('the other pod answers', async () => (await nameOf()) === 'two');
  expect(route.route.state).toEqual({ open: true, port: route.port });
});

test('a pod replaced while nobody looks is found by the next requests', async () => {
  await startRoutePod(namespace, 'three');
  await namespace.kubectl('delete', 'pod', 'two', '--wait=true');
  // One may still meet the old pod's end.
  await until('the other pod answers', async () => (await nameOf()) === 'three', 5_000);
});

test('a killed API server breaks what was on its way, and the way is found when it is back', async () => {
  const states = route.states.length;
  const under = get(route.port, `/bytes/${4 * 1024 ** 3}`).then(
    () => 'whole',
    () => 'broken',
  );
  await until('the download runs', async () => (await nameOf()) === 'three');
  await killPart('kube-apiserver');
  try {
    expect(await under).toBe('broken');
    await until('the loss is told', () => !route.route.state.open);
    await expect(nameOf()).rejects.toThrow();
  } finally {
    await startPart('kube-apiserver');
  }
  await until('the pod answers again', async () => (await nameOf()) === 'three', 30_000);
  expect(route.route.state.open).toBe(true);
  expect(route.states.slice(states).map(({ open }) => open)).toEqual([false, true]);
});
