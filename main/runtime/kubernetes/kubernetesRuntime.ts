/** Servers as Deployments in one namespace of a cluster. Every call re-reads the truth from the API server. */
import { LabdockError, type Problem } from '../../common/problem';
import type {
  AgentStream,
  ClusterRuntime,
  ClusterServerSpec,
  LogLine,
  ManifestFolder,
  PreflightFinding,
  RouteState,
  ServerFile,
  ServerObservation,
} from '../runtime';
import { applyObjects, ensureNamespace, existingName, type ApplyOptions } from './apply';
import type { Connection } from './connection';
import { ensureHelper, givingWay, removeHelpers } from './helperPod';
import { probeImage, type ProbeRequest } from './imageProbe';
import { immutableChange } from './immutable';
import { withLease } from './lease';
import { leasePlace, removeServer, removeVolume, requireNoMove, startServer, stopServer } from './lifecycle';
import { followServerLog } from './logs';
import { manifestFolder } from './manifestFolder';
import { renderNamespace, renderObjects, type ServerObject } from './manifests/objects';
import type { ClusterSettings } from './model';
import * as names from './names';
import { claimName, isReady, serverPods, startOf } from './observation';
import { PatienceMemory } from './patienceMemory';
import { preflight } from './preflight';
import { openStream } from './responseStream';
import { Route } from './route/route';
import { readServerFile, writeServerFiles } from './serverFiles';
import { lookAtServer } from './serverLook';
import { ServerObjects } from './serverObjects';
import { execCommand, openExec } from './stream/exec';
import type { Ask } from './watch';
import { watchServers, type ServerListener } from './watchServers';

export interface KubernetesRuntimeOptions {
  connection: Connection;
  namespace: string;
}

/** A look whose meaning changes by waiting is taken again a moment after that, not at the very moment. */
const lateMs = 250;

export class KubernetesRuntime implements ClusterRuntime {
  readonly kind = 'cluster';
  readonly #connection: Connection;
  readonly #namespace: string;
  readonly #objects: ServerObjects;
  readonly #memory = new PatienceMemory();
  /** Workspaces that were looked at: pods that come later are seen from their beginning. */
  readonly #known = new Set<string>();
  /** Of each workspace's objects here. */
  readonly #names = new Map<string, string>();
  readonly #listeners = new Set<ServerListener['onChange']>();
  readonly #routes = new Map<string, Route>();
  /** Commands that run in a workspace's helper pod now. */
  readonly #agents = new Map<string, number>();
  readonly #lookAgain = new Map<string, NodeJS.Timeout>();
  readonly #ending = new AbortController();

  constructor({ connection, namespace }: KubernetesRuntimeOptions) {
    this.#connection = connection;
    this.#namespace = namespace;
    this.#objects = new ServerObjects(connection, namespace);
  }

  // --- what is there -------------------------------------------------------------------------------------------------

