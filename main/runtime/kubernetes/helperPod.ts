/**
 * A pod beside a workspace's files: the server's image, volume and place, none of its secrets, and nothing that runs but
 * what is started in it. Found by label, so that one a crashed Labdock left behind is used or goes.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { V1Container, V1Deployment, V1Pod, V1PodSpec, V1Volume } from '@kubernetes/client-node';
import { asError, LabdockError } from '../../common/problem';
import { labels } from '../runtime';
import { isAlreadyThere } from './errors';
import { annotations, objectLabels, serverContainer } from './names';
import { claimName, isOver, isReady, podWait, questionsOf, serverPods } from './observation';
import { PatienceMemory } from './patienceMemory';
import { cluesFor } from './serverLook';
import type { ServerObjects } from './serverObjects';
import { timeMs } from './times';

/** Seconds; whoever was cut off for that long has to begin anew anyway. */
const lifeSeconds = 6 * 3600;
const lookMs = 400;
/** A first pull of the image is all that may take long. Milliseconds. */
const readyMs = 900_000;

/** Ends at once on SIGTERM: as process 1, `sleep` alone would ignore it. */
export const waitingCommand = ['/bin/sh', '-c', `trap 'exit 0' TERM INT; sleep ${lifeSeconds} & wait`];

/** Before a command beside a running server: where memory runs out, this is what goes, and not a kernel. */
export const givingWay = ['/bin/sh', '-c', '{ echo 1000 >/proc/self/oom_score_adj; } 2>/dev/null; exec "$0" "$@"'];

export function helperName(deployment: V1Deployment): string {
  return `${(deployment.metadata?.name ?? '').slice(0, 57).replace(/-+$/, '')}-files`;
}

/**
 * Pure.
 * @param node where a pod of the server is: a volume of a single node can only be used there
 */
export function helperPod(deployment: V1Deployment, node: string | undefined): V1Pod {
  const { metadata, spec } = deployment;
  const name = metadata?.name ?? '';
  const id = metadata?.labels?.[labels.workspace] ?? '';
  const pod = spec?.template.metadata;
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: helperName(deployment),
      namespace: metadata?.namespace,
      // The user's as well: where a policy demands them of the server, it demands them of this one. Ours have the last word,
      // so that neither the Deployment nor the Service takes it for the server.
      labels: { ...pod?.labels, ...objectLabels(name, id, 'helper') },
      annotations: {
        ...without(pod?.annotations, annotations.files),
        [annotations.config]: metadata?.annotations?.[annotations.config] ?? '',
      },
    },
    spec: helperSpec(spec?.template.spec, node),
  };
}

function helperSpec(server: V1PodSpec | undefined, node: string | undefined): V1PodSpec {
  const container = server?.containers.find(({ name }) => name === serverContainer);
  if (!server || !container) throw new LabdockError('cluster-error', { message: 'the Deployment has no server in it' });
  const volumes = (server.volumes ?? []).filter(isFiles);
  const kept = new Set(volumes.map(({ name }) => name));
  return {
    restartPolicy: 'Never',
    activeDeadlineSeconds: lifeSeconds,
    terminationGracePeriodSeconds: 3,
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    ...pick(server, ['serviceAccountName', 'securityContext', 'imagePullSecrets', 'nodeSelector', 'tolerations']),
    ...(node !== undefined && { affinity: onNode(node) }),
    containers: [
      {
        name: serverContainer,
        command: waitingCommand,
        ...pick(container, ['image', 'imagePullPolicy', 'securityContext']),
        env: [{ name: 'HOME', value: '/tmp' }],
        resources: helperResources(container),
        volumeMounts: (container.volumeMounts ?? []).filter(({ name }) => kept.has(name)),
      },
    ],
    volumes,
  };
}

/** The files; configuration and secrets are the server's alone. */
function isFiles(volume: V1Volume): boolean {
  return volume.persistentVolumeClaim !== undefined;
}

/** Not a scheduling hint but the one place, and still the scheduler's to check. */
function onNode(node: string): NonNullable<V1PodSpec['affinity']> {
  const here = { matchFields: [{ key: 'metadata.name', operator: 'In', values: [node] }] };
  return { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [here] } } };
}

/** Little, but with limits where the server has them: a quota that counts limits refuses pods without. */
export function helperResources({ resources }: Pick<V1Container, 'resources'>): NonNullable<V1Container['resources']> {
  const limits = resources?.limits ?? {};
  return {
    requests: { cpu: '50m', memory: '64Mi' },
    limits: { memory: '512Mi', ...(limits['cpu'] !== undefined && { cpu: '1' }) },
  };
}

