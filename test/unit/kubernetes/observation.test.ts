import type { V1Deployment, V1Pod } from '@kubernetes/client-node';
import { describe, expect, it } from 'vitest';
import {
  claimName,
  patience,
  questionsOf,
  serverPods,
  startOf,
  toObservation,
  type Clues,
} from '../../../main/runtime/kubernetes/observation';

const labels = { 'app.kubernetes.io/component': 'server', 'io.labdock.workspace': 'w1' };

function deployment(
  more: { replicas?: number; started?: boolean; failure?: string; manager?: string; leaving?: boolean } = {},
) {
  const { replicas = 1, started = true, failure, manager = 'labdock', leaving = false } = more;
  return {
    metadata: {
      uid: 'd1',
      name: 'labdock-x-w1',
      namespace: 'team',
      generation: 3,
      annotations: { 'io.labdock.config': 'hash', ...(started && { 'io.labdock.started': 'then' }) },
      managedFields: [{ manager, operation: 'Apply', time: '2026-11-25T02:00:00Z' }],
      ...(leaving && { deletionTimestamp: '2026-11-25T02:00:00Z' }),
    },
    spec: {
      replicas,
      selector: { matchLabels: labels },
      template: {
        spec: {
          containers: [{ name: 'jupyterlab', image: 'lab:1', resources: { limits: { memory: '1Gi' } } }],
          volumes: [{ name: 'files', persistentVolumeClaim: { claimName: 'labdock-x-w1' } }],
        },
      },
    },
    status: {
      observedGeneration: 3,
      conditions: failure ? [{ type: 'ReplicaFailure', status: 'True', reason: 'FailedCreate', message: failure }] : [],
    },
  } as unknown as V1Deployment;
}

interface PodMore {
  uid?: string;
  made?: string;
  leaving?: boolean;
  component?: string;
  phase?: string;
  conditions?: object[];
  state?: object;
  restarts?: number;
  lastState?: object;
  reason?: string;
  node?: string;
}

function pod(more: PodMore = {}): V1Pod {
  const {
    uid = 'p1',
    made = '2026-11-25T02:00:01Z',
    leaving = false,
    component = 'server',
    phase = 'Running',
    node = 'n1',
  } = more;
  const { conditions = [], state, restarts = 0, lastState = {}, reason } = more;
  return {
    metadata: {
      uid,
      name: `labdock-x-w1-${uid}`,
      labels: { ...labels, 'app.kubernetes.io/component': component },
      creationTimestamp: made,
      ...(leaving && { deletionTimestamp: made }),
    },
    spec: { nodeName: node, containers: [] },
    status: {
      phase,
      reason,
      conditions,
      ...(state && { containerStatuses: [{ name: 'jupyterlab', state, lastState, restartCount: restarts }] }),
    },
  } as unknown as V1Pod;
}

const is = (type: string, status: string, more: object = {}) => ({ type, status, ...more });
const scheduled = is('PodScheduled', 'True');
const ready = [scheduled, is('ContainersReady', 'True'), is('Ready', 'True')];
const noClues: Clues = { events: [], missingPullSecrets: [], nodeLost: false };
const memory = (waitedMs: number, restarts = 0) => ({ restartsBefore: () => restarts, waited: () => waitedMs });
const see = (d: V1Deployment, pods: V1Pod[], clues: Partial<Clues> = {}, waitedMs = 0) =>
  toObservation(d, serverPods(d, pods), { ...noClues, ...clues }, memory(waitedMs));

