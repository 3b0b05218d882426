/** All objects of a server on a cluster, as they are applied. Pure. */
import type {
  V1ConfigMap,
  V1Deployment,
  V1Ingress,
  V1Namespace,
  V1PersistentVolumeClaim,
  V1Secret,
  V1Service,
} from '@kubernetes/client-node';
import type { ClusterServerSpec, ServerFile } from '../../runtime';
import type { ClusterSettings, IngressSettings } from '../model';
import { objectLabels, objectName, portName, serverPort, serverSelector } from '../names';
import { deployment } from './deployment';
import { splitFiles } from './files';

export type ServerObject = V1Secret | V1ConfigMap | V1PersistentVolumeClaim | V1Service | V1Ingress | V1Deployment;

export interface RenderOptions {
  /** 0: everything is there, and nothing runs. */
  replicas: 0 | 1;
  /** Of the objects that are there (`existingName`); default: as the workspace is called now. */
  name?: string;
}

/** In the order in which they are applied: what the pod mounts comes before it. */
export function renderObjects(
  spec: ClusterServerSpec,
  files: readonly ServerFile[],
  { replicas, name = objectName(spec.workspaceName, spec.workspaceId) }: RenderOptions,
): ServerObject[] {
  const { settings, workspaceId } = spec;
  const metadata = { name, namespace: settings.namespace, labels: objectLabels(name, workspaceId) };
  const { secret, config } = splitFiles(files);
  const base64 = Object.entries(secret).map(([key, value]) => [key, Buffer.from(value, 'utf8').toString('base64')]);
  return [
    {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata,
      type: 'Opaque',
      data: Object.fromEntries(base64) as V1Secret['data'],
    },
    { apiVersion: 'v1', kind: 'ConfigMap', metadata, data: config },
    { apiVersion: 'v1', kind: 'PersistentVolumeClaim', metadata, spec: claim(settings) },
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata,
      spec: {
        type: 'ClusterIP',
        selector: serverSelector(workspaceId),
        ports: [{ name: portName, port: serverPort, targetPort: portName, protocol: 'TCP' }],
      },
    },
    ...(settings.ingress ? [ingress(name, metadata, settings.ingress)] : []),
    deployment(name, spec, files, replicas),
  ];
}

/** Made where it is missing and `createNamespace` says so; never removed. */
export function renderNamespace({ namespace }: Pick<ClusterSettings, 'namespace'>): V1Namespace {
  const labels = { 'app.kubernetes.io/managed-by': 'labdock' };
  return { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace, labels } };
}

function claim({ storage }: ClusterSettings): V1PersistentVolumeClaim['spec'] {
  return {
    accessModes: ['ReadWriteOnce'],
    ...(storage.className && { storageClassName: storage.className }),
    resources: { requests: { storage: `${storage.sizeGiB}Gi` } },
  };
}

/**
 * Kernels' websockets are silent for hours and notebooks are large; controllers' own defaults (60 s, 1 MiB) break both.
 * Annotations of the widest-spread controllers; others leave them alone, and the workspace's own have the last word.
 */
export const ingressDefaults: Record<string, string> = {
  'nginx.ingress.kubernetes.io/proxy-read-timeout': '86400',
  'nginx.ingress.kubernetes.io/proxy-send-timeout': '86400',
  'nginx.ingress.kubernetes.io/proxy-body-size': '0',
  'nginx.org/proxy-read-timeout': '24h',
  'nginx.org/proxy-send-timeout': '24h',
  'nginx.org/client-max-body-size': '0',
};

function ingress(
  name: string,
  metadata: { name: string; namespace: string; labels: Record<string, string> },
  settings: IngressSettings,
): V1Ingress {
  const { host, className, annotations, tlsSecret } = settings;
  const backend = { service: { name, port: { name: portName } } };
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'Ingress',
    metadata: { ...metadata, annotations: { ...ingressDefaults, ...annotations } },
    spec: {
      ...(className && { ingressClassName: className }),
      ...(tlsSecret && { tls: [{ hosts: [host], secretName: tlsSecret }] }),
      rules: [{ host, http: { paths: [{ path: '/', pathType: 'Prefix', backend }] } }],
    },
  };
}