function without(from: Record<string, string> | undefined, key: string): Record<string, string> {
  return Object.fromEntries(Object.entries(from ?? {}).filter(([name]) => name !== key));
}

function pick<T extends object, K extends keyof T>(from: T, keys: readonly K[]): Partial<Pick<T, K>> {
  const found: Partial<Pick<T, K>> = {};
  for (const key of keys) if (from[key] !== undefined) found[key] = from[key];
  return found;
}

/** May it go on being used? Another image, other settings, a time almost over or another node's volume make it useless. */
export function isUsable(pod: V1Pod, deployment: V1Deployment, node: string | undefined, now: number): boolean {
  const { metadata, spec } = pod;
  if (metadata?.deletionTimestamp != null || isOver(pod)) return false;
  if (metadata?.annotations?.[annotations.config] !== deployment.metadata?.annotations?.[annotations.config])
    return false;
  if (spec?.volumes?.every(({ persistentVolumeClaim: claim }) => claim?.claimName !== claimName(deployment)))
    return false;
  if (node !== undefined && spec?.nodeName !== undefined && spec.nodeName !== node) return false;
  const age = now - timeMs(metadata?.creationTimestamp);
  return !(age > (lifeSeconds * 1000) / 2);
}

/**
 * Makes it if absent and waits until it is ready.
 * Rejects as a start does (`image-pull-failed`, `unschedulable`, `quota-exceeded`, …) and with `removed-outside` where the
 * workspace has no objects.
 */
export async function ensureHelper(objects: ServerObjects, workspaceId: string, signal: AbortSignal): Promise<V1Pod> {
  const deployment = await objects.require(workspaceId, signal);
  const all = await objects.pods(workspaceId, signal);
  const server = serverPods(deployment, all).find((pod) => !isOver(pod) && pod.spec?.nodeName);
  const node = server?.spec?.nodeName;
  const name = helperName(deployment);
  const found = all.find(({ metadata }) => metadata?.name === name);
  if (found && isUsable(found, deployment, node, Date.now())) return awaitPod(objects, name, found, signal);
  if (found) await removePod(objects, found, signal);
  const body = helperPod(deployment, node);
  try {
    await objects.ask('create', 'pods', { method: 'POST', path: objects.path('', 'pods'), body, signal });
  } catch (error) {
    // Two openings at once: the other one's is as good.
    if (!isAlreadyThere(error)) throw error;
  }
  return awaitPod(objects, name, body, signal);
}

/** Until it is ready, or has a problem that will not heal. Rejects with `cancelled` when the signal aborts. */
export async function awaitPod(objects: ServerObjects, name: string, made: V1Pod, signal: AbortSignal): Promise<V1Pod> {
  const memory = new PatienceMemory();
  const until = performance.now() + readyMs;
  const container = made.spec?.containers[0];
  const about = { image: container?.image ?? '', memoryLimitMiB: 512 };
  const claim =
    (made.spec?.volumes ?? []).flatMap(({ persistentVolumeClaim }) => persistentVolumeClaim?.claimName ?? [])[0] ?? '';
  for (;;) {
    if (signal.aborted) throw new LabdockError('cancelled');
    const pod = await objects.pod(name, signal);
    if (!pod) throw new LabdockError('removed-outside');
    if (isReady(pod)) return pod;
    const since = timeMs(pod.metadata?.creationTimestamp) || 0;
    const clues = await cluesFor(objects, questionsOf(pod, true, memory), pod, claim, since);
    const { problem, waitingFor } = podWait(pod, [pod], about, clues, memory);
    if (problem) throw asError(problem);
    if (performance.now() > until)
      throw new LabdockError('container-refused', { message: waitingFor ?? pod.status?.phase ?? '' });
    await sleep(lookMs, undefined, { signal }).catch(() => undefined);
  }
}

/** Resolves once it is gone, which for one on a lost node may not happen: bounded. */
export async function removePod(objects: ServerObjects, pod: V1Pod, signal?: AbortSignal): Promise<void> {
  const { name = '', uid } = pod.metadata ?? {};
  await objects.delete('', 'pods', name, { gracePeriodSeconds: 3, preconditions: { uid } });
  const until = performance.now() + 30_000;
  while (performance.now() < until && !signal?.aborted) {
    const now = await objects.pod(name, signal);
    if (!now || now.metadata?.uid !== uid) return;
    await sleep(lookMs);
  }
}

export async function removeHelpers(objects: ServerObjects, workspaceId: string): Promise<void> {
  const pods = await objects.pods(workspaceId);
  const helpers = pods.filter(({ metadata }) => metadata?.labels?.['app.kubernetes.io/component'] === 'helper');
  await Promise.all(helpers.map((pod) => removePod(objects, pod)));
}