  async observe(workspaceId: string): Promise<ServerObservation | null> {
    const seen = await lookAtServer(this.#objects, workspaceId, this.#memory, this.#known);
    this.#remind(workspaceId, seen?.lookAgainMs);
    if (!seen) {
      await this.#learnName(workspaceId);
      return null;
    }
    this.#names.set(workspaceId, seen.name);
    const route = this.#routes.get(workspaceId);
    return { ...seen.observation, ...(route && { port: route.state.port }) };
  }

  list(): Promise<string[]> {
    return this.#objects.workspaceIds();
  }

  watch(onChange: ServerListener['onChange'], onAvailability: ServerListener['onAvailability']): { dispose(): void } {
    this.#listeners.add(onChange);
    const watching = watchServers(this.#ask, this.#namespace, {
      onAvailability,
      onChange: (id) => {
        // The pod may be another one now, or ready at last: no route waits for its pause.
        if (id === null) for (const route of this.#routes.values()) route.check();
        else this.#routes.get(id)?.check();
        onChange(id);
      },
    });
    const dispose = () => {
      this.#listeners.delete(onChange);
      watching.dispose();
    };
    this.#ending.signal.addEventListener('abort', dispose, { once: true });
    return { dispose };
  }

  async followLogs(
    workspaceId: string,
    onLine: (line: LogLine) => void,
    options: { tail: number; signal: AbortSignal },
  ): Promise<void> {
    const deployment = await this.#objects.deployment(workspaceId, options.signal);
    if (!deployment) return;
    const source = {
      ask: this.#ask,
      namespace: this.#namespace,
      workspaceId,
      scope: { objectName: deployment.metadata?.name ?? '', claimName: claimName(deployment) },
      deployment: () => this.#objects.deployment(workspaceId),
      startOf,
    };
    const signal = AbortSignal.any([options.signal, this.#ending.signal]);
    await followServerLog(source, onLine, { tail: options.tail, signal });
  }

  async readFile(workspaceId: string, path: string): Promise<Buffer | null> {
    const deployment = await this.#objects.deployment(workspaceId);
    return deployment && readServerFile(this.#objects, deployment, path);
  }

  // --- objects -------------------------------------------------------------------------------------------------------

  /**
   * Applies all objects with zero replicas, the namespace first where it may be made.
   * Rejects with `adopt-first`, `apply-conflict`, `name-foreign`, `namespace-missing`, `quota-exceeded`, …
   */
  create(spec: ClusterServerSpec, signal: AbortSignal, files: ServerFile[] = []): Promise<void> {
    return this.#apply(spec, files, { signal });
  }

  adopt(spec: ClusterServerSpec, files: ServerFile[], signal: AbortSignal): Promise<void> {
    return this.#apply(spec, files, { signal, force: true });
  }

  async #apply(spec: ClusterServerSpec, files: ServerFile[], options: ApplyOptions): Promise<void> {
    const { workspaceId, settings } = spec;
    await ensureNamespace(this.#connection, settings, options.signal);
    const name = await existingName(this.#connection, this.#namespace, workspaceId, options.signal);
    if (name !== undefined) this.#names.set(workspaceId, name);
    await applyObjects(this.#connection, workspaceId, this.#render(spec, files), options);
  }

  async putFiles(workspaceId: string, files: ServerFile[], signal?: AbortSignal): Promise<void> {
    const deployment = await this.#objects.require(workspaceId, signal);
    await writeServerFiles(this.#objects, deployment, files, signal);
  }

  preflight(spec: ClusterServerSpec, signal: AbortSignal): Promise<PreflightFinding[]> {
    const either = AbortSignal.any([signal, this.#ending.signal]);
    return preflight(this.#connection, spec, this.#render(spec, []), either);
  }

  manifests(spec: ClusterServerSpec, files: ServerFile[]): ManifestFolder {
    return manifestFolder(
      this.#render(spec, files, 1),
      spec.settings.createNamespace ? renderNamespace(spec.settings) : undefined,
    );
  }

  immutableChange({ workspaceId, workspaceName, settings }: ClusterServerSpec): Promise<Problem | undefined> {
    const name = this.#nameOf(workspaceId, workspaceName);
    return immutableChange(this.#connection, name, settings, this.#ending.signal);
  }

  addresses({ workspaceId, workspaceName, settings }: ClusterServerSpec): { inside: string; outside?: string } {
    return names.addresses(this.#nameOf(workspaceId, workspaceName), settings);
  }

  hostnames({ id, name }: { id: string; name: string }, settings: ClusterSettings): string[] {
    return names.hostnames(this.#nameOf(id, name), settings);
  }

  #render(spec: ClusterServerSpec, files: readonly ServerFile[], replicas: 0 | 1 = 0): ServerObject[] {
    return renderObjects(spec, files, { replicas, name: this.#nameOf(spec.workspaceId, spec.workspaceName) });
  }

  /** Objects keep the name they were made with; those that were not seen yet get theirs from the workspace. */
  #nameOf(workspaceId: string, workspaceName: string): string {
    return this.#names.get(workspaceId) ?? names.objectName(workspaceName, workspaceId);
  }

  // --- life ----------------------------------------------------------------------------------------------------------

  async start(workspaceId: string, signal: AbortSignal): Promise<void> {
    await startServer(this.#objects, workspaceId, { signal, helperInUse: (this.#agents.get(workspaceId) ?? 0) > 0 });
  }

  stop(workspaceId: string, graceSeconds: number): Promise<void> {
    return stopServer(this.#objects, workspaceId, graceSeconds);
  }

  async remove(workspaceId: string): Promise<void> {
    await this.closeRoute(workspaceId);
    await removeServer(this.#objects, workspaceId);
  }

  removeHome(workspaceId: string): Promise<void> {
    return removeVolume(this.#objects, workspaceId);
  }

  async exec(workspaceId: string, command: string[], timeoutMs: number) {
    const pod = await this.#readyPod(workspaceId);
    if (!pod) throw new LabdockError('server-not-ready', { seconds: 0 });
    const target = { namespace: this.#namespace, pod, container: names.serverContainer, command };
    return execCommand(this.#connection, target, { timeoutMs, signal: this.#ending.signal });
  }

  // --- the route -----------------------------------------------------------------------------------------------------

  async openRoute(workspaceId: string, port: number): Promise<void> {
    if (this.#ending.signal.aborted) throw new LabdockError('cancelled');
    if (this.#routes.get(workspaceId)?.state.port === port) return;
    await this.closeRoute(workspaceId);
    const route = new Route({
      connection: this.#connection,
      namespace: this.#namespace,
      findPod: (signal) => this.#readyPod(workspaceId, signal),
      targetPort: names.serverPort,
      port,
      onChange: () => this.#tell(workspaceId),
    });
    this.#routes.set(workspaceId, route);
    try {
      await route.open();
    } catch (error) {
      if (this.#routes.get(workspaceId) === route) this.#routes.delete(workspaceId);
      throw error;
    }
  }

  async closeRoute(workspaceId: string): Promise<void> {
    const route = this.#routes.get(workspaceId);
    this.#routes.delete(workspaceId);
    await route?.close();
  }

  route(workspaceId: string): RouteState | undefined {
    return this.#routes.get(workspaceId)?.state;
  }

  // --- beside the server ---------------------------------------------------------------------------------------------

  async openAgent(workspaceId: string, command: string[], signal: AbortSignal): Promise<AgentStream> {
    const either = AbortSignal.any([signal, this.#ending.signal]);
    const target = { namespace: this.#namespace, container: names.serverContainer, signal: either };
    // A server that runs has the files: a second pod may find no room on its node, or in the quota.
    const server = await this.#readyPod(workspaceId, either);
    if (server !== null)
      return openExec(this.#connection, { ...target, pod: server, command: [...givingWay, ...command] });
    const helper = await ensureHelper(this.#objects, workspaceId, either);
    const agent = await openExec(this.#connection, { ...target, pod: helper.metadata?.name ?? '', command });
    const count = (change: number) => this.#agents.set(workspaceId, (this.#agents.get(workspaceId) ?? 0) + change);
    count(1);
    const over = () => count(-1);
    agent.done.then(over, over);
    return agent;
  }

  removeHelper(workspaceId: string): Promise<void> {
    return removeHelpers(this.#objects, workspaceId);
  }

  async requireNoMove(workspaceId: string, signal?: AbortSignal): Promise<void> {
    const deployment = await this.#objects.deployment(workspaceId, signal);
    if (deployment) await requireNoMove(this.#objects, deployment, signal);
  }

  async withLease<T>(workspaceId: string, work: (signal: AbortSignal) => Promise<T>, signal?: AbortSignal): Promise<T> {
    return withLease(leasePlace(this.#objects, await this.#objects.require(workspaceId, signal)), work, { signal });
  }

  runImage(request: ProbeRequest, signal: AbortSignal): Promise<{ code: number; stdout: string }> {
    return probeImage(this.#objects, request, AbortSignal.any([signal, this.#ending.signal]));
  }

  // --- small things --------------------------------------------------------------------------------------------------

  dispose(): void {
    this.#ending.abort();
    for (const id of [...this.#routes.keys()]) void this.closeRoute(id);
    for (const timer of this.#lookAgain.values()) clearTimeout(timer);
    this.#lookAgain.clear();
    this.#connection.close();
  }

  readonly #ask: Ask = (path, query, signal) => openStream(this.#connection, path, query, signal);

  /** A volume that outlived its server keeps the name. */
  async #learnName(workspaceId: string): Promise<void> {
    const name = await existingName(this.#connection, this.#namespace, workspaceId).catch(() => undefined);
    if (name === undefined) this.#names.delete(workspaceId);
    else this.#names.set(workspaceId, name);
  }

  async #readyPod(workspaceId: string, signal?: AbortSignal): Promise<string | null> {
    const deployment = await this.#objects.deployment(workspaceId, signal);
    if (!deployment) return null;
    const [pod] = serverPods(deployment, await this.#objects.pods(workspaceId, signal));
    return pod && isReady(pod) ? (pod.metadata?.name ?? null) : null;
  }

  #tell(workspaceId: string): void {
    for (const onChange of this.#listeners) onChange(workspaceId);
  }

  /** What only time tells, no event does. */
  #remind(workspaceId: string, afterMs: number | undefined): void {
    clearTimeout(this.#lookAgain.get(workspaceId));
    this.#lookAgain.delete(workspaceId);
    if (afterMs === undefined || this.#ending.signal.aborted) return;
    const timer = setTimeout(() => {
      this.#lookAgain.delete(workspaceId);
      this.#tell(workspaceId);
    }, afterMs + lateMs);
    timer.unref();
    this.#lookAgain.set(workspaceId, timer);
  }
}
