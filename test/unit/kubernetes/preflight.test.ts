import type { V1LimitRange, V1Node, V1ResourceQuota } from '@kubernetes/client-node';
import { describe, expect, test } from 'vitest';
import { accessFindings, type Answer } from '../../../main/runtime/kubernetes/preflight/access';
import { containerDemand, quotaDemand, type Present } from '../../../main/runtime/kubernetes/preflight/demand';
import { mapBounded } from '../../../main/runtime/kubernetes/preflight/mapBounded';
import { nodeFindings } from '../../../main/runtime/kubernetes/preflight/nodes';
import { clusterPermissions, permissions, questions } from '../../../main/runtime/kubernetes/preflight/permissions';
import { limitProblems, quotaProblems, withDefaults } from '../../../main/runtime/kubernetes/preflight/quota';
import { clusterRole, role } from '../../../main/runtime/kubernetes/preflight/role';
import { worstFirst } from '../../../main/runtime/kubernetes/preflight';
import type { ClusterSettings } from '../../../main/runtime/kubernetes/model';
import { clusterSpec } from './clusterSpec';

const nothing: Present = { pod: false, volumeGiB: 0, others: false };
const ingress = { host: 'lab.example.org', className: '', annotations: {}, tlsSecret: '' };

function quotaMessages(
  hard: Record<string, string>,
  used: Record<string, string>,
  changes: Partial<ClusterSettings> = {},
  present = nothing,
  spec: object = {},
) {
  // prettier-ignore
  const container = containerDemand(clusterSpec(changes));
  const quota: V1ResourceQuota = { metadata: { name: 'q' }, spec: { hard, ...spec }, status: { hard, used } };
  const problems = quotaProblems([quota], quotaDemand(clusterSpec(changes), container, present), container);
  for (const { reason } of problems) expect(reason).toBe('quota-exceeded');
  return problems.map(({ params }) => params?.['message']);
}

describe('ResourceQuota', () => {
  test.each([
    ['memory fits exactly', { 'requests.memory': '1Gi' }, {}, []],
    [
      'memory does not',
      { 'requests.memory': '1Gi' },
      { 'requests.memory': '1Mi' },
      ['requests.memory: 1 GiB wanted, 1023 MiB of 1Gi left (quota q)'],
    ],
    ['`memory` is the requests', { memory: '500Mi' }, {}, ['memory: 1 GiB wanted, 500 MiB of 500Mi left (quota q)']],
    ['limits', { 'limits.memory': '2Gi' }, {}, ['limits.memory: 4 GiB wanted, 2 GiB of 2Gi left (quota q)']],
    ['cpu', { 'requests.cpu': '200m' }, {}, ['requests.cpu: 0.25 wanted, 0.2 of 200m left (quota q)']],
    ['pods', { pods: '3' }, { pods: '3' }, ['pods: 1 wanted, 0 of 3 left (quota q)']],
    [
      'storage',
      { 'requests.storage': '15Gi' },
      { 'requests.storage': '10Gi' },
      ['requests.storage: 10 GiB wanted, 5 GiB of 15Gi left (quota q)'],
    ],
    ['claims', { persistentvolumeclaims: '0' }, {}, ['persistentvolumeclaims: 1 wanted, 0 of 0 left (quota q)']],
    [
      'counts',
      { 'count/deployments.apps': '1', 'count/secrets': '1' },
      { 'count/deployments.apps': '1' },
      ['count/deployments.apps: 1 wanted, 0 of 1 left (quota q)'],
    ],
    ['more than all is used', { pods: '1' }, { pods: '5' }, ['pods: 1 wanted, 0 of 1 left (quota q)']],
    ["others' business", { 'count/jobs.batch': '0', 'requests.nvidia.com/gpu': '0' }, {}, []],
  ])('%s', (_, hard, used, expected) => {
    expect(quotaMessages(hard, used)).toEqual(expected);
  });

  test('what is not set although the quota counts it', () => {
    expect(quotaMessages({ 'limits.cpu': '4' }, {})).toEqual(['limits.cpu: the quota q wants it set, and it is not']);
  });

  test('GPUs and classes', () => {
    const changes = { gpu: { resource: 'nvidia.com/gpu', count: 2 }, storage: { className: 'fast', sizeGiB: 5 } };
    expect(quotaMessages({ 'requests.nvidia.com/gpu': '1' }, {}, changes)).toHaveLength(1);
    expect(quotaMessages({ 'fast.storageclass.storage.k8s.io/requests.storage': '4Gi' }, {}, changes)).toHaveLength(1);
    expect(quotaMessages({ 'slow.storageclass.storage.k8s.io/requests.storage': '4Gi' }, {}, changes)).toEqual([]);
  });

  test('what the workspace has already is not counted twice', () => {
    const full = {
      pods: '1',
      'requests.memory': '1Gi',
      persistentvolumeclaims: '1',
      'requests.storage': '10Gi',
      services: '1',
    };
    expect(quotaMessages(full, full)).toHaveLength(5);
    expect(quotaMessages(full, full, {}, { pod: true, volumeGiB: 10, others: true })).toEqual([]);
    const grown = { storage: { className: '', sizeGiB: 12 } };
    expect(quotaMessages(full, full, grown, { pod: true, volumeGiB: 10, others: true })).toEqual([
      'requests.storage: 2 GiB wanted, 0 GiB of 10Gi left (quota q)',
    ]);
  });

  test.each([
    [['NotTerminating'], true],
    [['Terminating'], false],
    [['NotBestEffort'], true],
    [['BestEffort'], false],
    [['PriorityClass'], false],
  ])('with scopes %j it concerns us: %s', (scopes, concerns) => {
    expect(quotaMessages({ pods: '0' }, {}, {}, nothing, { scopes })).toHaveLength(concerns ? 1 : 0);
  });
});

