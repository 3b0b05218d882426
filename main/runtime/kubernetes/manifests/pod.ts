/** What every pod of a workspace has in common, its server's and its helpers': security, place, volume. Pure. */
import type {
  V1Pod,
  V1PodSpec,
  V1SecurityContext,
  V1Toleration,
  V1Volume,
  V1VolumeMount,
} from '@kubernetes/client-node';
import { paths } from '../../runtime';
import type { ClusterSettings, Toleration } from '../model';

/** Group of the volume's files: the kubelet gives it to the process, whatever user that runs as. */
export const volumeGroup = 1000;
export const dataVolumeName = 'data';

/** The restricted profile's demands on a pod (kubernetes.io/docs/concepts/security/pod-security-standards). */
export function podSecurity(settings: Pick<ClusterSettings, 'runAsUser'>): V1PodSpec['securityContext'] {
  const { runAsUser } = settings;
  return {
    runAsNonRoot: true,
    seccompProfile: { type: 'RuntimeDefault' },
    // Without a user of ours the cluster assigns user and group (OpenShift refuses others). Group 0 may write what the image
    // keeps for any user.
    ...(runAsUser !== null && {
      runAsUser,
      runAsGroup: 0,
      fsGroup: volumeGroup,
      // Changing the owner of every file of a large volume would stall each start.
      fsGroupChangePolicy: 'OnRootMismatch',
    }),
  };
}

/** The restricted profile's demands on a container. */
export const containerSecurity: V1SecurityContext = {
  allowPrivilegeEscalation: false,
  capabilities: { drop: ['ALL'] },
};

/** Where it may run and with whose credentials: no token of the cluster's API in it. */
export function placement(settings: ClusterSettings, architecture: string): Partial<V1PodSpec> {
  const nodeSelector = {
    // An image for one architecture dies on nodes of another with `exec format error`.
    ...(architecture && { 'kubernetes.io/arch': architecture }),
    ...settings.nodeSelector,
  };
  return {
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    ...(settings.serviceAccount && { serviceAccountName: settings.serviceAccount }),
    ...(settings.imagePullSecrets.length > 0 && {
      imagePullSecrets: settings.imagePullSecrets.map((name) => ({ name })),
    }),
    ...(Object.keys(nodeSelector).length > 0 && { nodeSelector }),
    ...(settings.tolerations.length > 0 && { tolerations: settings.tolerations.map(toleration) }),
  };
}

function toleration({ key, operator, value, effect, seconds }: Toleration): V1Toleration {
  return {
    ...(key && { key }),
    operator,
    ...(operator === 'Equal' && { value }),
    ...(effect && { effect }),
    ...(effect === 'NoExecute' && seconds !== null && { tolerationSeconds: seconds }),
  };
}

/** @param claim name of the PersistentVolumeClaim */
export function dataVolume(claim: string): V1Volume {
  return { name: dataVolumeName, persistentVolumeClaim: { claimName: claim } };
}

/**
 * Files and HOME, beside each other in one volume. Never over /opt: Kubernetes does not copy what the image has there into
 * the volume, so that it would be gone.
 */
export const dataMounts: V1VolumeMount[] = [
  { name: dataVolumeName, mountPath: paths.work, subPath: 'work' },
  { name: dataVolumeName, mountPath: paths.home, subPath: 'home' },
];

/** A pod on its own from a template, for a dry run. */
export function podOf(
  name: string,
  namespace: string,
  template: { metadata?: V1Pod['metadata']; spec?: V1PodSpec },
): V1Pod {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { ...template.metadata, name, namespace },
    ...(template.spec && { spec: template.spec }),
  };
}
