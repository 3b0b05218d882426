/** What preflight finds on a real API server, as people with full, exact and too few rights. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Problem } from '../../main/common/problem';
import { applyObjects, existingName } from '../../main/runtime/kubernetes/apply';
import { connect, type Connection } from '../../main/runtime/kubernetes/connection';
import { renderObjects, type ServerObject } from '../../main/runtime/kubernetes/manifests/objects';
import type { ClusterSettings } from '../../main/runtime/kubernetes/model';
import { objectName } from '../../main/runtime/kubernetes/names';
import { offerOf } from '../../main/runtime/kubernetes/offer';
import { preflight } from '../../main/runtime/kubernetes/preflight';
import { clusterRole, role } from '../../main/runtime/kubernetes/preflight/role';
import type { ClusterServerSpec } from '../../main/runtime/runtime';
import { clusterDescription, testCluster, testNamespace, type TestNamespace } from '../harness/cluster';
import { kubeconfigFor, type Access, type Rule } from '../harness/clusterAccess';
import { admissionPolicy } from '../harness/admissionPolicy';
import { until } from '../harness/processes';
import { clusterSpec, serverFiles, workspaceId } from '../unit/kubernetes/clusterSpec';

const ingress = { host: 'lab.example.org', className: '', annotations: {}, tlsSecret: '' };
const small = { memoryRequestMiB: 64, memoryLimitMiB: 128, cpuRequest: 0.01 };

let namespace: TestNamespace;
let admin: Connection;

beforeAll(async () => {
  namespace = await testNamespace({ restricted: true });
  admin = await connect([testCluster().kubeconfig], clusterDescription().context);
});
afterAll(async () => {
  admin?.close();
  await namespace?.dispose();
});

const specOf = (changes: Partial<ClusterSettings> = {}, spec: Partial<ClusterServerSpec> = {}) =>
  clusterSpec({ namespace: namespace.name, ...small, ...changes }, spec);

interface Check {
  changes?: Partial<ClusterSettings>;
  spec?: Partial<ClusterServerSpec>;
  connection?: Connection;
  /** Of the rendered objects. */
  edit?: (objects: ServerObject[]) => ServerObject[];
}

async function found({ changes, spec, connection = admin, edit = (objects) => objects }: Check = {}) {
  const whole = specOf(changes, spec);
  const findings = await preflight(connection, whole, edit(renderObjects(whole, [], { replicas: 0 })));
  return findings.map(({ problem: { reason, params }, blocks }) => [reason, params, blocks] as const);
}

describe('an administrator', () => {
  test('in a restricted namespace, with everything that is common: nothing', async () => {
    expect(await found()).toEqual([]);
    expect(await found({ changes: { ingress }, spec: { architecture: 'amd64' } })).toEqual([]);
  });

  test('everything that settings name and the cluster has not', async () => {
    const changes = {
      storage: { className: 'no-such-class', sizeGiB: 1 },
      imagePullSecrets: ['no-such-secret'],
      serviceAccount: 'no-such-account',
      ingress: { ...ingress, className: 'no-such-ingress', tlsSecret: 'no-such-tls' },
    };
    expect(await found({ changes })).toEqual([
      ['storage-class-missing', { name: 'no-such-class' }, true],
      ['secret-missing', { name: 'no-such-secret' }, true],
      ['service-account-missing', { name: 'no-such-account' }, true],
      ['secret-missing', { name: 'no-such-tls' }, false],
      ['ingress-class-missing', { name: 'no-such-ingress' }, false],
    ]);
  });

  test('an image for other nodes', async () => {
    const wrong = await found({ spec: { architecture: 's390x' } });
    expect(wrong).toEqual([['image-architecture', { image: specOf().image, nodes: 'amd64' }, true]]);
  });

  test('no node that is large enough, or has what is chosen', async () => {
    const changes = { memoryRequestMiB: 1_048_576, memoryLimitMiB: 0, gpu: { resource: 'nvidia.com/gpu', count: 1 } };
    const reasons = (await found({ changes })).map(([reason, , blocks]) => [reason, blocks]);
    expect(reasons).toEqual([['unschedulable', false], ['unschedulable', false]]); // prettier-ignore
    const message = 'no node has pool=none';
    expect(await found({ changes: { nodeSelector: { pool: 'none' } } })).toEqual([
      ['unschedulable', { message }, false],
    ]);
  });

  test('a pod that the namespace would refuse, said before anybody waits for it', async () => {
    const edit = (objects: ServerObject[]) => {
      const text = JSON.stringify(objects).replace(
        '"allowPrivilegeEscalation":false',
        '"allowPrivilegeEscalation":true',
      );
      return JSON.parse(text) as ServerObject[];
    };
    expect(await found({ edit })).toEqual([['pod-security', { namespace: namespace.name, level: 'restricted' }, true]]);
  });

  test('an object of the name that is somebody else’s', async () => {
    const name = objectName('My work', workspaceId);
    await namespace.apply({ apiVersion: 'v1', kind: 'Service', metadata: { name }, spec: { ports: [{ port: 80 }] } });
    expect(await found()).toEqual([['name-foreign', { name: `Service ${name}` }, true]]);
    await namespace.kubectl('delete', 'service', name);
  });

  test('a policy of the cluster', async () => {
    const name = `labdock-test-${namespace.name}`;
    const denied = { apiGroup: 'apps', resource: 'deployments', expression: 'false', message: 'not on Fridays' };
    await testCluster().apply(...admissionPolicy({ name, namespace: namespace.name, ...denied }));
    try {
      const [reason, params, blocks] = await until('the policy is in force', async () => (await found())[0]);
      expect([reason, blocks]).toEqual(['admission-denied', true]);
      expect(params?.['message']).toContain('not on Fridays');
    } finally {
      await testCluster().kubectl('delete', 'validatingadmissionpolicybinding,validatingadmissionpolicy', name);
      await until('the policy is forgotten', async () => (await found()).length === 0);
    }
  });

  test('a volume that would have to shrink or change its class', async () => {
    const one = { ...specOf({ storage: { className: '', sizeGiB: 3 } }), workspaceId: 'preflightvol' };
    await applyObjects(admin, one.workspaceId, renderObjects(one, serverFiles, { replicas: 0 }));
    const shrunk = { spec: { workspaceId: one.workspaceId }, changes: { storage: { className: '', sizeGiB: 2 } } };
    expect(await found(shrunk)).toEqual([['volume-shrinks', { have: 3, want: 2 }, true]]);
    expect(await found({ ...shrunk, changes: { storage: { className: '', sizeGiB: 3 } } })).toEqual([]);
  });
});