describe('LimitRange', () => {
  const range = (item: object): V1LimitRange => ({ spec: { limits: [item as { type: string }] } });
  const messages = (item: object, changes: Partial<ClusterSettings> = {}) => {
    const ranges = [range(item)];
    const container = withDefaults(containerDemand(clusterSpec(changes)), ranges);
    return limitProblems(ranges, container, 10).map(({ params }) => params?.['message']);
  };

  test.each([
    [{ type: 'Container', max: { memory: '4Gi' } }, []],
    [{ type: 'Container', max: { memory: '2Gi' } }, ['memory: 4 GiB is more than 2Gi, the most per Container']],
    [{ type: 'Pod', max: { cpu: '1' } }, ['cpu: a limit is wanted, at most 1 (Pod)']],
    [{ type: 'Container', min: { cpu: '500m' } }, ['cpu: 0.25 is less than 500m, the least per Container']],
    [
      { type: 'Container', maxLimitRequestRatio: { memory: '2' } },
      ['memory: the limit is more than 2 times the request'],
    ],
    [
      { type: 'PersistentVolumeClaim', max: { storage: '5Gi' } },
      ['storage: 10 GiB is more than 5Gi, the most per volume'],
    ],
    [
      { type: 'PersistentVolumeClaim', min: { storage: '20Gi' } },
      ['storage: 10 GiB is less than 20Gi, the least per volume'],
    ],
  ])('%j', (item, expected) => {
    expect(messages(item)).toEqual(expected);
  });

  test('its defaults fill in, as the API (`default`) and the client (`_default`) spell them', () => {
    for (const key of ['default', '_default'])
      expect(messages({ type: 'Container', [key]: { cpu: '1' }, max: { cpu: '2' } })).toEqual([]);
  });
});

describe('nodes', () => {
  const node = (
    architecture: string,
    labels: Record<string, string> = {},
    allocatable = { cpu: '4', memory: '16Gi' },
  ): V1Node => ({
    metadata: { labels },
    status: { allocatable, nodeInfo: { architecture } as NonNullable<V1Node['status']>['nodeInfo'] & object },
  });
  const found = (nodes: V1Node[] | undefined, changes: Partial<ClusterSettings> = {}, architecture = 'arm64') =>
    nodeFindings(clusterSpec(changes, { architecture }), nodes).map(({ problem, blocks }) => [
      problem.reason,
      Object.values(problem.params!).at(-1),
      blocks,
    ]);

  test.each([
    [
      'none of its kind',
      [node('amd64'), node('s390x'), node('amd64')],
      {},
      [['image-architecture', 'amd64, s390x', true]],
    ],
    ['one of its kind', [node('amd64'), node('arm64')], {}, []],
    [
      'one of its kind, but not where it may go',
      [node('amd64', { pool: 'a' }), node('arm64')],
      { nodeSelector: { pool: 'a' } },
      [['image-architecture', 'amd64', true]],
    ],
    [
      'nobody has the labels',
      [node('arm64')],
      { nodeSelector: { pool: 'a' } },
      [['unschedulable', 'no node has pool=a', false]],
    ],
    [
      'none is large enough',
      [node('arm64', {}, { cpu: '4', memory: '512Mi' })],
      {},
      [['unschedulable', 'memory: 1 GiB wanted, no node has more than 512 MiB', false]],
    ],
    [
      'no GPU',
      [node('arm64')],
      { gpu: { resource: 'nvidia.com/gpu', count: 1 } },
      [['unschedulable', 'nvidia.com/gpu: 1 wanted, no node has more than 0', false]],
    ],
    ['no nodes', [], {}, [['unschedulable', 'the cluster has no nodes', false]]],
  ] as [string, V1Node[], Partial<ClusterSettings>, unknown[]][])('%s', (_, nodes, changes, expected) => {
    expect(found(nodes, changes)).toEqual(expected);
  });

  test('where they may not be listed the setting says what they are', () => {
    expect(found(undefined, { architecture: 'amd64' })).toEqual([['image-architecture', 'amd64', true]]);
    expect(found(undefined, { architecture: 'arm64' })).toEqual([]);
    expect(found(undefined)).toEqual([]);
    expect(found(undefined, { architecture: 'amd64' }, '')).toEqual([]);
  });
});