describe('states', () => {
  it('is created before it ever ran, and exited after', () => {
    expect(see(deployment({ replicas: 0, started: false }), []).observation.state).toBe('created');
    expect(see(deployment({ replicas: 0 }), []).observation).toMatchObject({
      state: 'exited',
      exitCode: 0,
      outOfMemory: false,
    });
  });

  it('has processes for as long as a pod is on its way out', () => {
    const leaving = pod({
      leaving: true,
      conditions: ready,
      state: { running: { startedAt: '2026-11-25T02:00:05Z' } },
    });
    expect(see(deployment({ replicas: 0 }), [leaving]).observation).toMatchObject({
      state: 'running',
      leaving: true,
      podReady: false,
      waitingFor: 'Terminating',
      process: 'p1/0',
    });
  });

  it('is being removed', () => {
    expect(see(deployment({ leaving: true }), [pod({ conditions: ready })]).observation.state).toBe('removing');
  });

  it('runs', () => {
    const running = pod({
      conditions: ready,
      state: { running: { startedAt: new Date('2026-11-25T02:00:05Z') } },
      restarts: 2,
    });
    const d = deployment();
    expect(toObservation(d, [running], noClues, memory(0, 2)).observation).toEqual({
      id: 'd1',
      state: 'running',
      image: 'lab:1',
      configHash: 'hash',
      memoryLimitMiB: 1024,
      outOfMemory: false,
      podReady: true,
      process: 'p1/2',
      startedAt: '2026-11-25T02:00:05.000Z',
    });
  });

  it('prefers the pod that stays to the one that goes, and knows no helper pods', () => {
    const old = pod({ uid: 'old', made: '2026-11-25T03:00:00Z', leaving: true });
    const helper = pod({ uid: 'helper', component: 'helper', made: '2026-11-25T04:00:00Z' });
    const young = pod({ uid: 'young', made: '2026-11-25T02:30:00Z' });
    expect(serverPods(deployment(), [helper, old, young]).map(({ metadata }) => metadata?.uid)).toEqual([
      'young',
      'old',
    ]);
  });
});

describe('what a start waits for', () => {
  it('takes the ended pod of an earlier start for none, and its end for no news', () => {
    const failure = 'pods "x" is forbidden: exceeded quota: q, requested: pods=1, used: pods=0, limited: pods=0';
    const state = { terminated: { exitCode: 143, reason: 'Error', finishedAt: '2026-11-25T02:00:09Z' } };
    const ended = pod({ leaving: true, phase: 'Failed', state });
    expect(see(deployment({ failure }), [ended]).observation.problem?.reason).toBe('quota-exceeded');
    const ending = pod({ leaving: true, phase: 'Running', state });
    expect(see(deployment(), [ending]).observation).not.toHaveProperty('problem');
  });

  it('tells quota and admission at once, from the Deployment', () => {
    const message = 'pods "x" is forbidden: exceeded quota: q, requested: pods=1, used: pods=0, limited: pods=0';
    expect(see(deployment({ failure: message }), []).observation).toMatchObject({
      waitingFor: 'FailedCreate',
      problem: { reason: 'quota-exceeded' },
    });
  });

  it('waits a while for room, then has the words of the scheduler', () => {
    const conditions = [is('PodScheduled', 'False', { reason: 'Unschedulable', message: '0/1 nodes are available' })];
    const waiting = pod({ phase: 'Pending', conditions, node: '' });
    const first = see(deployment(), [waiting]);
    expect(first.observation).toMatchObject({ waitingFor: 'Unschedulable' });
    expect(first.observation.problem).toBeUndefined();
    expect(first.lookAgainMs).toBe(patience.unschedulable);
    expect(see(deployment(), [waiting], {}, patience.unschedulable).observation.problem).toEqual({
      reason: 'unschedulable',
      params: { message: '0/1 nodes are available' },
    });
    const scaleUp = { ...event('TriggeredScaleUp', 'a node comes'), kind: 'Pod' };
    const promised = see(deployment(), [waiting], { events: [scaleUp] }, patience.unschedulable);
    expect(promised.observation.problem).toBeUndefined();
  });

  it('knows a storage class that is not there from a volume that waits for its first consumer', () => {
    const waiting = pod({
      phase: 'Pending',
      node: '',
      conditions: [is('PodScheduled', 'False', { reason: 'Unschedulable', message: 'unbound' })],
    });
    const claim = { name: 'c', phase: 'Pending' as const, className: 'fast', classMissing: true };
    expect(see(deployment(), [waiting], { claim }).observation.problem).toEqual({
      reason: 'storage-class-missing',
      params: { name: 'fast' },
    });
    const consumer = pod({ phase: 'Pending', node: '' });
    const normal = see(deployment(), [consumer], { claim: { ...claim, classMissing: false } }, patience.volume - 1);
    expect(normal.observation).toMatchObject({ waitingFor: 'PersistentVolumeClaim' });
    expect(normal.observation.problem).toBeUndefined();
    const gone = see(deployment(), [waiting], { claim: { ...claim, phase: 'Missing' } });
    expect(gone.observation.problem).toEqual({ reason: 'volume-lost', params: { name: 'c' } });
  });

  it('tells a mount that goes on failing, unless the node has come further since', () => {
    const making = pod({
      phase: 'Pending',
      conditions: [scheduled],
      state: { waiting: { reason: 'ContainerCreating' } },
    });
    const failed = event('FailedMount', 'MountVolume.SetUp failed for volume "files": timeout', 1000);
    expect(see(deployment(), [making], { events: [failed] }, patience.mount).observation.problem?.reason).toBe(
      'volume-pending',
    );
    const pulling = event('Pulling', 'Pulling image', 2000);
    expect(see(deployment(), [making], { events: [failed, pulling] }, patience.mount).observation).toMatchObject({
      waitingFor: 'Pulling',
    });
  });

  it('asks for what explains it, and for nothing while all is well', () => {
    expect(questionsOf(pod({ conditions: ready, state: { running: {} } }), true, memory(0))).toEqual({
      events: false,
      claim: false,
      pullSecrets: [],
    });
    const pending = pod({ phase: 'Pending', node: '', conditions: [] });
    expect(questionsOf(pending, true, memory(0))).toMatchObject({ events: true, claim: true });
  });
});

