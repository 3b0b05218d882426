/** Objects that have the workspace's names and are somebody else's. */
import type { ClusterServerSpec, PreflightFinding } from '../../runtime';
import type { Connection } from '../connection';
import type { ServerObject } from '../manifests/objects';
import { isOurs } from '../ownership';
import { placeOf } from '../resource';
import { look } from './look';
import type { KubernetesObject } from '@kubernetes/client-node';

export async function foreignFindings(
  connection: Connection,
  { workspaceId }: ClusterServerSpec,
  objects: readonly ServerObject[],
  signal?: AbortSignal,
): Promise<PreflightFinding[]> {
  const found = await Promise.all(
    objects.map(async (object): Promise<PreflightFinding[]> => {
      const { path, resource, kind, name } = placeOf(object);
      const there = (await look(connection, 'get', resource, path, signal)) as KubernetesObject | null | undefined;
      if (!there || isOurs(there, workspaceId)) return [];
      return [{ problem: { reason: 'name-foreign', params: { name: `${kind} ${name}` } }, blocks: true }];
    }),
  );
  return found.flat();
}
