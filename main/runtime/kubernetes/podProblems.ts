/**
 * Why a pod will not come up without somebody's doing, read from what Kubernetes says of it. Pure. The words matched here
 * are those of kubelet, scheduler, controllers and admission plugins as of 1.30 to 1.35 (pkg/kubelet/images/types.go,
 * pkg/kubelet/container/sync_result.go, plugin/pkg/admission/…).
 */
import type { V1ContainerState, V1ContainerStateTerminated, V1ContainerStatus } from '@kubernetes/client-node';
import type { Problem } from '../../common/problem';
import { forbiddenProblem } from './forbidden';

const pullReasons = new Set([
  'ErrImagePull',
  'ImagePullBackOff',
  'ErrImageNeverPull',
  'InvalidImageName',
  'ImageInspectError',
  'RegistryUnavailable',
  'SignatureValidationFailed',
]);
const refusedReasons = new Set([
  'CreateContainerError',
  'RunContainerError',
  'PostStartHookError',
  'PreCreateHookError',
]);
/** A node that is busy, or has just begun: kubelet tries again, and that helps. */
const transient =
  /deadline exceeded|timed out waiting|failed to sync|is reserved for|connection refused|try again|unavailable/i;
/** The runtime could not start the command at all: kubelet writes such an ending without the server having run. */
const neverRan = new Set(['StartError', 'ContainerCannotRun']);
/** Endings that came with the node's, not the server's: containers are found again without their exit codes. */
const endedWithNode = new Set(['Unknown', 'ContainerStatusUnknown', 'NodeShutdown']);
/** Exit codes of a server that was told to end: cleanly, by SIGINT, SIGKILL or SIGTERM. */
const toldToStop = new Set([0, 130, 137, 143]);

/** Longest message that is shown. */
const maxMessage = 600;

export const clip = (message: string | undefined): string => (message ?? '').trim().slice(0, maxMessage);

export const isPullReason = (reason: string | undefined): boolean => pullReasons.has(reason ?? '');

export interface ContainerCircumstances {
  image: string;
  memoryLimitMiB: number;
  /** Restarts that had happened when this pod was first seen: those are history, not news. */
  restartsBefore: number;
  /** What the last `Failed` event of the pod says; kubelet's own state often says only that it waits. */
  pullMessage?: string;
  /** Pull secrets the pod names that do not exist. */
  missingPullSecrets?: string[];
}

/** A problem of the server's container, or of its image. */
export function containerProblem(
  status: V1ContainerStatus | undefined,
  around: ContainerCircumstances,
): Problem | undefined {
  if (!status) return undefined;
  const { waiting, terminated } = status.state ?? {};
  if (waiting) return waitingProblem(waiting, status, around);
  // Kubernetes starts what ended again, which would hide that it did, and with it what was in its kernels.
  if (terminated) return endingProblem(terminated, around);
  return (status.restartCount ?? 0) > around.restartsBefore
    ? endingProblem(status.lastState?.terminated, around)
    : undefined;
}

function waitingProblem(
  { reason = '', message }: NonNullable<V1ContainerState['waiting']>,
  status: V1ContainerStatus,
  around: ContainerCircumstances,
): Problem | undefined {
  if (pullReasons.has(reason)) return pullProblem(reason, message, around);
  if (transient.test(message ?? '') && reason !== 'CrashLoopBackOff') return undefined;
  if (reason === 'CreateContainerConfigError') return configProblem(message);
  if (refusedReasons.has(reason)) return { reason: 'container-refused', params: { message: clip(message) || reason } };
  if (reason !== 'CrashLoopBackOff') return undefined;
  const last = status.lastState?.terminated;
  const ending = endingProblem(last, around);
  if (ending?.reason === 'out-of-memory' || ending?.reason === 'container-refused') return ending;
  return { reason: 'crash-loop', params: { code: last?.exitCode ?? -1 } };
}

function pullProblem(reason: string, message: string | undefined, around: ContainerCircumstances): Problem {
  const [secret] = around.missingPullSecrets ?? [];
  if (secret !== undefined) return { reason: 'secret-missing', params: { name: secret } };
  // `Back-off pulling image "x"` alone says nothing that the reason does not.
  const words = clip(around.pullMessage ?? message) || reason;
  return { reason: 'image-pull-failed', params: { reference: around.image, message: words } };
}

/** `secret "x" not found` and what else kubelet misses before it can make a container. */
export function configProblem(message: string | undefined): Problem {
  const missing = /\bsecrets? "([^"]+)" not found|couldn't find key \S+ in Secret \S*?\/?([^\s/]+)$/.exec(
    message ?? '',
  );
  const name = missing?.[1] ?? missing?.[2];
  if (name) return { reason: 'secret-missing', params: { name } };
  return { reason: 'container-refused', params: { message: clip(message) || 'CreateContainerConfigError' } };
}

/** What an ended container says of itself; undefined: it ended with its node, and its pod goes on. */
export function endingProblem(
  ended: V1ContainerStateTerminated | undefined,
  { memoryLimitMiB }: Pick<ContainerCircumstances, 'memoryLimitMiB'>,
): Problem | undefined {
  if (!ended || endedWithNode.has(ended.reason ?? '')) return undefined;
  if (ended.reason === 'OOMKilled') return { reason: 'out-of-memory', params: { limitMiB: memoryLimitMiB } };
  if (neverRan.has(ended.reason ?? ''))
    return { reason: 'container-refused', params: { message: clip(ended.message) || String(ended.reason) } };
  if (toldToStop.has(ended.exitCode)) return { reason: 'stopped-outside' };
  return { reason: 'server-exited', params: { code: ended.exitCode } };
}

/**
 * Why no pod may be made, from `FailedCreate` of a ReplicaSet: admission's words, as for a request of our own. undefined:
 * nothing that is known to stay so (an API server that is busy, a webhook that starts).
 */
export function creationProblem(message: string, namespace: string): Problem | undefined {
  if (/failed calling webhook|Internal error|timed? ?out|etcdserver|connection refused/i.test(message))
    return undefined;
  if (!/is forbidden|denied|admission|is invalid|not found/i.test(message)) return undefined;
  return forbiddenProblem(message, { kind: 'Status' }, { namespace });
}

/** A volume that cannot be attached or mounted: kubelet tries for ever. */
export function mountProblem(message: string): Problem {
  const missing = /\bsecrets? "([^"]+)" not found/.exec(message);
  if (missing) return { reason: 'secret-missing', params: { name: missing[1]! } };
  if (/configmaps? "[^"]+" not found/.test(message))
    return { reason: 'container-refused', params: { message: clip(message) } };
  return { reason: 'volume-pending', params: { message: clip(message) } };
}
