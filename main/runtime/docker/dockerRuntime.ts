/** Servers as containers of a Docker-compatible engine of this computer. Every call re-reads the truth from the engine. */
import type Docker from 'dockerode';
import { LabdockError } from '../../common/problem';
import {
  labels,
  paths,
  type HomeFile,
  type LargeHomeFile,
  type LogLine,
  type Runtime,
  type ServerFile,
  type ServerObservation,
  type ServerSpec,
} from '../runtime';
import { addedPaths, modifiedAt } from './beyondImage';
import { ask, type CallOptions } from './client';
import { containerName, createOptions, homeVolumeName } from './containerSpec';
import type { EngineTraits } from './engineTraits';
import { engineError, statusCode } from './errors';
import { execute } from './exec';
import { requireFolder } from './folder';
import { readHome, writeHome } from './home';
import { followContainerLog } from './logs';
import { mountedFolder, ownerOf, pick, stateOf, toObservation, wantedPort } from './observation';
import {
  ensureVolume,
  inspectOrNull,
  inspectOwn,
  listOwn,
  orNull,
  removeContainer,
  removeVolume,
} from './ownContainers';
import { requirePort, withHolder } from './portCheck';
import { packFiles, parentsOf, unpackFile, withParents, type ArchiveDirectory } from './serverFiles';
import { userMapping } from './userMapping';
import { watchEvents } from './watch';

export interface DockerRuntimeOptions {
  client: Docker;
  engine: EngineTraits;
  /** The person at this computer; undefined on Windows. */
  user: { uid: number; gid: number } | undefined;
}

/** Creating waits for volumes to be filled, starting for networks and devices. */
const slowCallMs = 120_000;

export class DockerRuntime implements Runtime {
  readonly kind = 'local';
  readonly #client: Docker;
  readonly #engine: EngineTraits;
  readonly #user: DockerRuntimeOptions['user'];

  constructor({ client, engine, user }: DockerRuntimeOptions) {
    this.#client = client;
    this.#engine = engine;
    this.#user = user;
  }

