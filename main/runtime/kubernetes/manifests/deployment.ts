/** The server itself. Pure. */
import type { V1Container, V1Deployment, V1HTTPGetAction } from '@kubernetes/client-node';
import { paths, type ClusterServerSpec, type ServerFile } from '../../runtime';
import { annotations, objectLabels, portName, serverContainer, serverPort, serverSelector } from '../names';
import { fileMounts, filesChecksum, splitFiles } from './files';
import { containerSecurity, dataMounts, dataVolume, placement, podSecurity } from './pod';
import { resources, sharedMemory } from './resources';

/** Seconds between SIGTERM and SIGKILL: Jupyter ends its kernels in between. */
export const graceSeconds = 30;

export function deployment(
  name: string,
  spec: ClusterServerSpec,
  files: readonly ServerFile[],
  replicas: 0 | 1,
): V1Deployment {
  const { settings, workspaceId } = spec;
  const labels = objectLabels(name, workspaceId);
  const mounted = fileMounts(name, files);
  const memory = { medium: 'Memory', sizeLimit: sharedMemory(settings) };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: {
      name,
      namespace: settings.namespace,
      labels,
      annotations: { [annotations.config]: spec.configHash, [annotations.image]: spec.image },
    },
    spec: {
      replicas,
      revisionHistoryLimit: 2,
      // The volume is one pod's at a time: the old one goes before the new one comes.
      strategy: { type: 'Recreate' },
      selector: { matchLabels: serverSelector(workspaceId) },
      template: {
        metadata: {
          labels: { ...settings.podLabels, ...labels },
          annotations: { ...settings.podAnnotations, [annotations.files]: filesChecksum(splitFiles(files)) },
        },
        spec: {
          ...placement(settings, spec.architecture),
          securityContext: podSecurity(settings),
          terminationGracePeriodSeconds: graceSeconds,
          // Without tini in the image the pod's own first process reaps what kernels leave behind.
          ...(spec.init && { shareProcessNamespace: true }),
          containers: [container(spec, mounted.mounts)],
          volumes: [dataVolume(name), ...mounted.volumes, { name: 'shm', emptyDir: memory }],
        },
      },
    },
  };
}

function container(spec: ClusterServerSpec, mounts: V1Container['volumeMounts'] & object): V1Container {
  const { settings } = spec;
  const limits = resources(settings);
  // `/api` answers to anyone, but only under a name it knows.
  const httpGet: V1HTTPGetAction = {
    path: '/api',
    port: portName,
    httpHeaders: [{ name: 'Host', value: 'localhost' }],
  };
  return {
    name: serverContainer,
    image: spec.image,
    imagePullPolicy: spec.pullPolicy,
    // Kubernetes's `command` replaces the image's entrypoint, tini with it: so it stands in there again.
    command: spec.command,
    workingDir: paths.work,
    env: Object.entries({ HOME: paths.home, ...spec.env }).map(([name, value]) => ({ name, value })),
    ports: [{ name: portName, containerPort: serverPort, protocol: 'TCP' }],
    ...(limits && { resources: limits }),
    // No liveness probe: a busy server that is slow to answer would lose its kernels.
    startupProbe: { httpGet, periodSeconds: 1, timeoutSeconds: 5, failureThreshold: 600 },
    readinessProbe: { httpGet, periodSeconds: 5, timeoutSeconds: 5, failureThreshold: 6 },
    securityContext: containerSecurity,
    volumeMounts: [...dataMounts, ...mounts, { name: 'shm', mountPath: '/dev/shm' }],
  };
}
