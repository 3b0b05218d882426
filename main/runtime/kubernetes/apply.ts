/**
 * Puts a server's objects on the cluster: server-side apply with a field manager of our own, so that what somebody else set
 * is kept until the user says otherwise, and what Labdock no longer renders goes away.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import type { KubernetesListObject, KubernetesObject, V1Deployment } from '@kubernetes/client-node';
import { LabdockError, toProblem } from '../../common/problem';
import { settleAll } from '../../common/settleAll';
import type { Connection } from './connection';
import { isNotFound } from './errors';
import { renderNamespace, type ServerObject } from './manifests/objects';
import type { ClusterSettings } from './model';
import { fieldManager, labelSelector, selectorLabels } from './names';
import { foreignManagerOf, isOurs } from './ownership';
import { placeOf } from './resource';

export interface ApplyOptions {
  signal?: AbortSignal | undefined;
  /** Take fields from whoever else set them: only on the user's word. */
  force?: boolean;
}

/** How long an object that is being removed may take to be gone, ms. */
const goneMs = 60_000;

/** Name of the objects a workspace has here: its volume's, which outlives the others; undefined: it has none yet. */
export async function existingName(
  connection: Connection,
  namespace: string,
  workspaceId: string,
  signal?: AbortSignal,
): Promise<string | undefined> {
  const resource = 'persistentvolumeclaims';
  const query = { labelSelector: labelSelector(selectorLabels(workspaceId)) };
  const path = `/api/v1/namespaces/${namespace}/${resource}`;
  const list = (await connection.ask({ verb: 'list', resource, namespace }, () =>
    connection.request({ method: 'GET', path, query, signal }),
  )) as KubernetesListObject<KubernetesObject>;
  // As text, from the API: oldest first.
  const made = ({ metadata }: KubernetesObject) => String(metadata?.creationTimestamp ?? '');
  return list.items.sort((a, b) => (made(a) < made(b) ? -1 : 1))[0]?.metadata?.name;
}

/** Makes the namespace where it is missing and may be made. Rejects with `namespace-missing`, `namespace-terminating`. */
export async function ensureNamespace(
  connection: Connection,
  settings: Pick<ClusterSettings, 'namespace' | 'createNamespace'>,
  signal?: AbortSignal,
): Promise<void> {
  const { namespace } = settings;
  let found;
  try {
    found = await read(connection, renderNamespace(settings), signal);
  } catch (error) {
    // Who may not look at namespaces may still work in one.
    if (toProblem(error).reason === 'cluster-forbidden') return;
    throw error;
  }
  if (found?.metadata?.deletionTimestamp) throw new LabdockError('namespace-terminating', { namespace });
  if (found) return;
  if (!settings.createNamespace) throw new LabdockError('namespace-missing', { namespace });
  await apply(connection, renderNamespace(settings), { signal });
}

/**
 * Rejects with `name-foreign` (an object of this name is not the workspace's), `adopt-first` (it is, but Labdock never
 * applied it), `apply-conflict` (somebody changed it since), and what admission has against it. Nothing is applied when one
 * of the first two is found.
 */
export async function applyObjects(
  connection: Connection,
  workspaceId: string,
  objects: readonly ServerObject[],
  options: ApplyOptions = {},
): Promise<void> {
  const current = await Promise.all(objects.map((object) => read(connection, object, options.signal)));
  checkOwner(current, workspaceId, options.force ?? false);
  await Promise.all(
    objects.map(async (object, index) => {
      const there = current[index];
      if (!there) return;
      if (there.metadata?.deletionTimestamp) await untilGone(connection, object, options.signal);
      else if (selectorDiffers(object, there)) await removeObject(connection, object, options.signal);
    }),
  );
  const last = objects.filter(({ kind }) => kind === 'Deployment');
  await settleAll(
    objects.filter(({ kind }) => kind !== 'Deployment').map((object) => apply(connection, object, options)),
  );
  await settleAll(last.map((object) => apply(connection, object, options)));
  await removeIngress(connection, workspaceId, objects, options.signal);
}

