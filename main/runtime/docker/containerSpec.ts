/** A server as the engine is asked to make it. Pure. */
import type { ContainerCreateOptions, DeviceRequest, HostConfig } from 'dockerode';
import { LabdockError } from '../../common/problem';
import { slug } from '../../common/slug';
import { labels, paths, type ServerSpec } from '../runtime';
import { compareVersions, type EngineTraits } from './engineTraits';
import type { UserMapping } from './userMapping';

/** Where Jupyter listens inside, whatever the port outside. */
export const insidePort = '8888/tcp';
/** The only address a server is published on. */
export const loopback = '127.0.0.1';

const mebibyte = 1024 * 1024;

/** `labdock-<slug>-<id>`: for people who list containers. Found again by label, never by this name. */
export function containerName(workspaceName: string, workspaceId: string): string {
  return `labdock-${slug(workspaceName)}-${workspaceId}`;
}

export function homeVolumeName(workspaceId: string): string {
  return `labdock-home-${workspaceId}`;
}

/** Rejects with `gpu-unavailable` or `folder-not-shared` where this engine would silently do something else. */
export function createOptions(spec: ServerSpec, user: UserMapping, engine: EngineTraits): ContainerCreateOptions {
  const [entrypoint, ...command] = spec.command;
  const { memoryMiB, cpus, gpu } = spec.resources;
  const hostConfig: HostConfig = {
    ...mounts(spec, engine),
    PortBindings: { [insidePort]: [{ HostIp: loopback, HostPort: String(spec.port) }] },
    // The controller decides what runs; an engine that restarts servers by itself would fight it.
    RestartPolicy: { Name: 'no' },
    // Bounded on disk, and readable whatever driver the engine has as its default.
    LogConfig: { Type: 'json-file', Config: { 'max-size': '10m', 'max-file': '3' } },
    SecurityOpt: ['no-new-privileges'],
    // Root inside needs its capabilities to be of use (and owns nothing outside on the engines where it is chosen).
    ...(user.uid !== 0 && { CapDrop: ['ALL'] }),
    ...(user.groupAdd.length > 0 && { GroupAdd: user.groupAdd }),
    ...(user.usernsMode && { UsernsMode: user.usernsMode }),
    // When the whole computer runs out of memory, a server goes before the desktop does; kernels go first (bin/kernel).
    OomScoreAdj: 100,
    // Data loaders share memory through /dev/shm; the engines' 64 MiB end in bus errors. A ceiling, not a reservation.
    ShmSize: 1024 * mebibyte,
    // Without swap the limit is the limit: a server that swaps looks hung, one that is out of memory says so.
    ...(memoryMiB > 0 && { Memory: memoryMiB * mebibyte, MemorySwap: memoryMiB * mebibyte }),
    ...(cpus > 0 && { NanoCpus: Math.round(cpus * 1e9) }),
    ...(gpu === 'all' && { DeviceRequests: [gpuRequest(engine)] }),
    ...(spec.init && { Init: true }),
  };
  return {
    name: containerName(spec.workspaceName, spec.workspaceId),
    Image: spec.image,
    Hostname: `labdock-${slug(spec.workspaceName)}`,
    User: `${user.uid}:${user.gid}`,
    Labels: { [labels.workspace]: spec.workspaceId, [labels.config]: spec.configHash },
    ...(entrypoint !== undefined && { Entrypoint: [entrypoint], Cmd: command }),
    Env: Object.entries({ HOME: paths.home, ...spec.env }).map(([name, value]) => `${name}=${value}`),
    WorkingDir: paths.work,
    ExposedPorts: { [insidePort]: {} },
    StopSignal: 'SIGTERM',
    StopTimeout: 30,
    Tty: false,
    OpenStdin: false,
    HostConfig: hostConfig,
  };
}

/** Never `:Z` or `:z`: relabelling a user's folder is not ours to do. */
function mounts(spec: ServerSpec, engine: EngineTraits): Pick<HostConfig, 'Mounts' | 'Binds'> {
  const home = { Type: 'volume' as const, Source: homeVolumeName(spec.workspaceId), Target: paths.home };
  const folder = folderForEngine(spec.folder, engine);
  const bind = { Type: 'bind' as const, Source: folder, Target: paths.work };
  // Docker takes any name in `Mounts`. Podman (4.3, measured) parses it as a line of CSV: a comma or newline in the name ends
  // the value, a quote is an error. Its `Binds` takes those, but ends at a colon.
  if (engine.product !== 'podman' || !/[",\n\r]/.test(folder)) return { Mounts: [bind, home] };
  if (folder.includes(':')) {
    throw new LabdockError('folder-not-shared', { folder: spec.folder }, { detail: 'Podman cannot mount this name' });
  }
  return { Binds: [`${folder}:${paths.work}`], Mounts: [home] };
}

/** Docker Desktop and Rancher take Windows paths as they are; Podman's machine has the drives under /mnt. */
export function folderForEngine(folder: string, engine: Pick<EngineTraits, 'product' | 'hostPlatform'>): string {
  if (engine.hostPlatform !== 'win32' || engine.product !== 'podman') return folder;
  const drive = /^([A-Za-z]):[\\/]*(.*)$/.exec(folder);
  return drive ? `/mnt/${drive[1]!.toLowerCase()}/${drive[2]!.replace(/\\/g, '/')}` : folder;
}

function gpuRequest(engine: EngineTraits): DeviceRequest {
  if (engine.product !== 'podman') return { Driver: '', Count: -1, Capabilities: [['gpu']] };
  // Older Podman accepts the request and ignores it: the server would start without a GPU and say nothing.
  if (compareVersions(engine.version, '5.4.0') < 0) {
    throw new LabdockError('gpu-unavailable', undefined, { detail: 'Podman attaches GPUs from version 5.4 on' });
  }
  return { Driver: 'cdi', DeviceIDs: ['nvidia.com/gpu=all'] };
}
