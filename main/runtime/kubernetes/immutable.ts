/** What Kubernetes does not change in place. */
import type { V1PersistentVolumeClaim } from '@kubernetes/client-node';
import type { Problem } from '../../common/problem';
import { read } from './apply';
import type { Connection } from './connection';
import type { ClusterSettings } from './model';
import { amount } from './times';

/** Pure. '' leaves the class to the cluster, and any is right then. */
export function volumeDifference(
  there: V1PersistentVolumeClaim,
  { storage }: Pick<ClusterSettings, 'storage'>,
): Problem | undefined {
  const className = there.spec?.storageClassName ?? '';
  if (storage.className !== '' && storage.className !== className)
    return { reason: 'volume-class-changes', params: { have: className, want: storage.className } };
  const have = amount(there.spec?.resources?.requests?.['storage']) / 2 ** 30;
  if (storage.sizeGiB < have)
    return { reason: 'volume-shrinks', params: { have: Math.round(have * 100) / 100, want: storage.sizeGiB } };
  return undefined;
}

/** @param name of the workspace's objects. @returns undefined: everything can be changed in place, or is not there */
export async function immutableChange(
  connection: Connection,
  name: string,
  settings: Pick<ClusterSettings, 'namespace' | 'storage'>,
  signal?: AbortSignal,
): Promise<Problem | undefined> {
  const metadata = { name, namespace: settings.namespace };
  const there = await read(connection, { apiVersion: 'v1', kind: 'PersistentVolumeClaim', metadata }, signal);
  return there ? volumeDifference(there, settings) : undefined;
}
