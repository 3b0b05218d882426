/**
 * The real Kubernetes of tests (test/harness/cluster): started by `npm test -- cluster`, or by hand with up.sh. Tests take a
 * namespace of their own and leave the rest alone.
 */
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { until } from './processes';

export interface TestCluster {
  /** The administrator's kubeconfig file. */
  kubeconfig: string;
  context: string;
  /** `127.0.0.1:PORT` of a registry that this machine's engine pushes to and the cluster pulls from. */
  registry: string;
  /** The path of kubectl. */
  program: string;
  /** kubectl as administrator. Resolves with its standard output; fails with what it says on standard error. */
  kubectl: (...args: string[]) => Promise<string>;
  /** `kubectl get … -o json`. */
  get: <T = KubeObject>(...args: string[]) => Promise<T>;
  /** Server-side apply of objects as administrator. */
  apply: (...objects: object[]) => Promise<void>;
}

/** As much of an object as tests look at. */
export interface KubeObject {
  apiVersion: string;
  kind: string;
  metadata: { name: string; namespace?: string; uid: string; labels?: Record<string, string> };
  spec: Record<string, unknown>;
  status?: Record<string, unknown>;
  items?: KubeObject[];
}

/** What up.sh writes down: where the running cluster is. */
export interface ClusterDescription {
  kubeconfig: string;
  context: string;
  kubectl: string;
  registry: string;
  node: string;
  root: string;
  containerd: string;
}

const rootFolder = (): string =>
  process.env['K8S_ROOT'] ?? join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'labdock/cluster');

/** The cluster on this machine, for the user who started it. Fails with a sentence when there is none. */
export function clusterDescription(): ClusterDescription {
  const file = join(rootFolder(), 'cluster.json');
  if (!existsSync(file)) throw new Error('no test cluster runs: npm test -- cluster, or test/harness/cluster/up.sh');
  return JSON.parse(readFileSync(file, 'utf8')) as ClusterDescription;
}

/** Runs kubectl with any kubeconfig. `input` goes to its standard input, `timeout` is in ms. */
export function runKubectl(
  program: string,
  kubeconfig: string,
  args: string[],
  { input, timeout = 120_000 }: { input?: string; timeout?: number } = {},
): Promise<string> {
  return new Promise((done, fail) => {
    const child = execFile(
      program,
      ['--kubeconfig', kubeconfig, ...args],
      { timeout, maxBuffer: 64 * 1024 * 1024 },
      (error, output, errors) => {
        if (error) fail(new Error(`kubectl ${args.join(' ')}: ${errors.trim() || error.message}`));
        else done(output);
      },
    );
    // kubectl may end before it has read all; how it ended is told above.
    child.stdin?.on('error', () => undefined);
    child.stdin?.end(input);
  });
}

/**
 * The running cluster. Desktop tests, run as an ordinary user, are told by `LABDOCK_TEST_KUBECONFIG`,
 * `LABDOCK_TEST_REGISTRY` and `LABDOCK_TEST_KUBECTL`; others find what up.sh wrote down.
 */
export function testCluster(): TestCluster {
  const told = {
    kubeconfig: process.env['LABDOCK_TEST_KUBECONFIG'],
    registry: process.env['LABDOCK_TEST_REGISTRY'],
    kubectl: process.env['LABDOCK_TEST_KUBECTL'],
  };
  const all = told.kubeconfig && told.registry && told.kubectl;
  const here = all ? { ...told, context: 'local' } : clusterDescription();
  const { kubeconfig = '', registry = '', kubectl: program = '', context } = here;
  const kubectl = (...args: string[]): Promise<string> => runKubectl(program, kubeconfig, args);
  return {
    kubeconfig,
    context,
    registry,
    program,
    kubectl,
    get: async <T>(...args: string[]) => JSON.parse(await kubectl('get', ...args, '-o', 'json')) as T,
    apply: async (...objects) => {
      const input = objects.map((object) => JSON.stringify(object)).join('\n---\n');
      const args = ['apply', '--server-side', '--field-manager=labdock-test', '-f', '-'];
      await runKubectl(program, kubeconfig, args, { input });
    },
  };
}

