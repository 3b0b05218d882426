/** What the settings name and the cluster must have: storage class, secrets, service account, ingress class. */
import type { V1IngressClass, V1StorageClass } from '@kubernetes/client-node';
import type { Problem } from '../../../common/problem';
import type { ClusterServerSpec, PreflightFinding } from '../../runtime';
import type { Connection } from '../connection';
import { look } from './look';

/** As clusters mark their default class; the beta form is still in use. */
const defaultMarks = [
  'storageclass.kubernetes.io/is-default-class',
  'storageclass.beta.kubernetes.io/is-default-class',
];
const defaultIngressMark = 'ingressclass.kubernetes.io/is-default-class';

type Marked = Pick<V1StorageClass, 'metadata'>;
export const isDefaultStorage = ({ metadata }: Marked) =>
  defaultMarks.some((mark) => metadata?.annotations?.[mark] === 'true');
export const isDefaultIngress = ({ metadata }: Pick<V1IngressClass, 'metadata'>) =>
  metadata?.annotations?.[defaultIngressMark] === 'true';

export async function referenceFindings(
  connection: Connection,
  { settings }: ClusterServerSpec,
  hasVolume: boolean,
  signal?: AbortSignal,
): Promise<PreflightFinding[]> {
  const { namespace, imagePullSecrets, serviceAccount, ingress } = settings;
  const inside = (resource: string, name: string) =>
    look(connection, 'get', resource, `/api/v1/namespaces/${namespace}/${resource}/${name}`, signal);
  const absent = async (found: Promise<unknown>, problem: Problem, blocks: boolean): Promise<PreflightFinding[]> =>
    (await found) === null ? [{ problem, blocks }] : [];
  const found = await Promise.all([
    // A volume that is there has its class already.
    hasVolume ? [] : storageFindings(connection, settings.storage.className, signal),
    ...imagePullSecrets.map((name) =>
      absent(inside('secrets', name), { reason: 'secret-missing', params: { name } }, true),
    ),
    serviceAccount
      ? absent(inside('serviceaccounts', serviceAccount), { reason: 'service-account-missing', params: { name: serviceAccount } }, true) // prettier-ignore
      : [],
    // Something may make it later (cert-manager), and the server runs without it.
    ingress?.tlsSecret
      ? absent(inside('secrets', ingress.tlsSecret), { reason: 'secret-missing', params: { name: ingress.tlsSecret } }, false) // prettier-ignore
      : [],
    ingress ? ingressFindings(connection, ingress.className, signal) : [],
  ]);
  return found.flat();
}

async function storageFindings(
  connection: Connection,
  name: string,
  signal?: AbortSignal,
): Promise<PreflightFinding[]> {
  const path = `/apis/storage.k8s.io/v1/storageclasses${name && `/${name}`}`;
  const found = await look(connection, name ? 'get' : 'list', 'storageclasses', path, signal);
  const missing = name
    ? found === null
    : found !== undefined && !(found as { items: V1StorageClass[] }).items.some(isDefaultStorage);
  return missing ? [{ problem: { reason: 'storage-class-missing', params: { name } }, blocks: true }] : [];
}

/** Controllers may serve Ingresses without any class, so that only a named one that is not there is told of. */
async function ingressFindings(
  connection: Connection,
  name: string,
  signal?: AbortSignal,
): Promise<PreflightFinding[]> {
  if (name === '') return [];
  const path = `/apis/networking.k8s.io/v1/ingressclasses/${name}`;
  if ((await look(connection, 'get', 'ingressclasses', path, signal)) !== null) return [];
  return [{ problem: { reason: 'ingress-class-missing', params: { name } }, blocks: false }];
}
