/** Faults of the real cluster: parts of it ended and started again by pid, through its own scripts. */
import { join } from 'node:path';
import { clusterDescription, testCluster } from './cluster';
import { run, until } from './processes';

export type ClusterPart =
  | 'kube-apiserver'
  | 'kubelet'
  | 'kube-controller-manager'
  | 'kube-scheduler'
  | 'kube-proxy'
  | 'containerd'
  | 'etcd'
  | 'registry'
  | 'local-path-provisioner';

const script = join(import.meta.dirname, 'cluster/part.sh');

/** The command as root: tests of the cluster run as root, or as a user whom sudo asks nothing. */
export const asRoot = (command: string[]): string[] =>
  process.getuid?.() === 0 ? command : ['sudo', '-n', ...command];

async function part(action: string, name: ClusterPart): Promise<string> {
  const { root } = clusterDescription();
  return (await run(asRoot(['env', `K8S_ROOT=${root}`, script, action, name]), { timeout: 180_000 })).trim();
}

/** Ends a part: SIGTERM, after 30 s SIGKILL. */
export const stopPart = (name: ClusterPart): Promise<string> => part('stop', name);
/** Ends a part with SIGKILL: open connections break without a goodbye. */
export const killPart = (name: ClusterPart): Promise<string> => part('kill', name);
/** Starts a part that was ended; resolves when it does its work again. Does nothing when it runs. */
export const startPart = (name: ClusterPart): Promise<string> => part('start', name);
export const partRuns = async (name: ClusterPart): Promise<boolean> => (await part('status', name)) === 'running';

export const stopApiServer = (): Promise<string> => stopPart('kube-apiserver');
export const startApiServer = (): Promise<string> => startPart('kube-apiserver');
/** Pods go on, connections through the API server end. */
export async function restartApiServer(): Promise<void> {
  await stopApiServer();
  await startApiServer();
}

/**
 * After an API server that was away they ask again only when up to a minute has passed. Usually they hold leases, lose them
 * meanwhile and are started anew; here there is one of each, without.
 */
export async function restartControllers(): Promise<void> {
  for (const name of ['kube-controller-manager', 'kube-scheduler'] as const) {
    await stopPart(name);
    await startPart(name);
  }
}

export const stopKubelet = (): Promise<string> => stopPart('kubelet');
/** Resolves when the node is ready by the word of the new kubelet, and takes pods again. */
export async function startKubelet(): Promise<void> {
  await startPart('kubelet');
  const cluster = testCluster();
  interface Node {
    spec: { taints?: { key: string }[] };
  }
  await until(
    'the node takes pods again',
    async () => {
      const { spec } = await cluster.get<Node>('node', clusterDescription().node);
      return !spec.taints?.some(({ key }) => key.startsWith('node.kubernetes.io/'));
    },
    60_000,
  );
}
