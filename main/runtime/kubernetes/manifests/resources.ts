/** CPU, memory and GPU of the server's container, as quantities. Pure. */
import type { V1ResourceRequirements } from '@kubernetes/client-node';
import type { ClusterSettings } from '../model';

type Sizes = Pick<ClusterSettings, 'memoryRequestMiB' | 'memoryLimitMiB' | 'cpuRequest' | 'cpuLimit' | 'gpu'>;

/** 0 leaves a value out. undefined: nothing is asked for. An extended resource's request is its limit. */
export function resources(settings: Sizes): V1ResourceRequirements | undefined {
  const requests = quantities(settings.cpuRequest, settings.memoryRequestMiB);
  const limits = quantities(settings.cpuLimit, settings.memoryLimitMiB);
  if (settings.gpu.count > 0) limits[settings.gpu.resource] = String(settings.gpu.count);
  const some = (map: Record<string, string>) => Object.keys(map).length > 0;
  if (!some(requests) && !some(limits)) return undefined;
  return { ...(some(requests) && { requests }), ...(some(limits) && { limits }) };
}

function quantities(cpus: number, memoryMiB: number): Record<string, string> {
  return { ...(cpus > 0 && { cpu: cores(cpus) }), ...(memoryMiB > 0 && { memory: `${memoryMiB}Mi` }) };
}

/** `2`, `250m`: as the API server itself writes it, so that nothing looks changed. */
function cores(cpus: number): string {
  const milli = Math.round(cpus * 1000);
  return milli % 1000 === 0 ? String(milli / 1000) : `${milli}m`;
}

/**
 * Size of /dev/shm: data loaders share memory through it, and the runtimes' 64 MiB end in bus errors. What lies in it counts
 * as the container's memory, so that it gets half of it, as Linux does.
 */
export function sharedMemory({ memoryLimitMiB }: Pick<Sizes, 'memoryLimitMiB'>): string {
  return memoryLimitMiB > 0 ? `${Math.max(64, Math.floor(memoryLimitMiB / 2))}Mi` : '1Gi';
}
