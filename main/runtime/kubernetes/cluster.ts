/** The room's door: what the heart may have of it, loaded only when a workspace needs a cluster. */
import { connect } from './connection';
import { kubeconfigFiles } from './contexts';
import { contextPrint, readKubeconfigs } from './kubeconfig';
import { KubernetesRuntime } from './kubernetesRuntime';

export { listContexts, watchContexts } from './contexts';
export { offer } from './offer';
export { KubernetesRuntime } from './kubernetesRuntime';

export interface ClusterPlace {
  context: string;
  namespace: string;
  /** Kubeconfig files in their order; default: as a terminal would find them. */
  files?: readonly string[];
}

/**
 * Reads the kubeconfig anew; asks the API server nothing yet.
 * Rejects with `context-missing`, `kubeconfig-invalid`, `credential-plugin-failed`.
 */
export async function openCluster({ context, namespace, files }: ClusterPlace): Promise<KubernetesRuntime> {
  const connection = await connect(files ?? (await kubeconfigFiles()), context);
  return new KubernetesRuntime({ connection, namespace });
}

/** Another print is another connection: server, authority, user or namespace of the context. Never rejects. */
export async function printOfContext(context: string, files?: readonly string[]): Promise<string> {
  return contextPrint(await readKubeconfigs(files ?? (await kubeconfigFiles())), context);
}
