/** Whose an object is: by label, and by who set its fields (`metadata.managedFields`). Pure. */
import type { KubernetesObject } from '@kubernetes/client-node';
import { labels } from '../runtime';
import { fieldManager } from './names';

export function isOurs(object: KubernetesObject, workspaceId: string): boolean {
  return object.metadata?.labels?.[labels.workspace] === workspaceId;
}

/** Parts of Kubernetes that set fields of everybody's objects. */
const machinery = /^(?:kube-|kubelet$|kube-controller-manager$|k3s$|.*-provisioner$|.*-controller(?:-manager)?$)/;

/**
 * Who applied an object that Labdock never did; undefined where Labdock has. The name is the field manager's: `kubectl`,
 * `kubectl-client-side-apply`, `argocd-controller`, `unknown`.
 */
export function foreignManagerOf(object: KubernetesObject): string | undefined {
  const entries = (object.metadata?.managedFields ?? []).filter(({ subresource }) => !subresource);
  if (entries.some(({ manager, operation }) => manager === fieldManager && operation === 'Apply')) return undefined;
  const people = entries.filter(({ manager }) => !machinery.test(manager ?? ''));
  const entry = people.find(({ operation }) => operation === 'Apply') ?? people[0] ?? entries[0];
  return entry?.manager ?? 'unknown';
}
