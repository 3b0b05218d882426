// The test cluster around the parts that need it: started before the first of them, kept between them, ended after the last,
// unless it ran before. Also what an ordinary user is given to reach it.
import { chmodSync, copyFileSync, linkSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { clusterDown, clusterHere, clusterIsKept, clusterUp } from '../setup/cluster.mjs';
import { say } from '../setup/shell.mjs';

/** Starts and ends the cluster for a number of parts. `acquire` starts what is missing; `release` ends what it started. */
export class ClusterHold {
  #ours = false;

  /** Resolves with a line for the summary. */
  async acquire() {
    const started = Date.now();
    const fresh = await clusterUp();
    if (fresh && !this.#ours) {
      // Its processes are in sessions of their own: an interrupted run would leave them.
      for (const signal of ['SIGINT', 'SIGTERM'])
        process.once(signal, () => void this.release().then(() => process.exit(130)));
    }
    this.#ours ||= fresh;
    return `cluster ${fresh ? 'started' : 'was running'} (${((Date.now() - started) / 1000).toFixed(1)} s)`;
  }

  async release() {
    if (!this.#ours) return;
    this.#ours = false;
    if (clusterIsKept()) return;
    await clusterDown().catch((error) => say(`  the cluster did not end: ${error.message}`));
  }
}

/**
 * Puts copies of the kubeconfig and of kubectl where another user reads them, and returns the environment variables that
 * lead a test to the cluster.
 */
export function clusterFor(folder) {
  const cluster = clusterHere();
  if (!cluster) return {};
  mkdirSync(folder, { recursive: true });
  const kubeconfig = join(folder, 'kubeconfig');
  copyFileSync(cluster.kubeconfig, kubeconfig);
  chmodSync(kubeconfig, 0o600);
  const kubectl = join(folder, 'kubectl');
  try {
    linkSync(cluster.kubectl, kubectl);
  } catch {
    // Another file system, or another user's file.
    copyFileSync(cluster.kubectl, kubectl);
  }
  return {
    LABDOCK_TEST_KUBECONFIG: kubeconfig,
    LABDOCK_TEST_KUBECTL: kubectl,
    LABDOCK_TEST_REGISTRY: cluster.registry,
  };
}
