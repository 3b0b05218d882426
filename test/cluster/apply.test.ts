/** A server's objects on a real API server: applied, changed by others, adopted, replaced, and never somebody else's. */
import { mkdtempSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { tmpdir } from 'node:os';
import type { V1Deployment, V1Secret } from '@kubernetes/client-node';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { toProblem } from '../../main/common/problem';
import { applyObjects, ensureNamespace, existingName, type ApplyOptions } from '../../main/runtime/kubernetes/apply';
import { connect, type Connection } from '../../main/runtime/kubernetes/connection';
import { immutableChange } from '../../main/runtime/kubernetes/immutable';
import { manifestFolder } from '../../main/runtime/kubernetes/manifestFolder';
import { renderNamespace, renderObjects } from '../../main/runtime/kubernetes/manifests/objects';
import type { ClusterSettings } from '../../main/runtime/kubernetes/model';
import { objectName } from '../../main/runtime/kubernetes/names';
import { foreignManagerOf } from '../../main/runtime/kubernetes/ownership';
import { clusterDescription, testCluster, testNamespace, type TestNamespace } from '../harness/cluster';
import { clusterSpec, passwordHash, serverFiles, token } from '../unit/kubernetes/clusterSpec';

let namespace: TestNamespace;
let connection: Connection;
let workspaceId: string;
let name: string;
let count = 0;

beforeAll(async () => {
  namespace = await testNamespace({ restricted: true });
  connection = await connect([testCluster().kubeconfig], clusterDescription().context);
});
afterAll(async () => {
  connection?.close();
  await namespace?.dispose();
});
beforeEach(() => {
  workspaceId = `applytest${String(++count).padStart(3, '0')}`;
  name = objectName('My work', workspaceId);
});

const specOf = (changes: Partial<ClusterSettings> = {}) => ({ ...clusterSpec({ namespace: namespace.name, ...changes }), workspaceId }); // prettier-ignore
const render = (changes: Partial<ClusterSettings> = {}, replicas: 0 | 1 = 0, files = serverFiles) =>
  renderObjects(specOf(changes), files, { replicas });
const put = (changes: Partial<ClusterSettings> = {}, options: ApplyOptions = {}) =>
  applyObjects(connection, workspaceId, render(changes), options);
const problemOf = async (work: Promise<unknown>) => toProblem(await work.then(() => expect.unreachable(), (error: unknown) => error)); // prettier-ignore
const deployment = () => namespace.get<V1Deployment>('deployment', name, '--show-managed-fields');

describe('server-side apply', () => {
  test('makes all objects, with labdock as their manager', async () => {
    await put({ ingress: { host: 'lab.example.org', className: '', annotations: {}, tlsSecret: '' } });
    for (const kind of ['secret', 'configmap', 'pvc', 'service', 'ingress', 'deployment']) {
      const object = await namespace.get(kind, name, '--show-managed-fields');
      expect(foreignManagerOf(object), kind).toBeUndefined();
    }
    const secret = await namespace.get<V1Secret>('secret', name);
    const plain = (key: string) => Buffer.from(secret.data![key]!, 'base64').toString();
    expect([plain('token'), plain('password-hash')]).toEqual([token, passwordHash]);
    expect(await existingName(connection, namespace.name, workspaceId)).toBe(name);
  });

  test('again is the same again, and changes follow', async () => {
    await put();
    const before = await deployment();
    await put();
    expect((await deployment()).metadata?.resourceVersion).toBe(before.metadata?.resourceVersion);
    await put({ cpuRequest: 0.5, podLabels: { team: 'data' } });
    await put({ cpuRequest: 0.5 });
    const { spec } = await deployment();
    expect(spec?.template.spec?.containers[0]?.resources?.requests?.['cpu']).toBe('500m');
    // What is no longer asked for is gone, not left behind.
    expect(spec?.template.metadata?.labels).not.toHaveProperty('team');
  });

  test('an ingress that is no longer wanted goes', async () => {
    await put({ ingress: { host: 'lab.example.org', className: '', annotations: {}, tlsSecret: '' } });
    await put();
    expect(await namespace.kubectl('get', 'ingress', name, '--ignore-not-found', '-o', 'name')).toBe('');
  });

  test('scaling is no conflict: it is what start and stop do, and what people do by hand', async () => {
    await put();
    await namespace.kubectl('scale', 'deployment', name, '--replicas=2');
    await put();
    expect((await deployment()).spec?.replicas).toBe(0);
  });

  test('objects keep their name when the workspace has another one', async () => {
    await put();
    const found = await existingName(connection, namespace.name, workspaceId);
    const renamed = renderObjects({ ...specOf(), workspaceName: 'Renamed' }, serverFiles, {
      replicas: 0,
      name: found!,
    });
    await applyObjects(connection, workspaceId, renamed);
    const claims = await namespace.kubectl('get', 'pvc', '-l', `io.labdock.workspace=${workspaceId}`, '-o', 'name');
    expect(claims.trim()).toBe(`persistentvolumeclaim/${name}`);
  });

  test('a larger volume is asked for, a smaller one and another class are found beforehand', async () => {
    await put({ storage: { className: '', sizeGiB: 2 } });
    const change = (className: string, sizeGiB: number) =>
      immutableChange(connection, name, specOf({ storage: { className, sizeGiB } }).settings);
    expect(await change('', 2)).toBeUndefined();
    expect(await change('', 3)).toBeUndefined();
    expect(await change('', 1)).toEqual({ reason: 'volume-shrinks', params: { have: 2, want: 1 } });
    expect(await change('other', 2)).toMatchObject({ reason: 'volume-class-changes', params: { want: 'other' } });
    expect(await immutableChange(connection, 'nothing', specOf().settings)).toBeUndefined();
  });

  test('a selector of an older make is replaced with its Deployment, and the volume stays', async () => {
    await put();
    const claim = (await namespace.get('pvc', name)).metadata.uid;
    const { spec, metadata } = await deployment();
    await namespace.kubectl('delete', 'deployment', name);
    const old = { 'io.labdock.workspace': workspaceId };
    const template = { ...spec!.template, metadata: { labels: old } };
    const labels = metadata?.labels;
    await namespace.apply({ apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name, labels }, spec: { replicas: 0, selector: { matchLabels: old }, template } }); // prettier-ignore
    await put({}, { force: true });
    expect((await deployment()).spec?.selector.matchLabels).toHaveProperty('app.kubernetes.io/component', 'server');
    expect((await namespace.get('pvc', name)).metadata.uid).toBe(claim);
  });
});

