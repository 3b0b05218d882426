/** Deployment and pods of a server, read for the heart. Pure: what was asked and what was waited comes in from outside. */
import type { V1Container, V1ContainerStatus, V1Deployment, V1Pod, V1PodCondition } from '@kubernetes/client-node';
import type { Problem } from '../../common/problem';
import { labels, type ServerObservation } from '../runtime';
import { newest, type ClusterEvent } from './events';
import { annotations, fieldManager, serverContainer } from './names';
import { foreignManagerOf } from './ownership';
import { clip, containerProblem, creationProblem, isPullReason, mountProblem } from './podProblems';
import { amount, isoTime, timeMs } from './times';

/** The server's claim as far as it explains why a pod waits. */
export interface ClaimLook {
  name: string;
  phase: 'Missing' | 'Pending' | 'Bound' | 'Lost';
  /** '' where neither the claim nor the cluster names one. */
  className: string;
  /** That class does not exist, or there is no default one. */
  classMissing: boolean;
}

/** What has to be asked beyond Deployment and pods, because something waits. */
export interface Questions {
  events: boolean;
  claim: boolean;
  pullSecrets: string[];
  /** Is this node still there? */
  node?: string;
  /** The control plane has already said that it does not hear from it. */
  nodeSilent?: boolean;
}

export interface Clues {
  events: readonly ClusterEvent[];
  claim?: ClaimLook;
  missingPullSecrets: string[];
  /** The pod's node is not ready, or gone. */
  nodeLost: boolean;
}

/** What one look cannot tell. */
export interface Memory {
  /** Restarts of the server in this pod when it was first seen. */
  restartsBefore(podUid: string): number;
  /** Milliseconds since this was first asked. By this computer's clock, which need not be the cluster's. */
  waited(what: string): number;
}

export interface Seen {
  observation: ServerObservation;
  /** Nothing will happen then, but what is seen will mean something else. Milliseconds from now. */
  lookAgainMs?: number;
}

const second = 1000;
/** How long what often heals by itself may last before it is called a problem, ms. */
export const patience = {
  unschedulable: 25 * second,
  /** An autoscaler has promised a node. */
  scaleUp: 600 * second,
  volume: 120 * second,
  /** The provisioner has already failed once. */
  provisioning: 30 * second,
  mount: 20 * second,
  sandbox: 30 * second,
  creation: 30 * second,
  node: 60 * second,
  eviction: 10 * second,
} as const;

export function wantsPod(deployment: V1Deployment): boolean {
  return (deployment.spec?.replicas ?? 1) > 0;
}

/**
 * Pods of this Deployment, the one that counts first: not on its way out, then the newest. While one is wanted, what an
 * earlier start left behind with its processes ended is none: how it ended is no news of this start.
 */
export function serverPods(deployment: V1Deployment, pods: readonly V1Pod[]): V1Pod[] {
  const selector = Object.entries(deployment.spec?.selector.matchLabels ?? {});
  const matches = (pod: V1Pod) => selector.every(([key, value]) => pod.metadata?.labels?.[key] === value);
  const leaving = (pod: V1Pod) => Number(pod.metadata?.deletionTimestamp != null) * 2 + Number(isOver(pod));
  const made = (pod: V1Pod) => timeMs(pod.metadata?.creationTimestamp) || 0;
  const past = (pod: V1Pod) => wantsPod(deployment) && pod.metadata?.deletionTimestamp != null && isOver(pod);
  const present = pods.filter((pod) => matches(pod) && !past(pod));
  return present.sort((a, b) => leaving(a) - leaving(b) || made(b) - made(a));
}

/** Its containers have ended for good. */
export function isOver(pod: V1Pod): boolean {
  return pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed';
}

export function condition(pod: V1Pod, type: string): V1PodCondition | undefined {
  return pod.status?.conditions?.find((one) => one.type === type);
}

export function isReady(pod: V1Pod): boolean {
  return pod.metadata?.deletionTimestamp == null && !isOver(pod) && condition(pod, 'Ready')?.status === 'True';
}

export function serverStatus(pod: V1Pod | undefined): V1ContainerStatus | undefined {
  return pod?.status?.containerStatuses?.find(({ name }) => name === serverContainer);
}

