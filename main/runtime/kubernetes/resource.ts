/** Where the API keeps objects of a kind. Pure. */
import type { KubernetesObject } from '@kubernetes/client-node';

const kinds: Record<string, { group: string; resource: string; clusterWide?: true }> = {
  Namespace: { group: '', resource: 'namespaces', clusterWide: true },
  Secret: { group: '', resource: 'secrets' },
  ConfigMap: { group: '', resource: 'configmaps' },
  PersistentVolumeClaim: { group: '', resource: 'persistentvolumeclaims' },
  Service: { group: '', resource: 'services' },
  Pod: { group: '', resource: 'pods' },
  Deployment: { group: 'apps', resource: 'deployments' },
  Ingress: { group: 'networking.k8s.io', resource: 'ingresses' },
  Role: { group: 'rbac.authorization.k8s.io', resource: 'roles' },
};

export interface ObjectPlace {
  group: string;
  /** Plural, as RBAC names it. */
  resource: string;
  kind: string;
  name: string;
  namespace: string;
  /** Of all objects of the kind (for POST). */
  collection: string;
  path: string;
}

/** @throws Error for a kind that Labdock does not render */
export function placeOf(object: KubernetesObject): ObjectPlace {
  const { apiVersion = '', kind = '', metadata } = object;
  const found = kinds[kind];
  if (!found) throw new Error(`no place for a ${kind}`);
  const { name = '', namespace = '' } = metadata ?? {};
  const root = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
  const inside = found.clusterWide ? '' : `/namespaces/${encodeURIComponent(namespace)}`;
  const collection = `${root}${inside}/${found.resource}`;
  const { group, resource } = found;
  return { group, resource, kind, name, namespace, collection, path: `${collection}/${encodeURIComponent(name)}` };
}