describe('permissions', () => {
  const answer = (changes: Partial<Answer> = {}): Answer => ({ group: '', resource: 'pods', subresource: '', verb: 'get', needed: true, allowed: true, words: '', ...changes }); // prettier-ignore

  test('each missing verb is named; one that is only useful does not block', () => {
    const answers = [
      answer(),
      answer({ resource: 'pods', subresource: 'exec', allowed: false, words: 'no' }),
      answer({ resource: 'events', verb: 'list', allowed: false, needed: false }),
    ];
    expect(accessFindings(answers, 'team')).toEqual([
      { problem: { reason: 'cluster-forbidden', params: { verb: 'get', resource: 'pods/exec', namespace: 'team' }, detail: 'no' }, blocks: true },
      { problem: { reason: 'cluster-forbidden', params: { verb: 'list', resource: 'events', namespace: 'team' } }, blocks: false },
    ]); // prettier-ignore
  });

  test('nothing allowed at all is one finding', () => {
    const params = { verb: '*', resource: '*', namespace: 'team' };
    const answers = [answer({ allowed: false }), answer({ verb: 'list', allowed: false })];
    expect(accessFindings(answers, 'team')).toEqual([
      { problem: { reason: 'cluster-forbidden', params }, blocks: true },
    ]);
  });

  test('streams need `create` from 1.35 on, and are asked for it before', () => {
    const create = (minor: number) => questions(true, minor).find(({ subresource, verb }) => subresource === 'exec' && verb === 'create'); // prettier-ignore
    expect(create(34)?.needed).toBe(false);
    expect(create(35)?.needed).toBe(true);
    expect(create(Number.NaN)?.needed).toBe(true);
  });

  test('ingresses are only asked for where there is one', () => {
    const asked = (withIngress: boolean) => questions(withIngress, 33).some(({ resource }) => resource === 'ingresses');
    expect([asked(true), asked(false)]).toEqual([true, false]);
  });

  test('the Role grants what is asked, verb by verb, and nothing besides', () => {
    const granted = role('team').rules!.flatMap(({ apiGroups, resources, verbs }) => verbs.map((verb) => `${apiGroups!.join()}/${resources!.join()} ${verb}`)); // prettier-ignore
    const asked = questions(true, 35).map(({ group, resource, subresource, verb }) => `${group}/${resource}${subresource && `/${subresource}`} ${verb}`); // prettier-ignore
    expect(granted.sort()).toEqual(asked.sort());
    expect(new Set(granted).size).toBe(granted.length);
    expect(granted.join()).not.toContain('*');
    expect(clusterRole().rules).toHaveLength(clusterPermissions.length);
    expect(permissions.every(({ verbs }) => verbs.length > 0)).toBe(true);
  });
});

test('worst first', () => {
  const finding = (blocks: boolean, name: string) => ({
    problem: { reason: 'secret-missing' as const, params: { name } },
    blocks,
  });
  const sorted = worstFirst([finding(false, 'a'), finding(true, 'b'), finding(false, 'c'), finding(true, 'd')]);
  expect(sorted.map(({ problem }) => problem.params?.['name'])).toEqual(['b', 'd', 'a', 'c']);
});

test('a demand for an Ingress only where there is one', () => {
  const container = containerDemand(clusterSpec());
  expect(quotaDemand(clusterSpec({ ingress }), container, nothing)).toHaveProperty(
    ['count/ingresses.networking.k8s.io'],
    1,
  );
  expect(quotaDemand(clusterSpec(), container, nothing)).not.toHaveProperty(['count/ingresses.networking.k8s.io']);
});

test('many questions, a few at a time, in order', async () => {
  let [now, most] = [0, 0];
  const results = await mapBounded([5, 1, 3, 2, 4], 2, async (value) => {
    most = Math.max(most, ++now);
    await new Promise((done) => setTimeout(done, value * 3));
    now--;
    return value * 10;
  });
  expect(results).toEqual([50, 10, 30, 20, 40]);
  expect(most).toBe(2);
  await expect(mapBounded([1, 2], 2, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
});