/** Kubelet last said that all is well, and the control plane has overruled it: it no longer hears from the node. */
function nodeSilent(pod: V1Pod): boolean {
  const ready = condition(pod, 'Ready');
  return (
    ready?.status === 'False' && ready.reason === undefined && condition(pod, 'ContainersReady')?.status === 'True'
  );
}

/** @param wanted false: the pod shall end, and only a lost node explains why it does not */
export function questionsOf(pod: V1Pod | undefined, wanted: boolean, memory: Memory): Questions {
  const none: Questions = { events: false, claim: false, pullSecrets: [] };
  if (!pod || isReady(pod)) return none;
  const node = pod.spec?.nodeName;
  const stuck = memory.waited(`node/${pod.metadata?.uid}`) > patience.node / 2;
  const leaving = pod.metadata?.deletionTimestamp != null;
  const askNode = node !== undefined && (nodeSilent(pod) || (stuck && (leaving || !hasRun(pod))));
  const silence = askNode ? { node, nodeSilent: nodeSilent(pod) } : {};
  if (!wanted) return { ...none, ...silence };
  const pulling = isPullReason(serverStatus(pod)?.state?.waiting?.reason);
  const making = pod.status?.phase === 'Pending' && !pulling;
  return {
    events: pulling || making,
    claim: making,
    pullSecrets: pulling ? (pod.spec?.imagePullSecrets ?? []).flatMap(({ name }) => name ?? []) : [],
    ...silence,
  };
}

function hasRun(pod: V1Pod): boolean {
  const { state, lastState } = serverStatus(pod) ?? {};
  return [state?.running, state?.terminated, lastState?.terminated].some((one) => one != null);
}

export function toObservation(deployment: V1Deployment, pods: readonly V1Pod[], clues: Clues, memory: Memory): Seen {
  const base = baseOf(deployment);
  if (deployment.metadata?.deletionTimestamp != null) return { observation: { ...base, state: 'removing' } };
  if (!wantsPod(deployment)) return { observation: atRest(base, deployment, pods, clues) };
  const [pod] = pods;
  const running = { ...base, state: 'running' as const };
  if (!pod) return withoutPod(running, deployment, memory);
  const { waitingFor, problem, lookAgainMs } = podWait(pod, pods, base, clues, memory);
  return {
    observation: {
      ...running,
      ...processOf(pod),
      podReady: isReady(pod),
      ...(waitingFor && { waitingFor }),
      ...(problem && { problem }),
    },
    ...(!problem && lookAgainMs !== undefined && { lookAgainMs }),
  };
}

export interface Wait {
  waitingFor?: string;
  problem?: Problem;
  lookAgainMs?: number;
}

/** What a pod waits for, and whether that will come; empty for one that is ready and has always been. */
export function podWait(
  pod: V1Pod,
  siblings: readonly V1Pod[],
  { image, memoryLimitMiB }: Pick<ServerObservation, 'image' | 'memoryLimitMiB'>,
  clues: Clues,
  memory: Memory,
): Wait {
  const trouble = containerProblem(serverStatus(pod), {
    image,
    memoryLimitMiB,
    restartsBefore: memory.restartsBefore(pod.metadata?.uid ?? ''),
    // `Error: ImagePullBackOff` comes as an event of the same reason, and says nothing.
    pullMessage: newest(
      clues.events.filter(({ message }) => !/^Error: \w+$/.test(message)),
      'Failed',
    )?.message,
    missingPullSecrets: clues.missingPullSecrets,
  });
  const wait = isReady(pod) ? {} : waitOf(pod, siblings, clues, memory);
  // One that is taken away ends because of that.
  const told = trouble && pod.metadata?.deletionTimestamp == null;
  return told ? { ...wait, problem: trouble } : wait;
}

function baseOf(deployment: V1Deployment): Omit<ServerObservation, 'state'> {
  const { metadata } = deployment;
  const container = containerOf(deployment);
  const manager = foreignManagerOf(deployment);
  return {
    id: metadata?.uid ?? '',
    image: metadata?.annotations?.[annotations.image] ?? container?.image ?? '',
    configHash: metadata?.annotations?.[labels.config] ?? '',
    outOfMemory: false,
    memoryLimitMiB: Math.round(amount(container?.resources?.limits?.['memory']) / 2 ** 20),
    ...(manager !== undefined && { foreignManager: manager }),
  };
}

