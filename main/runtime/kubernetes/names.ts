/** Names and labels of a workspace's objects. Pure. */
import { slug } from '../../common/slug';
import { labels as ownLabels } from '../runtime';
import type { ClusterSettings } from './model';

/** Server-side apply's name for us; what another manager set is not overwritten without asking. */
export const fieldManager = 'labdock';

/** Where Jupyter listens in its pod, and its Service with it. */
export const serverPort = 8888;
export const portName = 'http';
/** Name of the server's container in its pod. */
export const serverContainer = 'jupyterlab';

export const annotations = {
  /** On the Deployment: hash of everything that shapes the objects. */
  config: ownLabels.config,
  /** On the Deployment: the image as the workspace asked for it. */
  image: 'io.labdock.image',
  /** On the Deployment, set by the first start: zero replicas mean stopped from then on, not merely made. */
  started: 'io.labdock.started',
  /** On the pod template: another value is another pod, since mounted files do not change under a running server. */
  files: 'io.labdock.files',
} as const;

/** What an object is to its workspace; value of `app.kubernetes.io/component`. */
export type Component = 'server' | 'helper' | 'lease' | 'probe';

/**
 * `labdock-<slug>-<id>`, an RFC 1035 label (at most 63 characters), for the objects of a workspace that has none yet. Those
 * that are there keep their name when the workspace gets another one (see `existingName` in apply.ts): the volume's files
 * would stay behind otherwise.
 */
export function objectName(workspaceName: string, workspaceId: string): string {
  return `labdock-${slug(workspaceName)}-${workspaceId}`.slice(0, 63).replace(/-+$/, '');
}

/** The only thing that selects; never the name, never the configuration. */
export function selectorLabels(workspaceId: string): Record<string, string> {
  return { [ownLabels.workspace]: workspaceId };
}

/** Pods of the server, and no helper pods: what the Deployment and the Service select. */
export function serverSelector(workspaceId: string): Record<string, string> {
  return { 'app.kubernetes.io/component': 'server', ...selectorLabels(workspaceId) };
}

/** @returns labels of every object of a workspace (Kubernetes's recommended ones, and ours) */
export function objectLabels(
  name: string,
  workspaceId: string,
  component: Component = 'server',
): Record<string, string> {
  return {
    'app.kubernetes.io/name': 'jupyterlab',
    'app.kubernetes.io/instance': name,
    'app.kubernetes.io/component': component,
    'app.kubernetes.io/part-of': 'labdock',
    'app.kubernetes.io/managed-by': 'labdock',
    ...selectorLabels(workspaceId),
  };
}

/** As the API takes selectors in a query: `a=b,c=d`. */
export function labelSelector(labels: Record<string, string>): string {
  return Object.entries(labels)
    .map(([key, value]) => `${key}=${value}`)
    .join(',');
}

/** Names under which the server may be asked: its Service's, from near to far, then the ingress host. */
export function hostnames(name: string, settings: Pick<ClusterSettings, 'namespace' | 'ingress'>): string[] {
  const { namespace, ingress } = settings;
  const service = [name, `${name}.${namespace}`, `${name}.${namespace}.svc`, `${name}.${namespace}.svc.cluster.local`];
  return ingress ? [...service, ingress.host] : service;
}

/** Addresses for people. */
export function addresses(
  name: string,
  settings: Pick<ClusterSettings, 'namespace' | 'ingress'>,
): { inside: string; outside?: string } {
  const { namespace, ingress } = settings;
  return {
    inside: `http://${name}.${namespace}.svc:${serverPort}/lab`,
    ...(ingress && { outside: `${ingress.tlsSecret ? 'https' : 'http'}://${ingress.host}/lab` }),
  };
}
