/** The RBAC objects a platform engineer grants; exactly what Labdock does, see permissions.ts. Pure. */
import type { V1ClusterRole, V1PolicyRule, V1Role } from '@kubernetes/client-node';
import { clusterPermissions, permissions, type Permission } from './permissions';

/** In the namespace: what a workspace needs. */
export function role(namespace: string, name = 'labdock'): V1Role {
  return {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'Role',
    metadata: { name, namespace },
    rules: permissions.map(rule),
  };
}

/** Across the cluster, and optional: lists for the settings page, and checks before the start. */
export function clusterRole(name = 'labdock-lists'): V1ClusterRole {
  return {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRole',
    metadata: { name },
    rules: clusterPermissions.map(rule),
  };
}

function rule({ group, resource, verbs }: Permission): V1PolicyRule {
  return { apiGroups: [group], resources: [resource], verbs: [...verbs] };
}