function containerOf(deployment: V1Deployment): V1Container | undefined {
  return deployment.spec?.template.spec?.containers.find(({ name }) => name === serverContainer);
}

/** Scaled to zero. As long as a pod is on its way out its processes exist, and may still write. */
function atRest(
  base: Omit<ServerObservation, 'state'>,
  deployment: V1Deployment,
  pods: readonly V1Pod[],
  clues: Clues,
): ServerObservation {
  const leaving = pods.find((pod) => !isOver(pod));
  if (leaving) {
    const lost = clues.nodeLost && nodeLostProblem(leaving);
    const waiting = { leaving: true, podReady: false, waitingFor: 'Terminating' };
    return { ...base, state: 'running', ...processOf(leaving), ...waiting, ...(lost && { problem: lost }) };
  }
  // Nobody scales to zero but a person, and then the server was told to end.
  const started = deployment.metadata?.annotations?.[annotations.started] !== undefined;
  return started ? { ...base, state: 'exited', exitCode: 0 } : { ...base, state: 'created' };
}

function processOf(pod: V1Pod): Partial<ServerObservation> {
  const status = serverStatus(pod);
  const startedAt = isoTime(status?.state?.running?.startedAt);
  const ended = status?.state?.terminated ?? status?.lastState?.terminated;
  const finishedAt = isoTime(ended?.finishedAt);
  return {
    process: `${pod.metadata?.uid ?? ''}/${status?.restartCount ?? 0}`,
    ...(startedAt && { startedAt }),
    ...(ended && { exitCode: ended.exitCode, outOfMemory: ended.reason === 'OOMKilled' }),
    ...(finishedAt && { finishedAt }),
  };
}

function withoutPod(running: ServerObservation, deployment: V1Deployment, memory: Memory): Seen {
  const { metadata, status } = deployment;
  const current = (status?.observedGeneration ?? 0) >= (metadata?.generation ?? 0);
  const failure = status?.conditions?.find(({ type, status: is }) => type === 'ReplicaFailure' && is === 'True');
  const observation = { ...running, podReady: false };
  if (!current || !failure) return { observation: { ...observation, waitingFor: 'PodCreation' } };
  const message = failure.message ?? '';
  const known = creationProblem(message, metadata?.namespace ?? '');
  const left = patience.creation - memory.waited(`creation/${metadata?.uid}/${metadata?.generation}`);
  const problem: Problem | undefined =
    known ?? (left <= 0 ? { reason: 'cluster-error', params: { message: clip(message) } } : undefined);
  const waiting = { ...observation, waitingFor: failure.reason ?? 'FailedCreate' };
  return problem ? { observation: { ...waiting, problem } } : { observation: waiting, lookAgainMs: left };
}

/** Why a pod is not ready, where its container does not say it. */
function waitOf(pod: V1Pod, pods: readonly V1Pod[], clues: Clues, memory: Memory): Wait {
  const uid = pod.metadata?.uid ?? '';
  const after = (what: string, limit: number, waitingFor: string, problem: Problem): Wait => {
    const left = limit - memory.waited(`${what}/${uid}`);
    return left <= 0 ? { waitingFor, problem } : { waitingFor, lookAgainMs: left };
  };
  if (pod.metadata?.deletionTimestamp != null) return { waitingFor: 'Terminating' };
  if (clues.nodeLost) {
    // The container goes on without its node's kubelet, kernels and all: the node may well come back to it.
    return hasRun(pod) ? { waitingFor: 'NodeNotReady' } : { waitingFor: 'NodeNotReady', problem: nodeLostProblem(pod) };
  }
  if (isOver(pod)) return overWait(pod, pods, after);
  if (condition(pod, 'PodScheduled')?.status !== 'True') return placeWait(pod, clues, after);
  const { state } = serverStatus(pod) ?? {};
  if (hasRun(pod))
    return { waitingFor: state?.waiting?.reason ?? condition(pod, 'Ready')?.reason ?? 'ContainersNotReady' };
  return makingWait(state?.waiting?.reason, clues, after, patience.node - memory.waited(`node/${uid}`));
}