describe('a node that is lost', () => {
  const overruled = [scheduled, is('ContainersReady', 'True'), is('Ready', 'False')];
  const silent = pod({ conditions: overruled, state: { running: { startedAt: '2026-11-25T02:00:05Z' } } });

  it('is asked about when the control plane overrules kubelet', () => {
    expect(questionsOf(silent, true, memory(0)).node).toBe('n1');
  });

  it('may come back, and its server with it', () => {
    const { observation } = see(deployment(), [silent], { nodeLost: true });
    expect(observation).toMatchObject({ state: 'running', podReady: false, waitingFor: 'NodeNotReady' });
    expect(observation.problem).toBeUndefined();
  });

  it('is a problem for a pod that never ran there, and for one that should end there', () => {
    const never = pod({ phase: 'Pending', conditions: [scheduled] });
    expect(see(deployment(), [never], { nodeLost: true }).observation.problem).toEqual({
      reason: 'node-lost',
      params: { node: 'n1' },
    });
    const leaving = pod({ leaving: true, conditions: overruled, state: { running: {} } });
    expect(see(deployment({ replicas: 0 }), [leaving], { nodeLost: true }).observation.problem?.reason).toBe(
      'node-lost',
    );
  });
});

describe('evicted pods', () => {
  const evicted = (uid: string) => pod({ uid, phase: 'Failed', reason: 'Evicted' });
  it('are replaced, and told when that goes on', () => {
    expect(see(deployment(), [evicted('a')]).observation.problem).toBeUndefined();
    expect(see(deployment(), [evicted('a'), evicted('b')]).observation.problem?.reason).toBe('pod-evicted');
  });
});

describe('what the Deployment tells of itself', () => {
  it('whose it is', () => {
    expect(see(deployment(), []).observation.foreignManager).toBeUndefined();
    expect(see(deployment({ manager: 'kubectl' }), []).observation.foreignManager).toBe('kubectl');
  });
  it('since when, and where its files are', () => {
    expect(startOf(deployment())).toBe(Date.parse('2026-11-25T02:00:00Z'));
    expect(startOf(deployment({ manager: 'kubectl' }))).toBe(0);
    expect(claimName(deployment())).toBe('labdock-x-w1');
  });
});

function event(reason: string, message: string, time = 0) {
  return { uid: reason, kind: 'Pod', name: 'p', objectUid: 'p1', type: 'Warning', reason, message, count: 1, time };
}