describe('a budget', () => {
  const quota = { 'requests.memory': '100Mi', 'limits.memory': '1Gi', pods: '1', persistentvolumeclaims: '1', 'requests.storage': '20Gi' }; // prettier-ignore
  let limited: TestNamespace;
  beforeAll(async () => void (limited = await testNamespace({ quota })));
  afterAll(() => limited?.dispose());

  test('is kept, exceeded, or needs what is not set', async () => {
    const here = { namespace: limited.name };
    expect(await found({ changes: here })).toEqual([]);
    const message = 'requests.memory: 128 MiB wanted, 100 MiB of 100Mi left (quota quota)';
    expect(await found({ changes: { ...here, memoryRequestMiB: 128 } })).toEqual([
      ['quota-exceeded', { message }, true],
    ]);
    const unset = await found({ changes: { ...here, memoryLimitMiB: 0 } });
    expect(unset.map(([, params]) => params?.['message'])).toEqual(['limits.memory: the quota quota wants it set, and it is not']); // prettier-ignore
    const storage = await found({ changes: { ...here, storage: { className: '', sizeGiB: 21 } } });
    expect(storage.map(([, params]) => params?.['message'])).toEqual(['requests.storage: 21 GiB wanted, 20 GiB of 20Gi left (quota quota)']); // prettier-ignore
  });

  test('counts a server that is there once', async () => {
    const spec = specOf({ namespace: limited.name });
    await applyObjects(admin, workspaceId, renderObjects(spec, serverFiles, { replicas: 1 }));
    await until('its pod counts', async () => {
      const { status } = await limited.get('quota', 'quota');
      return (status?.['used'] as Record<string, string>)['pods'] === '1';
    });
    expect(await found({ changes: { namespace: limited.name } })).toEqual([]);
    const other = await found({ changes: { namespace: limited.name }, spec: { workspaceId: 'anotherone00' } });
    expect(other.map(([reason]) => reason)).toContain('quota-exceeded');
    await limited.kubectl('delete', 'deployment', '--all');
  });

  test('limits of a LimitRange', async () => {
    const limits = [{ type: 'Container', max: { memory: '100Mi' } }];
    await namespace.apply({ apiVersion: 'v1', kind: 'LimitRange', metadata: { name: 'limits' }, spec: { limits } });
    const message = 'memory: 128 MiB is more than 100Mi, the most per Container';
    expect(await found()).toEqual([['quota-exceeded', { message }, true]]);
    await namespace.kubectl('delete', 'limitrange', 'limits');
  });
});

