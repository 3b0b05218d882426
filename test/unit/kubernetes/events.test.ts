import type { CoreV1Event, V1Deployment, V1Pod } from '@kubernetes/client-node';
import { describe, expect, it } from 'vitest';
import { concerns, EventsSeen, eventText, newest, readEvent } from '../../../main/runtime/kubernetes/events';
import { helperName, helperPod, isUsable } from '../../../main/runtime/kubernetes/helperPod';
import { probePod } from '../../../main/runtime/kubernetes/imageProbe';
import { logLine, phaseOf } from '../../../main/runtime/kubernetes/logs';
import { serverSelector } from '../../../main/runtime/kubernetes/names';
import { clusterSettings } from './clusterSpec';

const event = (change: object = {}) => ({
  uid: 'e1',
  kind: 'Pod',
  name: 'labdock-x-w1-abc-de',
  objectUid: 'p1',
  type: 'Warning',
  reason: 'Failed',
  message: 'it failed',
  count: 1,
  time: 1_000,
  ...change,
});

describe('events', () => {
  it('are read in both forms the API has', () => {
    const old = {
      metadata: { uid: 'u' },
      involvedObject: { kind: 'Pod', name: 'p', uid: 'p1' },
      count: 3,
      lastTimestamp: '2026-11-25T02:00:00Z',
    };
    expect(readEvent(old as unknown as CoreV1Event)).toMatchObject({
      count: 3,
      time: Date.parse('2026-11-25T02:00:00Z'),
    });
    const series = {
      ...old,
      count: undefined,
      lastTimestamp: null,
      eventTime: '2026-11-25T01:00:00.000000Z',
      series: { count: 5, lastObservedTime: '2026-11-25T03:00:00.000000Z' },
    };
    expect(readEvent(series as unknown as CoreV1Event)).toMatchObject({
      count: 5,
      time: Date.parse('2026-11-25T03:00:00Z'),
    });
  });

  it('of this start and of these objects concern a server, and no others', () => {
    const scope = { objectName: 'labdock-x-w1', claimName: 'files', uids: new Set(['d1', 'p1']), since: 500 };
    const is = (change: object) => concerns(event(change), scope);
    expect(is({})).toBe(true);
    // A pod's events are its own start's, whatever the clock says.
    expect(is({ time: 1 })).toBe(true);
    expect(is({ kind: 'ReplicaSet', name: 'labdock-x-w1-abc', objectUid: 'r1' })).toBe(true);
    expect(is({ kind: 'ReplicaSet', name: 'labdock-x-w1-abc', objectUid: 'r1', time: 499 })).toBe(false);
    expect(is({ kind: 'PersistentVolumeClaim', name: 'files', objectUid: 'c1' })).toBe(true);
    expect(is({ kind: 'PersistentVolumeClaim', name: 'other', objectUid: 'c2' })).toBe(false);
    expect(is({ kind: 'Deployment', name: 'labdock-x-w1', objectUid: 'd1' })).toBe(true);
    expect(is({ name: 'labdock-x-w1-files', objectUid: 'h1' })).toBe(false);
    expect(is({ name: 'labdock-x-w12-abc-de', objectUid: 'x' })).toBe(false);
  });

  it('are told once, and again when they go on', () => {
    const seen = new EventsSeen();
    const told = [1, 1, 2, 3, 4, 5, 6, 7, 8].filter((count) => seen.isNews(event({ count })));
    expect(told).toEqual([1, 2, 4, 8]);
    expect(seen.isNews(event({ uid: 'e2' }))).toBe(true);
  });

  it('become a line', () => {
    expect(eventText(event({ count: 2, message: 'two\nlines ' }))).toBe(
      'Warning: Pod labdock-x-w1-abc-de: Failed (2×): two lines',
    );
  });

  it('of one second are ordered by what they mean', () => {
    const events = [
      event({ reason: 'FailedMount', time: 5 }),
      event({ reason: 'Pulling', time: 5 }),
      event({ reason: 'Failed', time: 9 }),
    ];
    expect(newest(events, 'Pulling', 'FailedMount')?.reason).toBe('Pulling');
  });
});

describe('lines of a log', () => {
  it('lose their time to its own field', () => {
    expect(logLine('2026-11-25T02:00:00.123456789Z [I] hello', false)).toEqual({
      stream: 'stderr',
      time: '2026-11-25T02:00:00.123456789Z',
      text: '[I] hello',
    });
    expect(logLine('no time', false)).toEqual({ stream: 'stderr', text: 'no time' });
  });

  it('are cut between characters', () => {
    const { text } = logLine(`2026-11-25T02:00:00Z ${'x'.repeat(16_383)}😀tail`, false);
    expect(text).toBe(`${'x'.repeat(16_383)}…`);
  });

  it('tell where a pod stands', () => {
    const pod = (status: object, metadata = {}) => phaseOf({ metadata, status }).text;
    const waiting = { name: 'jupyterlab', state: { waiting: { reason: 'ContainerCreating' } } };
    expect(pod({ phase: 'Pending', containerStatuses: [waiting] })).toBe('Pending, ContainerCreating');
    expect(pod({ phase: 'Failed', reason: 'Evicted', message: 'disk' })).toBe('Failed, Evicted, disk');
    expect(pod({ phase: 'Running' }, { deletionTimestamp: 'now' })).toBe('Terminating');
    const ended = { name: 'jupyterlab', state: { terminated: { reason: 'OOMKilled', exitCode: 137 } } };
    expect(pod({ phase: 'Running', containerStatuses: [ended] })).toBe('OOMKilled, exit code 137');
  });
});

