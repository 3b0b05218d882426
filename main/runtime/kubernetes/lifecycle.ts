/** Up, down and away: what happens to a workspace's objects once they are there. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { V1Deployment, V1Pod } from '@kubernetes/client-node';
import { toProblem } from '../../common/problem';
import { labels } from '../runtime';
import { removeHelpers } from './helperPod';
import { requireFree } from './lease';
import { objectLabels } from './names';
import { isOver, serverPods, wantsPod } from './observation';
import { podsGone } from './outcome';
import { isOurs } from './ownership';
import { orNull, type ServerObjects } from './serverObjects';

/** Beyond its grace period a pod's end is kubelet's and the volume's. Milliseconds. */
const slackMs = 60_000;

/** The Lease of a workspace has the name of its Deployment. */
export function leasePlace({ connection, namespace }: ServerObjects, { metadata }: V1Deployment) {
  const name = metadata?.name ?? '';
  const labelled = objectLabels(name, metadata?.labels?.[labels.workspace] ?? '', 'lease');
  return { connection, namespace, name, labels: labelled };
}

/** Nobody's move is disturbed. Who may not look at leases cannot move either. Rejects with `move-elsewhere` {holder}. */
export async function requireNoMove(
  objects: ServerObjects,
  deployment: V1Deployment,
  signal?: AbortSignal,
): Promise<void> {
  try {
    await requireFree(leasePlace(objects, deployment), { signal });
  } catch (error) {
    if (!isForbidden(error)) throw error;
  }
}

/**
 * One pod at a time has the files: what is left of the last one goes first.
 * Rejects with `move-elsewhere` {holder} while another Labdock moves them.
 * @param helperInUse a helper pod nobody uses goes too: it would hold the volume on its node
 */
export async function startServer(
  objects: ServerObjects,
  workspaceId: string,
  { signal, helperInUse }: { signal: AbortSignal; helperInUse: boolean },
): Promise<void> {
  const deployment = await objects.require(workspaceId, signal);
  if (wantsPod(deployment)) return;
  await requireNoMove(objects, deployment, signal);
  if (!helperInUse) await removeHelpers(objects, workspaceId);
  await podsGone(objects, async () => serverPods(deployment, await objects.pods(workspaceId, signal)), slackMs, signal);
  await objects.scale(deployment, 1, signal);
}

/** SIGTERM, and SIGKILL after the grace period, by the node's kubelet. */
export async function stopServer(objects: ServerObjects, workspaceId: string, graceSeconds: number): Promise<void> {
  const deployment = await objects.deployment(workspaceId);
  if (!deployment) return;
  if (wantsPod(deployment)) await objects.scale(deployment, 0);
  await endPods(objects, deployment, graceSeconds);
}

async function endPods(objects: ServerObjects, deployment: V1Deployment, graceSeconds: number): Promise<void> {
  const id = deployment.metadata?.labels?.[labels.workspace] ?? '';
  const ours = async () => serverPods(deployment, await objects.pods(id));
  // The ReplicaSet deletes them anyway, with the pod's own grace period, which may be a longer one.
  await Promise.all((await ours()).map((pod) => deletePod(objects, pod, graceSeconds)));
  await podsGone(objects, ours, graceSeconds * 1000 + slackMs);
}

/** Never by force: grace 0 would take the object away while its processes may still write. */
async function deletePod(objects: ServerObjects, pod: V1Pod, graceSeconds: number): Promise<void> {
  const { name = '', uid } = pod.metadata ?? {};
  if (isOver(pod)) return;
  const body = { gracePeriodSeconds: Math.max(1, graceSeconds), preconditions: { uid } };
  try {
    await objects.delete('', 'pods', name, body);
  } catch (error) {
    // Whoever may only scale still stops: it takes the pod's own grace period.
    if (!isForbidden(error)) throw error;
  }
}

/** In the order in which nothing is left half-working; the Deployment is what all others are found by, so it goes last. */
const kinds = [
  ['networking', 'ingresses'],
  ['', 'services'],
  ['', 'configmaps'],
  ['', 'secrets'],
  ['coordination', 'leases'],
] as const;

/**
 * All that carries the label, except the volume. Resolves once no process of it is left.
 * Rejects with `move-elsewhere` {holder} while another Labdock moves the files.
 */
export async function removeServer(objects: ServerObjects, workspaceId: string): Promise<void> {
  const deployment = await objects.deployment(workspaceId);
  if (deployment) await requireNoMove(objects, deployment);
  if (deployment && wantsPod(deployment)) await objects.scale(deployment, 0);
  await removeHelpers(objects, workspaceId);
  if (deployment) await endPods(objects, deployment, 10);
  for (const [group, resource] of kinds)
    await removeAll(objects, group, resource, workspaceId, deployment?.metadata?.name);
  await removeAll(objects, 'apps', 'deployments', workspaceId, deployment?.metadata?.name);
}

/** The volume with all files, and HOME with them. Kubernetes lets it go once no pod has it any more: bounded. */
export async function removeVolume(objects: ServerObjects, workspaceId: string): Promise<void> {
  const deployment = await objects.deployment(workspaceId);
  if (deployment) await requireNoMove(objects, deployment);
  await removeHelpers(objects, workspaceId);
  const kind = ['', 'persistentvolumeclaims'] as const;
  await removeAll(objects, ...kind, workspaceId, deployment?.metadata?.name);
  const until = performance.now() + slackMs;
  while (performance.now() < until && (await objects.names(...kind, workspaceId)).length > 0) await sleep(300);
}

/** Kinds that not everybody may read: who may not has none of them from us. */
const optional = new Set(['ingresses', 'leases']);

/** Who may not list a kind may still have one deleted whose name is known: if its label is ours. */
async function removeAll(
  objects: ServerObjects,
  group: string,
  resource: string,
  workspaceId: string,
  known: string | undefined,
): Promise<void> {
  let found: string[];
  try {
    found = await namesOf(objects, group, resource, workspaceId, known);
  } catch (error) {
    if (isForbidden(error) && optional.has(resource)) return;
    throw error;
  }
  for (const name of found) await objects.delete(group, resource, name, { propagationPolicy: 'Background' });
}

async function namesOf(
  objects: ServerObjects,
  group: string,
  resource: string,
  workspaceId: string,
  known: string | undefined,
): Promise<string[]> {
  try {
    return await objects.names(group, resource, workspaceId);
  } catch (error) {
    if (known === undefined || !isForbidden(error)) throw error;
    const path = `${objects.path(group, resource)}/${known}`;
    const one = (await orNull(objects.ask('get', resource, { method: 'GET', path }))) as V1Deployment | null;
    return one && isOurs(one, workspaceId) ? [known] : [];
  }
}

const isForbidden = (error: unknown) => toProblem(error).reason === 'cluster-forbidden';
