/** What a cluster offers, for the settings page: as far as this user may see. */
import type { V1IngressClass, V1Namespace, V1Node, V1StorageClass } from '@kubernetes/client-node';
import { bounded, connect, type Connection } from './connection';
import { kubeconfigFiles } from './contexts';
import type { ClusterOffer } from './model';
import { askAccess } from './preflight/access';
import { lookAtList } from './preflight/look';
import { architectureOf } from './preflight/nodes';
import { isDefaultIngress, isDefaultStorage } from './preflight/references';

/** Rejects with `context-missing`, `cluster-unreachable`, `cluster-credentials`, `cluster-tls`, credential plugins' reasons. */
export async function offer(place: { context: string }, files?: readonly string[]): Promise<ClusterOffer> {
  const connection = await connect(files ?? (await kubeconfigFiles()), place.context);
  try {
    return await offerOf(connection);
  } finally {
    connection.close();
  }
}

export async function offerOf(connection: Connection, signal?: AbortSignal): Promise<ClusterOffer> {
  // First and alone: without it the others would only say the same, several times.
  const { gitVersion } = await connection.ask({ verb: 'get', resource: 'version' }, () =>
    connection.version.getCode({}, bounded(signal)),
  );
  const create = { group: '', resource: 'namespaces', subresource: '', verb: 'create', needed: true };
  const [namespaces, storage, ingress, nodes, access] = await Promise.all([
    lookAtList<V1Namespace>(connection, 'namespaces', '/api/v1/namespaces', signal),
    lookAtList<V1StorageClass>(connection, 'storageclasses', '/apis/storage.k8s.io/v1/storageclasses', signal),
    lookAtList<V1IngressClass>(connection, 'ingressclasses', '/apis/networking.k8s.io/v1/ingressclasses', signal),
    lookAtList<V1Node>(connection, 'nodes', '/api/v1/nodes', signal),
    askAccess(connection, '', [create], signal),
  ]);
  const name = ({ metadata }: V1Namespace | V1StorageClass | V1IngressClass) => metadata?.name ?? '';
  return {
    version: gitVersion,
    mayCreateNamespace: access.every(({ allowed }) => allowed),
    ...(namespaces && { namespaces: namespaces.map(name).sort() }),
    ...(storage && {
      storageClasses: storage.map((one) => ({
        name: name(one),
        isDefault: isDefaultStorage(one),
        provisioner: one.provisioner,
        waitsForConsumer: one.volumeBindingMode === 'WaitForFirstConsumer',
      })),
    }),
    ...(ingress && { ingressClasses: ingress.map((one) => ({ name: name(one), isDefault: isDefaultIngress(one) })) }),
    ...(nodes && { architectures: [...new Set(nodes.map(architectureOf))].filter((one) => one !== '').sort() }),
  };
}