describe('others', () => {
  test('what somebody changed is a conflict with their name and the fields, and force takes it', async () => {
    await put();
    await namespace.kubectl(
      'set',
      'image',
      `deployment/${name}`,
      'jupyterlab=example.org/other:1',
      '--field-manager=ops-team',
    );
    const problem = await problemOf(put());
    expect(problem.reason).toBe('apply-conflict');
    expect(problem.params?.['manager']).toBe('ops-team');
    expect(problem.params?.['fields']).toContain('.image');
    expect((await deployment()).spec?.template.spec?.containers[0]?.image).toBe('example.org/other:1');
    await put({}, { force: true });
    expect((await deployment()).spec?.template.spec?.containers[0]?.image).toBe(specOf().image);
  });

  test("an object of our name that is not the workspace's is never touched, and nothing else is made", async () => {
    await namespace.apply({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data: { mine: 'yes' } });
    for (const force of [false, true]) {
      expect(await problemOf(put({}, { force }))).toMatchObject({
        reason: 'name-foreign',
        params: { name: `ConfigMap ${name}` },
      });
    }
    expect((await namespace.get<{ data: object }>('configmap', name)).data).toEqual({ mine: 'yes' });
    expect(await namespace.kubectl('get', 'pvc,secret,deployment', '-o', 'name', '-l', `io.labdock.workspace=${workspaceId}`)).toBe(''); // prettier-ignore
  });

  test('two workspaces in one namespace have nothing in common', async () => {
    await put();
    const other = `other${workspaceId.slice(5)}`;
    await applyObjects(
      connection,
      other,
      renderObjects({ ...specOf(), workspaceId: other }, serverFiles, { replicas: 0 }),
    );
    const found = await namespace.kubectl(
      'get',
      'pvc,secret,cm,svc,deploy',
      '-l',
      'app.kubernetes.io/part-of=labdock',
      '-o',
      'name',
    );
    const own = (id: string) => found.split('\n').filter((line) => line.endsWith(id));
    expect([own(workspaceId).length, own(other).length]).toEqual([5, 5]);
  });
});

