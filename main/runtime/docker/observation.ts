/** The engine's records of containers, read for the heart. Pure. */
import type { ContainerInfo, ContainerInspectInfo } from 'dockerode';
import { labels, paths, type ServerObservation } from '../runtime';
import { insidePort } from './containerSpec';

/** Podman has more words than Docker. */
const states: Record<string, ServerObservation['state']> = {
  created: 'created',
  configured: 'created',
  initialized: 'created',
  running: 'running',
  stopping: 'running',
  paused: 'paused',
  restarting: 'restarting',
  removing: 'removing',
  exited: 'exited',
  stopped: 'exited',
  dead: 'dead',
};

export function stateOf(word: string): ServerObservation['state'] {
  return states[word.toLowerCase()] ?? 'dead';
}

/** Of several with the same label: the running, then the newest. */
export function pick<T extends Pick<ContainerInfo, 'State' | 'Created'>>(containers: T[]): T | null {
  const rank = (container: T) => ['running', 'paused', 'restarting'].indexOf(stateOf(container.State));
  const order = (a: T, b: T) => (rank(a) + 4) % 4 - ((rank(b) + 4) % 4) || b.Created - a.Created; // prettier-ignore
  return [...containers].sort(order)[0] ?? null;
}

export function toObservation(inspected: ContainerInspectInfo): ServerObservation {
  const { State: container, HostConfig, Config } = inspected;
  const state = stateOf(container.Status);
  const ended = state === 'exited' || state === 'dead';
  const port = state === 'running' ? publishedPort(inspected) : undefined;
  const startedAt = realTime(container.StartedAt);
  const finishedAt = ended ? realTime(container.FinishedAt) : undefined;
  return {
    id: inspected.Id,
    state,
    image: inspected.Image,
    configHash: Config.Labels?.[labels.config] ?? '',
    ...(port !== undefined && { port }),
    ...(startedAt && { startedAt }),
    ...(finishedAt && { finishedAt }),
    ...(ended && { exitCode: container.ExitCode }),
    // Docker sets the flag when anything in the container was killed for memory: a kernel that died in the morning is not
    // why a server ends well in the evening.
    outOfMemory: ended && container.OOMKilled && container.ExitCode !== 0,
    memoryLimitMiB: Math.round((HostConfig.Memory ?? 0) / 1024 / 1024),
  };
}

export function publishedPort({ NetworkSettings }: Pick<ContainerInspectInfo, 'NetworkSettings'>): number | undefined {
  const bindings = NetworkSettings?.Ports?.[insidePort] as { HostPort?: string }[] | null | undefined;
  return Number(bindings?.[0]?.HostPort) || undefined;
}

/** The port it was made with, running or not. */
export function wantedPort({ HostConfig }: Pick<ContainerInspectInfo, 'HostConfig'>): number | undefined {
  const bindings = (HostConfig.PortBindings as Record<string, { HostPort?: string }[] | null> | null)?.[insidePort];
  return Number(bindings?.[0]?.HostPort) || undefined;
}

/** The folder it was made with; Podman tells it only among the mounts. */
export function mountedFolder({ HostConfig, Mounts }: Pick<ContainerInspectInfo, 'HostConfig' | 'Mounts'>) {
  const asked = HostConfig.Mounts?.find((mount) => mount.Target === paths.work)?.Source;
  return asked ?? Mounts?.find((mount) => mount.Destination === paths.work)?.Source;
}

/** Whoever it runs as. Labdock gives numbers; anything else is root's. */
export function ownerOf({ Config }: Pick<ContainerInspectInfo, 'Config'>): { uid: number; gid: number } {
  const match = /^(\d+)(?::(\d+))?$/.exec(Config.User ?? '');
  return { uid: Number(match?.[1] ?? 0), gid: Number(match?.[2] ?? 0) };
}

/** Engines say year 1 for never. */
function realTime(time: string | undefined): string | undefined {
  return time && !time.startsWith('0001-') ? time : undefined;
}