function checkOwner(current: readonly (KubernetesObject | null)[], workspaceId: string, force: boolean): void {
  const there = current.filter((object) => object !== null);
  const foreign = there.find((object) => !isOurs(object, workspaceId));
  if (foreign) throw new LabdockError('name-foreign', { name: `${foreign.kind} ${foreign.metadata?.name}` });
  if (force) return;
  const manager = there.map(foreignManagerOf).find((name) => name !== undefined);
  if (manager !== undefined) throw new LabdockError('adopt-first', { manager });
}

/** A Deployment's selector cannot change; its pods and files are none of its own, so another one takes its place. */
function selectorDiffers(wanted: KubernetesObject, there: KubernetesObject): boolean {
  if (wanted.kind !== 'Deployment') return false;
  const selector = (object: KubernetesObject) => (object as V1Deployment).spec?.selector;
  return !isDeepStrictEqual(selector(wanted), selector(there));
}

/** null: it is not there. */
export async function read(
  connection: Connection,
  object: KubernetesObject,
  signal?: AbortSignal,
): Promise<KubernetesObject | null> {
  const { path, resource, namespace } = placeOf(object);
  try {
    return (await connection.ask({ verb: 'get', resource, namespace }, () =>
      connection.request({ method: 'GET', path, signal }),
    )) as KubernetesObject;
  } catch (error) {
    if (isNotFound(error) && toProblem(error).reason !== 'namespace-missing') return null;
    throw error;
  }
}

/** One object. @returns as the API server has it now */
export async function apply(
  connection: Connection,
  object: KubernetesObject,
  options: ApplyOptions & { dryRun?: boolean } = {},
): Promise<KubernetesObject> {
  const { force = false, dryRun = false, signal } = options;
  const { path, resource, namespace, name } = placeOf(object);
  const query = { fieldManager, ...(force && { force }), ...(dryRun && { dryRun: 'All' }) };
  const contentType = 'application/apply-patch+yaml';
  const about = { verb: 'patch', resource, namespace, name };
  try {
    return (await connection.ask(about, () =>
      connection.request({ method: 'PATCH', path, query, body: object, contentType, signal }),
    )) as KubernetesObject;
  } catch (error) {
    if (force || !isOwnConflict(error)) throw error;
    return apply(connection, object, { ...options, force: true });
  }
}

/** With ourselves: start and stop scale by an update, which server-side apply takes for another manager's. */
function isOwnConflict(error: unknown): boolean {
  const { reason, params } = toProblem(error);
  return (
    reason === 'apply-conflict' && (params?.['fields'] === '.spec.replicas' || params?.['manager'] === fieldManager)
  );
}

/** The Ingress that the settings had before. Who may not look at Ingresses has none of ours. */
async function removeIngress(
  connection: Connection,
  workspaceId: string,
  objects: readonly ServerObject[],
  signal?: AbortSignal,
): Promise<void> {
  if (objects.some(({ kind }) => kind === 'Ingress')) return;
  const [first] = objects;
  const old = { apiVersion: 'networking.k8s.io/v1', kind: 'Ingress', metadata: { ...first?.metadata } };
  const there = await read(connection, old, signal).catch((error: unknown) => {
    if (toProblem(error).reason === 'cluster-forbidden') return null;
    throw error;
  });
  if (there && isOurs(there, workspaceId)) await removeObject(connection, old, signal);
}

/** Deletes an object and waits until it is gone; what depends on it (pods) goes with it. */
export async function removeObject(
  connection: Connection,
  object: KubernetesObject,
  signal?: AbortSignal,
): Promise<void> {
  const { path, resource, namespace } = placeOf(object);
  try {
    await connection.ask({ verb: 'delete', resource, namespace }, () =>
      connection.request({ method: 'DELETE', path, body: { propagationPolicy: 'Foreground' }, signal }),
    );
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
  await untilGone(connection, object, signal);
}

async function untilGone(connection: Connection, object: KubernetesObject, signal?: AbortSignal): Promise<void> {
  const until = Date.now() + goneMs;
  while (await read(connection, object, signal)) {
    const { kind, name } = placeOf(object);
    if (Date.now() > until)
      throw new LabdockError('cluster-error', { message: `${kind} ${name} is being removed, and has not gone yet` });
    await sleep(300, undefined, { signal }).catch(() => {
      throw new LabdockError('cancelled');
    });
  }
}