describe('the folder for kubectl', () => {
  let folder: string;
  beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'labdock-manifests-'))));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const shown = (changes: Partial<ClusterSettings> = {}) => manifestFolder(render(changes, 1));

  test('holds no secret, in any form', () => {
    const { yaml, files } = shown();
    const all = yaml + files.map(({ content }) => content).join();
    for (const word of [token, passwordHash, Buffer.from(token).toString('base64')]) expect(all).not.toContain(word);
  });

  test('applied by hand as it says, Secret included, it makes what Labdock makes; which then adopts it after asking', async () => {
    const { files } = shown({
      podAnnotations: { 'example.org/tricky': 'yes', 'example.org/octal': '0777', 'example.org/text': 'a: b # c\n' },
    });
    for (const { name: file, content } of files) {
      mkdirSync(dirname(join(folder, file)), { recursive: true });
      writeFileSync(join(folder, file), content);
    }
    writeFileSync(join(folder, 'token'), token);
    writeFileSync(join(folder, 'password-hash'), passwordHash);
    const note = files.find(({ name: file }) => file === 'SECRET.md')!.content;
    const lines = note.split('\n').filter((line) => line.startsWith('kubectl '));
    expect(lines).toHaveLength(2);
    const cwd = process.cwd();
    process.chdir(folder);
    try {
      for (const line of lines) await testCluster().kubectl(...line.split(' ').slice(1));
      await testCluster().kubectl('apply', '-k', folder);
    } finally {
      process.chdir(cwd);
    }
    const made = await deployment();
    expect(made.spec?.template.metadata?.annotations).toMatchObject({
      'example.org/tricky': 'yes',
      'example.org/octal': '0777',
      'example.org/text': 'a: b # c\n',
    });
    expect(foreignManagerOf(made)).toMatch(/^kubectl/);

    expect(await problemOf(put())).toMatchObject({ reason: 'adopt-first', params: { manager: expect.stringMatching(/^kubectl/) as string } }); // prettier-ignore
    const claim = (await namespace.get('pvc', name)).metadata.uid;
    await put({}, { force: true });
    const adopted = await deployment();
    expect(foreignManagerOf(adopted)).toBeUndefined();
    expect(adopted.spec?.replicas).toBe(0);
    expect((await namespace.get('pvc', name)).metadata.uid).toBe(claim);
    await put();
  });

  test('kustomize can make the Secret itself, as the comment says', async () => {
    const { files } = shown();
    for (const { name: file, content } of files) {
      // Everything after the sentence is the generator.
      const [before, after] = content.split(/# The Secret is not in this folder.*\n/);
      writeFileSync(join(folder, file), after === undefined ? content : before + after.replace(/^# /gm, ''));
    }
    mkdirSync(join(folder, 'secrets'));
    writeFileSync(join(folder, 'secrets', 'token'), token);
    writeFileSync(join(folder, 'secrets', 'password-hash'), passwordHash);
    await testCluster().kubectl('apply', '--server-side', '-k', folder);
    const secret = await namespace.get<V1Secret>('secret', name);
    expect(Buffer.from(secret.data!['token']!, 'base64').toString()).toBe(token);
    await put({}, { force: true });
  });
});

describe('the namespace', () => {
  const fresh = `labdock-test-made-${Date.now().toString(36)}`;
  afterAll(() => testCluster().kubectl('delete', 'namespace', fresh, '--ignore-not-found', '--wait=false'));

  test('is made where that is allowed, once', async () => {
    const missing = problemOf(ensureNamespace(connection, { namespace: fresh, createNamespace: false }));
    expect(await missing).toEqual({ reason: 'namespace-missing', params: { namespace: fresh } });
    await ensureNamespace(connection, { namespace: fresh, createNamespace: true });
    await ensureNamespace(connection, { namespace: fresh, createNamespace: true });
    expect((await testCluster().get('namespace', fresh)).metadata.labels).toMatchObject(renderNamespace({ namespace: fresh }).metadata!.labels!); // prettier-ignore
  });

  test('one that is going is said to be', async () => {
    const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'stays', namespace: fresh, finalizers: ['labdock.test/stays'] } }; // prettier-ignore
    await testCluster().apply(object);
    await testCluster().kubectl('delete', 'namespace', fresh, '--wait=false');
    const going = problemOf(ensureNamespace(connection, { namespace: fresh, createNamespace: true }));
    expect(await going).toEqual({ reason: 'namespace-terminating', params: { namespace: fresh } });
    const objects = renderObjects(specOf({ namespace: fresh }), serverFiles, { replicas: 0 });
    expect((await problemOf(applyObjects(connection, workspaceId, objects))).reason).toBe('namespace-terminating');
    await testCluster().kubectl(
      'patch',
      'configmap',
      'stays',
      '-n',
      fresh,
      '--type=merge',
      '-p',
      '{"metadata":{"finalizers":null}}',
    );
  });
});