describe('the helper pod', () => {
  const deployment = {
    metadata: {
      name: `labdock-${'long-'.repeat(9)}w1`,
      namespace: 'team',
      labels: { 'io.labdock.workspace': 'w1' },
      annotations: { 'io.labdock.config': 'hash' },
    },
    spec: {
      template: {
        metadata: {
          labels: {
            'cost-centre': '42',
            'app.kubernetes.io/component': 'server',
            'io.labdock.workspace': 'w1',
          },
          annotations: { 'owner.example/team': 'data', 'io.labdock.files': 'checksum' },
        },
        spec: {
          serviceAccountName: 'bot',
          nodeSelector: { disk: 'fast' },
          securityContext: { runAsNonRoot: true, runAsUser: 1000 },
          containers: [
            {
              name: 'jupyterlab',
              image: 'lab:1',
              command: ['tini'],
              env: [{ name: 'SECRET', value: 'x' }],
              resources: { limits: { memory: '8Gi', cpu: '4', 'nvidia.com/gpu': '1' } },
              securityContext: { allowPrivilegeEscalation: false },
              volumeMounts: [
                { name: 'data', mountPath: '/work', subPath: 'work' },
                { name: 'secrets', mountPath: '/opt/labdock/secrets' },
              ],
            },
          ],
          volumes: [
            { name: 'data', persistentVolumeClaim: { claimName: 'files' } },
            { name: 'secrets', secret: { secretName: 's' } },
            { name: 'shm', emptyDir: {} },
          ],
        },
      },
    },
  } as unknown as V1Deployment;
  const made = helperPod(deployment, 'n1');

  it('has the files, the place and the rights of the server, and neither its secrets nor its GPU', () => {
    expect(made.metadata?.name).toBe(helperName(deployment));
    expect(made.metadata!.name!.length).toBeLessThanOrEqual(63);
    expect(made.spec).toMatchObject({
      automountServiceAccountToken: false,
      serviceAccountName: 'bot',
      nodeSelector: { disk: 'fast' },
      securityContext: { runAsUser: 1000 },
      volumes: [{ name: 'data' }],
    });
    const [container] = made.spec!.containers;
    expect(container).toMatchObject({ image: 'lab:1', volumeMounts: [{ mountPath: '/work', subPath: 'work' }] });
    expect(container?.resources?.limits).toEqual({ memory: '512Mi', cpu: '1' });
    expect(JSON.stringify(made)).not.toMatch(/SECRET|secretName|gpu/);
    expect(JSON.stringify(made.spec?.affinity)).toContain('n1');
    expect(helperPod(deployment, undefined).spec?.affinity).toBeUndefined();
  });

  it('has what a policy may demand of every pod, and is not taken for the server', () => {
    expect(made.metadata?.labels).toMatchObject({ 'cost-centre': '42', 'io.labdock.workspace': 'w1' });
    const selected = Object.entries(serverSelector('w1')).every(
      ([key, value]) => made.metadata!.labels![key] === value,
    );
    expect(selected).toBe(false);
    expect(made.metadata?.annotations).toEqual({ 'owner.example/team': 'data', 'io.labdock.config': 'hash' });
    const settings = clusterSettings({ podLabels: { 'cost-centre': '42' }, podAnnotations: { a: 'b' } });
    const probe = probePod({ image: 'lab:1', pullPolicy: 'Always', settings, script: 'true' }, 'probe', 'team');
    expect(probe.metadata?.labels).toMatchObject({ 'cost-centre': '42', 'app.kubernetes.io/component': 'probe' });
    expect(probe.metadata?.annotations).toEqual({ a: 'b' });
  });

  it('is used as long as it fits', () => {
    const there = (change: object = {}, status = 'Running') =>
      ({
        metadata: { ...made.metadata, creationTimestamp: new Date(0), ...change },
        spec: { ...made.spec, nodeName: 'n1' },
        status: { phase: status },
      }) as V1Pod;
    expect(isUsable(there(), deployment, 'n1', 1_000)).toBe(true);
    expect(isUsable(there(), deployment, 'n2', 1_000)).toBe(false);
    expect(isUsable(there({ annotations: { 'io.labdock.config': 'other' } }), deployment, 'n1', 1_000)).toBe(false);
    expect(isUsable(there({ deletionTimestamp: new Date() }), deployment, 'n1', 1_000)).toBe(false);
    expect(isUsable(there({}, 'Failed'), deployment, 'n1', 1_000)).toBe(false);
    expect(isUsable(there(), deployment, 'n1', 5 * 3_600_000)).toBe(false);
  });
});
