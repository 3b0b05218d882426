/** What an engine is, as far as Labdock has to behave differently. Pure; read from `/version` and `/info`. */
import type { EngineInfo } from '../runtime';

export interface EngineTraits extends EngineInfo {
  /** Of the computer Labdock runs on. */
  hostPlatform: NodeJS.Platform;
  /** Containers run in a virtual machine; folders reach them through file sharing, which decides who owns what. */
  virtualMachine: boolean;
  /** The daemon maps all containers' users away (`userns-remap`); a container can opt out. */
  usernsRemap: boolean;
}

/** The fields used of `GET /version`. */
export interface VersionAnswer {
  Version?: string;
  ApiVersion?: string;
  Arch?: string;
  Os?: string;
  Components?: { Name?: string }[] | null;
  Platform?: { Name?: string } | null;
}

/** The fields used of `GET /info`. Podman says `Rootless`, Docker a security option. */
export interface InfoAnswer {
  OSType?: string;
  OperatingSystem?: string;
  Architecture?: string;
  Name?: string;
  SecurityOptions?: string[] | null;
  Rootless?: boolean;
}

export function engineTraits(version: VersionAnswer, info: InfoAnswer, platform: NodeJS.Platform): EngineTraits {
  const names = (version.Components ?? []).map((component) => component.Name ?? '');
  const options = info.SecurityOptions ?? [];
  return {
    hostPlatform: platform,
    product: names.includes('Podman Engine') ? 'podman' : names.includes('Engine') ? 'docker' : 'other',
    version: version.Version ?? '',
    apiVersion: version.ApiVersion ?? '',
    rootless: info.Rootless === true || options.some((option) => option.startsWith('name=rootless')),
    architecture: goArchitecture(version.Arch ?? info.Architecture ?? ''),
    os: info.OSType ?? version.Os ?? '',
    // Docker Desktop brings its virtual machine on Linux as well.
    virtualMachine: platform !== 'linux' || /docker desktop/i.test(info.OperatingSystem ?? ''),
    usernsRemap: options.some((option) => option.startsWith('name=userns')),
  };
}

/** Images are compared by Go's names, `/info` gives the kernel's. */
function goArchitecture(name: string): string {
  return { x86_64: 'amd64', aarch64: 'arm64', armv7l: 'arm' }[name] ?? name;
}

/** Docker 19.03: the first with device requests, and older than any engine still maintained. */
export const minimumApiVersion = '1.40';

/** Compares dotted numbers: negative when `a` is older. */
export function compareVersions(a: string, b: string): number {
  const left = a.split('.').map((part) => Number.parseInt(part, 10) || 0);
  const right = b.split('.').map((part) => Number.parseInt(part, 10) || 0);
  for (let i = 0; i < Math.max(left.length, right.length); i += 1) {
    const difference = (left[i] ?? 0) - (right[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