type After = (what: string, limit: number, waitingFor: string, problem: Problem) => Wait;

/** Another pod takes its place by itself, unless that goes on and on. */
function overWait(pod: V1Pod, pods: readonly V1Pod[], after: After): Wait {
  const reason = pod.status?.reason ?? 'Failed';
  const problem: Problem = { reason: 'pod-evicted', params: { message: clip(pod.status?.message) || reason } };
  const times = pods.filter((one) => one.status?.reason === reason && isOver(one)).length;
  return times > 1 ? { waitingFor: reason, problem } : after('eviction', patience.eviction, reason, problem);
}

/** Not on a node yet: for its volume, or for room. */
function placeWait(pod: V1Pod, { claim, events }: Clues, after: After): Wait {
  const placed = condition(pod, 'PodScheduled');
  const message = placed?.message ?? '';
  const waitingFor = placed?.reason ?? 'Scheduling';
  const place = claim && claimProblem(claim);
  if (place) return { waitingFor: 'PersistentVolumeClaim', problem: place };
  const failed = newest(events, 'ProvisioningFailed');
  if (claim?.phase === 'Pending' && failed)
    return after('provisioning', patience.provisioning, failed.reason, volumePending(failed.message));
  const refused = placed?.status === 'False';
  if (claim?.phase === 'Pending' && (!refused || /unbound immediate PersistentVolumeClaims/.test(message))) {
    const words = newest(events, 'ExternalProvisioning', 'FailedBinding', 'WaitForFirstConsumer')?.message ?? message;
    return after('volume', patience.volume, 'PersistentVolumeClaim', volumePending(words));
  }
  if (!refused || placed?.reason === 'SchedulingGated') return { waitingFor };
  const limit = newest(events, 'TriggeredScaleUp', 'Nominated') ? patience.scaleUp : patience.unschedulable;
  return after('unschedulable', limit, waitingFor, { reason: 'unschedulable', params: { message: clip(message) } });
}

/** What no waiting mends. */
export function claimProblem({ phase, name, className, classMissing }: ClaimLook): Problem | undefined {
  if (phase === 'Missing' || phase === 'Lost') return { reason: 'volume-lost', params: { name } };
  return phase === 'Pending' && classMissing
    ? { reason: 'storage-class-missing', params: { name: className } }
    : undefined;
}

/** On a node, but not started there. */
function makingWait(state: string | undefined, { events }: Clues, after: After, nodeLeft: number): Wait {
  const last = newest(events, 'Started', 'Created', 'Pulled', 'Pulling', 'FailedMount', 'FailedAttachVolume', 'FailedCreatePodSandBox'); // prettier-ignore
  switch (last?.reason) {
    case 'FailedMount':
    case 'FailedAttachVolume':
      return after('mount', patience.mount, last.reason, mountProblem(last.message));
    case 'FailedCreatePodSandBox':
      return after('sandbox', patience.sandbox, last.reason, {
        reason: 'container-refused',
        params: { message: clip(last.message) },
      });
    case 'Pulling':
      return { waitingFor: 'Pulling' };
    default:
      // A node that does not even say that it begins may be lost: that is asked once it has had its time.
      return { waitingFor: state ?? 'ContainerCreating', ...(nodeLeft > 0 && { lookAgainMs: nodeLeft }) };
  }
}

const volumePending = (message: string): Problem => ({ reason: 'volume-pending', params: { message: clip(message) } });

export function nodeLostProblem(pod: V1Pod): Problem {
  return { reason: 'node-lost', params: { node: pod.spec?.nodeName ?? '' } };
}

/** The claim that holds the server's files; its name need not be the Deployment's. */
export function claimName(deployment: V1Deployment): string {
  const volumes = deployment.spec?.template.spec?.volumes ?? [];
  return volumes.flatMap(({ persistentVolumeClaim }) => persistentVolumeClaim?.claimName ?? [])[0] ?? '';
}

/** Cluster time of the last change Labdock made to it, which for one that runs is its start; ms, 0 where it is not known. */
export function startOf(deployment: V1Deployment): number {
  const ours = (deployment.metadata?.managedFields ?? []).filter(({ manager }) => manager === fieldManager);
  return Math.max(0, ...ours.map(({ time }) => timeMs(time) || 0));
}
