/** A place on a cluster: a context of the user's kubeconfig, and a namespace there. Pure. */
import type { ClusterSettings } from '../runtime/kubernetes/model';

export type Place = Pick<ClusterSettings, 'context' | 'namespace'>;

export function placeOf({ context, namespace }: Place): Place {
  return { context, namespace };
}

/** Names a place, in maps and for comparing. */
export function placeKey({ context, namespace }: Place): string {
  return `${context}\0${namespace}`;
}

/** Two that are nowhere are at the same place. */
export function samePlace(a: Place | null | undefined, b: Place | null | undefined): boolean {
  return a && b ? placeKey(a) === placeKey(b) : !a && !b;
}
