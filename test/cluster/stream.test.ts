/** Commands in a real container, over websockets: codes, bytes, ends, and what is left when the connection goes. */
import { createHash, randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { toProblem } from '../../main/common/problem';
import type { Connection } from '../../main/runtime/kubernetes/connection';
import { execCommand, openExec } from '../../main/runtime/kubernetes/stream/exec';
import { testNamespace, type TestNamespace } from '../harness/cluster';
import { until } from '../harness/processes';
import { clusterConnection } from '../harness/routePod';

let namespace: TestNamespace;
let connection: Connection;

beforeAll(async () => {
  namespace = await testNamespace();
  await namespace.apply({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'box' },
    spec: {
      automountServiceAccountToken: false,
      terminationGracePeriodSeconds: 1,
      containers: [
        { name: 'c', image: 'localhost/busybox:1', imagePullPolicy: 'Never', command: ['sh', '-c', 'sleep 3600'] },
      ],
    },
  });
  await namespace.kubectl('wait', '--for=condition=Ready', 'pod/box', '--timeout=60s');
  connection = await clusterConnection();
});
afterAll(async () => {
  connection?.close();
  await namespace?.dispose();
});

const sh = (script: string) => ({
  namespace: namespace.name,
  pod: 'box',
  container: 'c',
  command: ['sh', '-c', script],
});
const ran = (script: string, timeoutMs = 20_000) => execCommand(connection, sh(script), { timeoutMs });
const problemOf = (promise: Promise<unknown>) =>
  promise.then(
    () => expect.fail('it did not fail'),
    (error: unknown) => toProblem(error),
  );

test('a command tells its code and what it printed', async () => {
  expect(await ran('echo out; echo oh >&2; exit 7')).toEqual({ code: 7, stdout: 'out\n', stderr: 'oh\n' });
  expect(await ran('true')).toEqual({ code: 0, stdout: '', stderr: '' });
});

test('what cannot run says why', async () => {
  const absent = { ...sh(''), command: ['no-such-program'] };
  const problem = await problemOf(execCommand(connection, absent, { timeoutMs: 20_000 }));
  expect(problem).toMatchObject({ reason: 'container-refused' });
  expect(problem.detail).toContain('no-such-program');
  const nowhere = { ...sh('true'), pod: 'absent' };
  expect((await problemOf(execCommand(connection, nowhere, { timeoutMs: 20_000 }))).detail).toContain('not found');
  expect(await problemOf(ran('sleep 60', 1_000))).toMatchObject({ reason: 'server-not-ready' });
});

test('bytes go there and come back as they were, many at a time', async () => {
  const size = 48 * 1024 ** 2 + 17;
  const data = randomBytes(size);
  const stream = await openExec(connection, sh(`head -c ${size}`));
  const hash = createHash('sha256');
  const reading = (async () => {
    for await (const part of stream.stdout) hash.update(part as Buffer);
  })();
  for (let at = 0; at < size; at += 1_000_003) {
    const room = stream.stdin.write(data.subarray(at, at + 1_000_003));
    if (!room) await new Promise((resolve) => stream.stdin.once('drain', resolve));
  }
  expect(await stream.done).toEqual({ code: 0, stderr: '' });
  await reading;
  expect(hash.digest('hex')).toBe(createHash('sha256').update(data).digest('hex'));
});

test('a command that reads its input ends when the connection does', async () => {
  const stream = await openExec(connection, sh('echo $$; while read -r line; do echo "$line" >/tmp/got; done'));
  const [first] = (await new Promise<Buffer>((resolve) => stream.stdout.once('data', resolve))).toString().split('\n');
  stream.stdin.write('hello\n');
  await until('it was read', async () => (await ran('cat /tmp/got')).stdout === 'hello\n');
  stream.close();
  expect(await problemOf(stream.done)).toEqual({ reason: 'cancelled' });
  await until('it has ended', async () => (await ran(`test -d /proc/${first}`)).code !== 0);
});

test('a pod that goes takes its commands along, and that is told', async () => {
  await namespace.kubectl('run', 'brief', '--image=localhost/busybox:1', '--image-pull-policy=Never', '--', 'sleep', '600'); // prettier-ignore
  await namespace.kubectl('wait', '--for=condition=Ready', 'pod/brief', '--timeout=60s');
  const stream = await openExec(connection, { ...sh('sleep 600'), pod: 'brief', container: 'brief' });
  stream.stdout.resume();
  await namespace.kubectl('delete', 'pod', 'brief', '--grace-period=1', '--wait=false');
  const outcome = await stream.done.then(
    ({ code }) => `code ${code}`,
    (error: unknown) => toProblem(error).reason,
  );
  expect(outcome).toMatch(/^code (137|143)$|^cluster-unreachable$|^container-refused$/);
});
