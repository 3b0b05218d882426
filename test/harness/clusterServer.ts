/** A workspace's server on the test cluster: what the heart would ask of the runtime, without the heart. */
import { randomBytes } from 'node:crypto';
import { ownImageFacts, serverCommand } from '../../main/image/serverCommand';
import { renderConfig } from '../../main/jupyter/config';
import { containerPort, defaultServerSettings } from '../../main/jupyter/model';
import { openCluster } from '../../main/runtime/kubernetes/cluster';
import type { KubernetesRuntime } from '../../main/runtime/kubernetes/kubernetesRuntime';
import { defaultClusterSettings, type ClusterSettings } from '../../main/runtime/kubernetes/model';
import { paths, type ClusterServerSpec, type ServerFile, type ServerObservation } from '../../main/runtime/runtime';
import { testCluster, type TestNamespace } from './cluster';
import { freePort, until } from './processes';
import { workspaceImage } from './workspaceImage';

export interface ClusterServerOptions {
  namespace: Pick<TestNamespace, 'name'>;
  settings?: Partial<ClusterSettings>;
  spec?: Partial<ClusterServerSpec>;
  /** Another user's kubeconfig, and the context in it. */
  access?: { kubeconfig: string; context: string };
}

export interface ClusterServer {
  id: string;
  token: string;
  runtime: KubernetesRuntime;
  spec: ClusterServerSpec;
  files: ServerFile[];
  /** Creates and starts it. */
  start(): Promise<void>;
  see(): Promise<ServerObservation | null>;
  /** Fails when it does not come about in time; resolves with what was seen then. */
  seen(what: string, holds: (server: ServerObservation) => unknown, patienceMs?: number): Promise<ServerObservation>;
  /** Opens the route at a free port. */
  route(): Promise<number>;
  /** Asks the server with its token, over the route. */
  ask(port: number, path: string): Promise<Response>;
  dispose(): Promise<void>;
}

export function serverFiles(token: string, hostnames: readonly string[] = []): ServerFile[] {
  const secretFiles = { token: paths.token, passwordHash: paths.passwordHash };
  const text = renderConfig({
    settings: { ...defaultServerSettings, passwordRequired: false },
    passwordHash: null,
    token: '',
    port: containerPort,
    work: paths.work,
    home: paths.home,
    hostnames,
    secretFiles,
  });
  return [
    { path: paths.config, content: text, mode: 0o444 },
    { path: paths.token, content: token, mode: 0o400 },
    { path: paths.passwordHash, content: '', mode: 0o400 },
  ];
}

export async function clusterServer(options: ClusterServerOptions): Promise<ClusterServer> {
  const cluster = testCluster();
  const id = `t${randomBytes(5).toString('hex')}`;
  const token = randomBytes(24).toString('hex');
  const { kubeconfig, context } = options.access ?? cluster;
  const settings: ClusterSettings = {
    ...defaultClusterSettings,
    context,
    namespace: options.namespace.name,
    storage: { className: '', sizeGiB: 1 },
    memoryRequestMiB: 128,
    memoryLimitMiB: 1024,
    cpuRequest: 0.05,
    ...options.settings,
  };
  const launch = serverCommand(ownImageFacts);
  const spec: ClusterServerSpec = {
    workspaceId: id,
    workspaceName: 'Test server',
    image: workspaceImage(),
    configHash: 'hash-1',
    command: launch.command,
    init: launch.init,
    env: launch.env,
    settings,
    pullPolicy: 'IfNotPresent',
    architecture: '',
    ...options.spec,
  };
  const runtime = await openCluster({ context, namespace: settings.namespace, files: [kubeconfig] });
  const files = serverFiles(token, runtime.hostnames({ id, name: spec.workspaceName }, settings));
  const see = () => runtime.observe(id);
  return {
    id,
    token,
    runtime,
    spec,
    files,
    see,
    async start() {
      await runtime.create(spec, AbortSignal.timeout(60_000), files);
      await runtime.start(id, AbortSignal.timeout(60_000));
    },
    async seen(what, holds, patienceMs = 90_000) {
      let last: ServerObservation | null = null;
      const look = async () => {
        last = await see();
        return last && holds(last) ? last : undefined;
      };
      try {
        return await until(what, look, patienceMs, 300);
      } catch (error) {
        throw new Error(`${String(error)}; last seen: ${JSON.stringify(last)}`, { cause: error });
      }
    },
    async route() {
      const port = await freePort();
      await runtime.openRoute(id, port);
      return port;
    },
    ask: (port, path) =>
      fetch(`http://127.0.0.1:${port}${path}`, {
        headers: { Authorization: `token ${token}` },
        signal: AbortSignal.timeout(20_000),
      }),
    async dispose() {
      await runtime.closeRoute(id).catch(() => undefined);
      runtime.dispose();
    },
  };
}
