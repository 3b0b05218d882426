/** What a server asks of its namespace, in the words of ResourceQuota and LimitRange. Pure. */
import type { ClusterServerSpec } from '../../runtime';

const mebi = 2 ** 20;
const gibi = 2 ** 30;

/** Amounts of a container: bytes, cores, pieces; a resource that is not named is not set. */
export interface ContainerDemand {
  requests: Record<string, number>;
  limits: Record<string, number>;
}

export function containerDemand({ settings }: Pick<ClusterServerSpec, 'settings'>): ContainerDemand {
  const { memoryRequestMiB, memoryLimitMiB, cpuRequest, cpuLimit, gpu } = settings;
  const limits: Record<string, number> = {
    ...(cpuLimit > 0 && { cpu: cpuLimit }),
    ...(memoryLimitMiB > 0 && { memory: memoryLimitMiB * mebi }),
    ...(gpu.count > 0 && { [gpu.resource]: gpu.count }),
  };
  // The API server takes a limit for the request that is not set.
  const requests = {
    ...limits,
    ...(cpuRequest > 0 && { cpu: cpuRequest }),
    ...(memoryRequestMiB > 0 && { memory: memoryRequestMiB * mebi }),
  };
  return { requests, limits };
}

/** What exists of the workspace already, and is counted in the namespace's use. */
export interface Present {
  pod: boolean;
  /** GiB; 0: there is no claim yet. */
  volumeGiB: number;
  others: boolean;
}

/**
 * How much more of each resource of a quota is used once the server runs. A pod that is there leaves before the next one
 * comes, so that it frees what it has: pods of a present server add nothing but what they grow by, which is left out.
 */
export function quotaDemand(
  { settings }: Pick<ClusterServerSpec, 'settings'>,
  container: ContainerDemand,
  present: Present,
): Record<string, number> {
  const demand: Record<string, number> = {};
  const add = (names: string[], value: number) => {
    for (const name of names) if (value > 0) demand[name] = value;
  };
  if (!present.pod) {
    add(['pods', 'count/pods'], 1);
    for (const [name, value] of Object.entries(container.requests)) {
      const plain = name === 'cpu' || name === 'memory';
      add([`requests.${name}`, ...(plain ? [name] : [])], value);
    }
    for (const name of ['cpu', 'memory']) add([`limits.${name}`], container.limits[name] ?? 0);
  }
  const { className, sizeGiB } = settings.storage;
  const more = Math.max(0, sizeGiB - present.volumeGiB) * gibi;
  const ofClass = (what: string) => (className ? [`${className}.storageclass.storage.k8s.io/${what}`] : []);
  add(['requests.storage', ...ofClass('requests.storage')], more);
  if (present.volumeGiB === 0)
    add(['persistentvolumeclaims', 'count/persistentvolumeclaims', ...ofClass('persistentvolumeclaims')], 1);
  if (!present.others) {
    for (const name of ['services', 'secrets', 'configmaps']) add([name, `count/${name}`], 1);
    add(['count/deployments.apps', 'count/replicasets.apps'], 1);
    if (settings.ingress) add(['count/ingresses.networking.k8s.io'], 1);
  }
  return demand;
}