  /** True where this computer's user can only be uid 0 inside: Jupyter must then be told that root is meant. */
  get rootInside(): boolean {
    return userMapping(this.#engine, this.#user).uid === 0;
  }

  async observe(workspaceId: string): Promise<ServerObservation | null> {
    const inspected = await inspectOwn(this.#client, workspaceId);
    return inspected && toObservation(inspected);
  }

  async list(): Promise<string[]> {
    const found = await listOwn(this.#client);
    return [...new Set(found.map((container) => container.Labels[labels.workspace]!))];
  }

  /** Rejects with `folder-missing`, `folder-not-directory`, `image-not-found`, `gpu-unavailable`, `name-foreign`, … */
  async create(spec: ServerSpec, signal: AbortSignal, files: ServerFile[] = []): Promise<void> {
    const user = userMapping(this.#engine, this.#user, spec.allowRoot);
    const options = createOptions(spec, user, this.#engine);
    await requireFolder(spec.folder);
    if (await this.#hasAlready(spec)) {
      if (files.length > 0) await this.putFiles(spec.workspaceId, files, signal);
      return;
    }
    await ensureVolume(this.#client, homeVolumeName(spec.workspaceId), spec.workspaceId, signal);
    // Not cancelled on the way: the engine would finish it a moment after nobody waits for it any more.
    const call: CallOptions = { timeoutMs: slowCallMs, folder: spec.folder, port: spec.port };
    const container = await this.#createContainer(spec, options, call);
    try {
      // An image without this directory, or a volume made for another uid, would leave HOME unwritable.
      const home = { path: paths.home, mode: 0o770, owner: user };
      const directories = await this.#missingParents(container, files, signal);
      // One archive: each costs the engine a mount of the container's file system, 90 ms here.
      await this.#put(container, await packFiles(files, user, [home, ...directories]), signal);
    } catch (error) {
      await removeContainer(this.#client, container.id).catch(() => undefined);
      throw error;
    }
  }

  /** True: the same server is there. A differing one that does not run makes way: whoever asks for a new one means that. */
  async #hasAlready(spec: ServerSpec): Promise<boolean> {
    const existing = await listOwn(this.#client, spec.workspaceId);
    const stillUp = (c: Docker.ContainerInfo) => ['running', 'paused', 'restarting'].includes(stateOf(c.State));
    if (existing.some((c) => c.Labels[labels.config] === spec.configHash && stateOf(c.State) !== 'removing'))
      return true;
    if (existing.some(stillUp)) {
      throw new LabdockError('engine-error', undefined, { detail: 'a server with other settings is still running' });
    }
    for (const { Id } of existing) await removeContainer(this.#client, Id);
    return false;
  }

  async #createContainer(
    spec: ServerSpec,
    options: Docker.ContainerCreateOptions,
    call: CallOptions,
  ): Promise<Docker.Container> {
    try {
      return await ask((abortSignal) => this.#client.createContainer({ ...options, abortSignal }), call);
    } catch (error) {
      // Podman's init is a package of its own; Jupyter as process 1 ends on SIGTERM all the same.
      const { message } = engineError(error);
      if (options.HostConfig?.Init && /container-init binary not found/i.test(message)) {
        const without = { ...options, HostConfig: { ...options.HostConfig, Init: false } };
        return this.#createContainer(spec, without, call);
      }
      if (statusCode(error) === 404)
        throw new LabdockError('image-not-found', { reference: spec.image }, { cause: error });
      await this.#explainClash(spec, error);
      await this.#dropHalfMade(spec);
      throw error;
    }
  }

  /** A container with our name but without our label is somebody else's. */
  async #explainClash(spec: ServerSpec, error: unknown): Promise<void> {
    const name = containerName(spec.workspaceName, spec.workspaceId);
    if (statusCode(error) !== 409 && !/name .* is already in use/i.test(engineError(error).message)) return;
    const holder = await inspectOrNull(this.#client, name);
    if (holder && holder.Config.Labels?.[labels.workspace] !== spec.workspaceId) {
      throw new LabdockError('name-foreign', { name }, { cause: error });
    }
  }

  /** The engine may have finished although its answer was lost. */
  async #dropHalfMade(spec: ServerSpec): Promise<void> {
    const found = await listOwn(this.#client, spec.workspaceId).catch(() => []);
    const made = found.filter((c) => c.Labels[labels.config] === spec.configHash && stateOf(c.State) === 'created');
    for (const { Id } of made) await removeContainer(this.#client, Id).catch(() => undefined);
  }

  async putFiles(workspaceId: string, files: ServerFile[], signal?: AbortSignal): Promise<void> {
    const inspected = await this.#require(workspaceId);
    const container = this.#client.getContainer(inspected.Id);
    const directories = await this.#missingParents(container, files, signal);
    await this.#put(container, await packFiles(files, ownerOf(inspected), directories), signal);
  }

  /** Where the image has no such directory it is made readable for everyone, whatever the engine would choose. */
  async #missingParents(container: Docker.Container, files: ServerFile[], signal?: AbortSignal) {
    const directories: ArchiveDirectory[] = [];
    const known = new Set<string>();
    // From the inside out: where a directory exists, so do those around it, and nobody need be asked.
    for (const path of parentsOf(files).reverse()) {
      if (known.has(path)) continue;
      if (await this.#exists(container, path, signal)) for (const outer of withParents(path)) known.add(outer);
      else directories.unshift({ path, mode: 0o755, owner: { uid: 0, gid: 0 } });
    }
    return directories;
  }

  async #put(container: Docker.Container, archive: Buffer, signal?: AbortSignal): Promise<void> {
    const call = { signal, timeoutMs: slowCallMs };
    await ask((abortSignal) => container.putArchive(archive, { path: '/', abortSignal }), call);
  }

  async #exists(container: Docker.Container, path: string, signal?: AbortSignal): Promise<boolean> {
    const head = (abortSignal: AbortSignal) =>
      container.infoArchive({ path, abortSignal }) as Promise<NodeJS.ReadableStream>;
    const answer = await orNull(ask(head, { signal }));
    answer?.resume();
    return answer !== null;
  }

  async readFile(workspaceId: string, path: string): Promise<Buffer | null> {
    // Every launch reads: one question less.
    const found = pick(await listOwn(this.#client, workspaceId));
    if (!found) return null;
    const container = this.#client.getContainer(found.Id);
    return ask(async (abortSignal) => {
      const archive = await orNull(container.getArchive({ path, abortSignal }));
      return archive && unpackFile(archive);
    });
  }

  /** Files at these paths of HOME; see home.ts. The container must exist, running or not. */
  async *readHome(
    workspaceId: string,
    wanted: readonly string[],
    limit: number,
    signal: AbortSignal,
  ): AsyncGenerator<HomeFile | LargeHomeFile> {
    const inspected = await this.#require(workspaceId);
    yield* readHome(this.#client.getContainer(inspected.Id), wanted, limit, signal);
  }

  /** Owner is whoever the server runs as. Returns paths that were left out; see home.ts. */
  async writeHome(
    workspaceId: string,
    files: AsyncIterable<HomeFile> | Iterable<HomeFile>,
    signal: AbortSignal,
  ): Promise<{ skipped: string[] }> {
    const inspected = await this.#require(workspaceId);
    return writeHome(this.#client.getContainer(inspected.Id), ownerOf(inspected), files, signal);
  }

  /** What can be asked of its container, running or not, of what it has beyond its image. Each rejects where there is none. */
  beyondImage(workspaceId: string) {
    const container = async () => this.#client.getContainer((await this.#require(workspaceId)).Id);
    return {
      createdAt: async () => Date.parse((await this.#require(workspaceId)).Created),
      modifiedAt: async (path: string) => modifiedAt(await container(), path),
      added: async () => addedPaths(await container()),
      read: (path: string) => this.readFile(workspaceId, path),
    };
  }

  async start(workspaceId: string, signal: AbortSignal): Promise<void> {
    const inspected = await this.#require(workspaceId);
    const container = this.#client.getContainer(inspected.Id);
    const state = stateOf(inspected.State.Status);
    if (state === 'running') return;
    if (state === 'paused') return void (await ask((abortSignal) => container.unpause({ abortSignal }), { signal }));
    const folder = mountedFolder(inspected);
    const port = wantedPort(inspected);
    if (folder && this.#seesPath(inspected)) await requireFolder(folder);
    if (port) await requirePort(this.#client, port);
    const call = { signal, timeoutMs: slowCallMs, ...(port && { port }), ...(folder && { folder }) };
    try {
      await ask((abortSignal) => container.start({ abortSignal }), call);
    } catch (error) {
      if (statusCode(error) === 304) return;
      throw await withHolder(this.#client, engineError(error, call), port);
    }
  }

  /** Is the mounted path one of this computer, not one inside a virtual machine? */
  #seesPath(inspected: Docker.ContainerInspectInfo): boolean {
    const { virtualMachine, product } = this.#engine;
    return !virtualMachine || (product !== 'podman' && inspected.HostConfig.Mounts !== undefined);
  }

  async stop(workspaceId: string, graceSeconds: number): Promise<void> {
    for (const { Id, State } of await listOwn(this.#client, workspaceId)) {
      const container = this.#client.getContainer(Id);
      const state = stateOf(State);
      if (state !== 'running' && state !== 'paused' && state !== 'restarting') continue;
      // A frozen server cannot end by itself, and Podman refuses to stop one.
      if (state === 'paused') await ask((abortSignal) => container.unpause({ abortSignal }));
      const call = { timeoutMs: graceSeconds * 1000 + 60_000 };
      try {
        await ask((abortSignal) => container.stop({ t: graceSeconds, abortSignal }), call);
      } catch (error) {
        const status = statusCode(error);
        if (status !== 304 && status !== 404) throw error;
      }
    }
  }

  async remove(workspaceId: string): Promise<void> {
    for (const { Id } of await listOwn(this.#client, workspaceId)) await removeContainer(this.#client, Id);
  }

  async removeHome(workspaceId: string): Promise<void> {
    await removeVolume(this.#client, homeVolumeName(workspaceId), workspaceId);
  }

  async followLogs(
    workspaceId: string,
    onLine: (line: LogLine) => void,
    options: { tail: number; signal: AbortSignal },
  ): Promise<void> {
    const inspected = await inspectOwn(this.#client, workspaceId);
    if (inspected) await followContainerLog(this.#client.getContainer(inspected.Id), onLine, options);
  }

  async exec(workspaceId: string, command: string[], timeoutMs: number) {
    const inspected = await this.#require(workspaceId);
    return execute(this.#client.getContainer(inspected.Id), command, timeoutMs);
  }

  watch(onChange: (workspaceId: string | null) => void, onAvailability: (available: boolean) => void) {
    return watchEvents(this.#client, this.#engine.product, { onChange, onAvailability });
  }

  async #require(workspaceId: string): Promise<Docker.ContainerInspectInfo> {
    const inspected = await inspectOwn(this.#client, workspaceId);
    if (!inspected) throw new LabdockError('removed-outside');
    return inspected;
  }
}
