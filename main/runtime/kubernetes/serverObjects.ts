/** A workspace's objects on the cluster, found by label, read and scaled. Every call asks the API server anew. */
import type { CoreV1Event, V1Deployment, V1Node, V1PersistentVolumeClaim, V1Pod, V1Secret, V1StorageClass } from '@kubernetes/client-node'; // prettier-ignore
import { LabdockError, toProblem } from '../../common/problem';
import { labels } from '../runtime';
import type { Connection, RawCall } from './connection';
import { isConflict, isNotFound } from './errors';
import { readEvent, type ClusterEvent } from './events';
import { annotations, fieldManager, labelSelector, selectorLabels } from './names';
import type { ClaimLook } from './observation';
import { timeMs } from './times';

interface List<T> {
  items: T[];
}

/** The annotation by which a cluster marks its default class (k8s.io/kubernetes, `pkg/apis/storage/util`). */
const defaultClass = 'storageclass.kubernetes.io/is-default-class';

export class ServerObjects {
  constructor(
    readonly connection: Connection,
    readonly namespace: string,
  ) {}

  /** null: there is none of ours. Of two, the newer one. */
  async deployment(workspaceId: string, signal?: AbortSignal): Promise<V1Deployment | null> {
    const { items } = await this.#list<V1Deployment>(
      'apps',
      'deployments',
      labelSelector(selectorLabels(workspaceId)),
      signal,
    );
    const made = (one: V1Deployment) => timeMs(one.metadata?.creationTimestamp) || 0;
    return items.sort((a, b) => made(b) - made(a))[0] ?? null;
  }

  async require(workspaceId: string, signal?: AbortSignal): Promise<V1Deployment> {
    const found = await this.deployment(workspaceId, signal);
    if (!found) throw new LabdockError('removed-outside');
    return found;
  }

  async workspaceIds(): Promise<string[]> {
    const { items } = await this.#list<V1Deployment>('apps', 'deployments', labels.workspace);
    return [...new Set(items.flatMap(({ metadata }) => metadata?.labels?.[labels.workspace] ?? []))];
  }

  /** All pods of the workspace, helpers included. */
  async pods(workspaceId: string, signal?: AbortSignal): Promise<V1Pod[]> {
    return (await this.#list<V1Pod>('', 'pods', labelSelector(selectorLabels(workspaceId)), signal)).items;
  }

  async pod(name: string, signal?: AbortSignal): Promise<V1Pod | null> {
    return orNull(this.#get<V1Pod>('', 'pods', name, signal));
  }

  /** Those about an object; none where they may not be read. */
  async eventsOf(objectName: string): Promise<ClusterEvent[]> {
    const query = { fieldSelector: `involvedObject.name=${objectName}` };
    const path = this.path('', 'events');
    const found = await this.ask('list', 'events', { method: 'GET', path, query }).catch(() => undefined);
    return ((found as List<CoreV1Event> | undefined)?.items ?? []).map(readEvent);
  }

  async claim(name: string): Promise<ClaimLook | undefined> {
    const found = await orNull(this.#get<V1PersistentVolumeClaim>('', 'persistentvolumeclaims', name));
    if (!found) return { name, phase: 'Missing', className: '', classMissing: false };
    const phase = found.status?.phase === 'Bound' || found.status?.phase === 'Lost' ? found.status.phase : 'Pending';
    const className = found.spec?.storageClassName ?? '';
    const classMissing = phase === 'Pending' && (await this.#classMissing(className));
    return { name, phase, className, classMissing };
  }

  async #classMissing(name: string): Promise<boolean> {
    const path = `/apis/storage.k8s.io/v1/storageclasses${name && `/${name}`}`;
    try {
      const found = await this.ask('get', 'storageclasses', { method: 'GET', path });
      if (name !== '') return false;
      return !(found as List<V1StorageClass>).items.some(
        ({ metadata }) => metadata?.annotations?.[defaultClass] === 'true',
      );
    } catch (error) {
      // Where classes may not be read, the events of the claim have to say it.
      return isNotFound(error);
    }
  }

  /** Of these Secrets, those that are certainly not there. */
  async missingSecrets(names: readonly string[]): Promise<string[]> {
    const missing = await Promise.all(
      names.map(async (name) => {
        const found = await orNull(this.#get<V1Secret>('', 'secrets', name)).catch(() => undefined);
        return found === null ? [name] : [];
      }),
    );
    return missing.flat();
  }

  /** @returns undefined where nodes may not be read */
  async nodeIsLost(name: string): Promise<boolean | undefined> {
    try {
      const node = (await this.ask('get', 'nodes', { method: 'GET', path: `/api/v1/nodes/${name}` })) as V1Node;
      return node.status?.conditions?.find(({ type }) => type === 'Ready')?.status !== 'True';
    } catch (error) {
      if (isNotFound(error)) return true;
      if (toProblem(error).reason === 'cluster-forbidden') return undefined;
      throw error;
    }
  }

  /**
   * Sets the replicas of a Deployment and nothing else. An update, not an apply: what the last apply set stays ours, and
   * whoever scaled it by hand is overruled, as they were by the user's word.
   */
  async scale(deployment: V1Deployment, replicas: 0 | 1, signal?: AbortSignal): Promise<void> {
    const name = deployment.metadata?.name ?? '';
    const path = `${this.path('apps', 'deployments')}/${name}`;
    const first = replicas === 1 && deployment.metadata?.annotations?.[annotations.started] === undefined;
    const metadata = { annotations: { [annotations.started]: new Date().toISOString() } };
    const body = { ...(first && { metadata }), spec: { replicas } };
    const query = { fieldManager };
    const contentType = 'application/merge-patch+json';
    await this.ask('patch', 'deployments', { method: 'PATCH', path, query, body, contentType, signal });
  }

  async delete(group: string, resource: string, name: string, body: object = {}): Promise<void> {
    const path = `${this.path(group, resource)}/${name}`;
    await orNull(this.ask('delete', resource, { method: 'DELETE', path, body })).catch((error: unknown) => {
      // Another object of that name by now: not the one that was to go.
      if (!isConflict(error)) throw error;
    });
  }

  /** Names of the workspace's objects of a kind; none where they may not be listed. */
  async names(group: string, resource: string, workspaceId: string): Promise<string[]> {
    const { items } = await this.#list<V1Secret>(group, resource, labelSelector(selectorLabels(workspaceId)));
    return items.flatMap(({ metadata }) => metadata?.name ?? []);
  }

  path(group: string, resource: string): string {
    return `${group === '' ? '/api/v1' : `/apis/${versions[group]}`}/namespaces/${this.namespace}/${resource}`;
  }

  ask(verb: string, resource: string, call: RawCall): Promise<unknown> {
    const { connection, namespace } = this;
    return connection.ask({ verb, resource, namespace }, () => connection.request(call));
  }

  async #list<T>(group: string, resource: string, selector: string, signal?: AbortSignal): Promise<List<T>> {
    const query = { labelSelector: selector };
    return (await this.ask('list', resource, {
      method: 'GET',
      path: this.path(group, resource),
      query,
      signal,
    })) as List<T>;
  }

  async #get<T>(group: string, resource: string, name: string, signal?: AbortSignal): Promise<T> {
    return (await this.ask('get', resource, {
      method: 'GET',
      path: `${this.path(group, resource)}/${name}`,
      signal,
    })) as T;
  }
}

const versions: Record<string, string> = {
  apps: 'apps/v1',
  networking: 'networking.k8s.io/v1',
  coordination: 'coordination.k8s.io/v1',
};

/** null for what is not there. */
export async function orNull<T>(work: Promise<T>): Promise<T | null> {
  try {
    return await work;
  } catch (error) {
    if (isNotFound(error) && toProblem(error).reason !== 'namespace-missing') return null;
    throw error;
  }
}