describe('somebody with exactly the documented Role', () => {
  const rules = () => role(namespace.name).rules as unknown as Rule[];
  let access: Access;
  let connection: Connection;
  beforeAll(async () => {
    access = await kubeconfigFor({ namespace: namespace.name, rules: rules() });
    connection = await connect([access.kubeconfig], 'limited');
  });
  afterAll(async () => {
    connection?.close();
    await access?.dispose();
  });

  test('misses nothing, and can do all of it', async () => {
    await until('the Role is known', async () => (await found({ connection, changes: { ingress } })).length === 0);
    const spec = { ...specOf({ ingress }), workspaceId: 'withroleonly' };
    await applyObjects(connection, spec.workspaceId, renderObjects(spec, serverFiles, { replicas: 0 }));
    expect(await existingName(connection, namespace.name, spec.workspaceId)).toContain('withroleonly');
    await applyObjects(connection, spec.workspaceId, renderObjects({ ...spec, settings: specOf().settings }, serverFiles, { replicas: 0 })); // prettier-ignore
    expect(await namespace.kubectl('get', 'ingress', '-o', 'name')).toBe('');
  });

  test('sees of the cluster what it may, and is asked for the rest', async () => {
    const seen = await offerOf(connection);
    expect(seen).toEqual({ version: expect.stringMatching(/^v1\./) as string, mayCreateNamespace: false });
    const told = await found({ connection, spec: { architecture: 'arm64' }, changes: { architecture: 'amd64' } });
    expect(told).toEqual([['image-architecture', { image: specOf().image, nodes: 'amd64' }, true]]);
  });

  test('any single verb that is taken away is named', async () => {
    const all = rules();
    const single = all.flatMap((rule, at) => rule.verbs.map((verb) => ({ at, verb, resource: rule.resources[0]! })));
    for (const { at, verb, resource } of single) {
      const without = all.map((rule, index) =>
        index === at ? { ...rule, verbs: rule.verbs.filter((one) => one !== verb) } : rule,
      );
      await access.setRules(without.filter(({ verbs }) => verbs.length > 0));
      const named = await until(`${verb} ${resource} is missed`, async () => {
        const forbidden = (await found({ connection, changes: { ingress } })).filter(
          ([reason]) => reason === 'cluster-forbidden',
        );
        return forbidden.length === 1 ? forbidden[0] : undefined;
      });
      expect(named[1]).toEqual({ verb, resource, namespace: namespace.name });
    }
    expect(single.length).toBeGreaterThan(40);
    await access.setRules(all);
  });

  test('in a namespace that is not theirs: said once, and not verb by verb', async () => {
    const other = await testNamespace();
    expect(await found({ connection, changes: { namespace: other.name } })).toEqual([
      ['cluster-forbidden', { verb: '*', resource: '*', namespace: other.name }, true],
    ]);
    await other.dispose();
  });

  test('with a token that is no longer good', async () => {
    await access.revoke();
    const refused = await until('the token is refused', () =>
      found({ connection }).then(
        () => undefined,
        (error: { problem?: Problem }) => error.problem,
      ),
    );
    expect(refused).toMatchObject({ reason: 'cluster-credentials', params: { context: 'limited', user: 'limited' } });
  });
});

describe('namespaces', () => {
  test('one that is missing, and may or may not be made', async () => {
    const gone = { namespace: 'labdock-test-no-such' };
    expect(await found({ changes: gone })).toEqual([['namespace-missing', gone, true]]);
    expect(await found({ changes: { ...gone, createNamespace: true } })).toEqual([]);
    const clusterRules = [
      ...(clusterRole().rules as unknown as Rule[]),
      { apiGroups: [''], resources: ['namespaces'], verbs: ['get'] },
    ];
    const access = await kubeconfigFor({ namespace: namespace.name, rules: [], clusterRules });
    const connection = await connect([access.kubeconfig], 'limited');
    const missing = await until('the rules are known', async () => {
      const now = await found({ connection, changes: { ...gone, createNamespace: true } });
      return now[0]?.[1]?.['verb'] === 'create' && now;
    });
    expect(missing).toEqual([['cluster-forbidden', { verb: 'create', resource: 'namespaces', namespace: '' }, true]]);
    connection.close();
    await access.dispose();
  });

  test('one that is going', async () => {
    const going = await testNamespace();
    await going.apply({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'stays', finalizers: ['labdock.test/stays'] },
    });
    await testCluster().kubectl('delete', 'namespace', going.name, '--wait=false');
    const changes = { namespace: going.name };
    expect(await found({ changes })).toEqual([['namespace-terminating', changes, true]]);
    await going.kubectl('patch', 'configmap', 'stays', '--type=merge', '-p', '{"metadata":{"finalizers":null}}');
    await going.dispose();
  });
});

test('what the cluster offers an administrator', async () => {
  const offer = await offerOf(admin);
  expect(offer.version).toMatch(/^v1\.\d+/);
  expect(offer.namespaces).toContain(namespace.name);
  expect(offer.mayCreateNamespace).toBe(true);
  expect(offer.architectures).toEqual(['amd64']);
  expect(offer.storageClasses?.filter(({ isDefault }) => isDefault)).toHaveLength(1);
  expect(offer.ingressClasses).toEqual([]);
});