export interface NamespaceOptions {
  /** Whether the namespace enforces the pod security profile `restricted`. */
  restricted?: boolean;
  /** The `hard` part of a ResourceQuota, such as `{ 'requests.memory': '1Gi', pods: '1' }`. */
  quota?: Record<string, string>;
  labels?: Record<string, string>;
}

export interface TestNamespace {
  name: string;
  /** kubectl as administrator in this namespace. */
  kubectl: (...args: string[]) => Promise<string>;
  get: <T = KubeObject>(...args: string[]) => Promise<T>;
  /** Applies objects into this namespace, as administrator. */
  apply: (...objects: object[]) => Promise<void>;
  /** Removes the namespace with all that is in it, and the volumes its claims were bound to. */
  dispose: () => Promise<void>;
}

/** What the controllers may take after the API server was away: they ask again after 30 to 60 s by then. */
const patienceMs = 120_000;

/** A namespace of a test's own. The default service account is there when this resolves. */
export async function testNamespace(options: NamespaceOptions = {}): Promise<TestNamespace> {
  const cluster = testCluster();
  const name = `labdock-test-${randomBytes(5).toString('hex')}`;
  const profile = { 'pod-security.kubernetes.io/enforce': 'restricted' };
  const labels = { ...options.labels, ...(options.restricted ? profile : {}) };
  await cluster.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels } });
  const within =
    <T>(call: (...args: string[]) => Promise<T>) =>
    (...args: string[]) =>
      call('-n', name, ...args);
  const namespace: TestNamespace = {
    name,
    kubectl: within(cluster.kubectl),
    get: <T>(...args: string[]) => cluster.get<T>('-n', name, ...args),
    apply: (...objects) => cluster.apply(...objects.map((object) => inNamespace(object, name))),
    dispose: () => disposeNamespace(cluster, name),
  };
  try {
    if (options.quota) {
      const quota = { apiVersion: 'v1', kind: 'ResourceQuota', metadata: { name: 'quota' } };
      await namespace.apply({ ...quota, spec: { hard: options.quota } });
      // Admission goes by the status, which the controller manager writes.
      await until('the quota counts', async () => (await namespace.get('quota', 'quota')).status?.['hard'], patienceMs);
    }
    await until('the default service account', () => namespace.get('serviceaccount', 'default'), patienceMs);
  } catch (error) {
    await namespace.dispose();
    throw error;
  }
  return namespace;
}

function inNamespace(object: object, namespace: string): object {
  const { metadata, ...rest } = object as { metadata?: object };
  return { ...rest, metadata: { namespace, ...metadata } };
}

async function disposeNamespace(cluster: TestCluster, name: string): Promise<void> {
  await until(
    `namespace ${name} is gone`,
    async () => {
      // Again where an API server that was just restarted did not hear it.
      await cluster.kubectl('delete', 'namespace', name, '--ignore-not-found', '--wait=false');
      const left = await cluster.kubectl('get', 'namespace', name, '--ignore-not-found', '-o', 'name');
      return left === '';
    },
    180_000,
    1000,
  );
  interface Volume extends KubeObject {
    spec: { claimRef?: { namespace?: string } };
  }
  const volumes = async () => {
    const { items = [] } = await cluster.get<{ items: Volume[] }>('pv');
    return items.filter(({ spec }) => spec.claimRef?.namespace === name).map(({ metadata }) => metadata.name);
  };
  // The provisioner takes its own away after the claim; volumes made by hand stay unless removed.
  const bound = await volumes();
  if (bound.length) await cluster.kubectl('delete', 'pv', ...bound, '--wait=false', '--ignore-not-found');
  await until(`the volumes of ${name} are gone`, async () => (await volumes()).length === 0, 120_000, 500);
}
