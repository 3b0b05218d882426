/** Packages installed by hand in a running server, beyond its image: a recreate would lose them. Pure. */
import type { HandInstalled } from '../common/handInstalled';

/** resources/image/bin/packages in the image; other images have no list to compare with and say nothing. */
const program = '/opt/labdock/bin/packages';

/** For `Runtime.exec`. Reads file names only, no Python starts: tens of milliseconds. */
export function listPackagesCommand(kernels: readonly string[]): string[] {
  return ['/bin/sh', '-c', `[ ! -r ${program} ] || exec /bin/sh ${program} added "$@"`, 'sh', ...kernels];
}

/** One package beyond the image's. */
export interface Added {
  tool: 'conda' | 'pip';
  name: string;
  version: string;
  /** It was asked for by name; the others came along. */
  requested: boolean;
}

/** What {@link listPackagesCommand} printed. Kernels without any are left out. */
export function handInstalled(stdout: string): HandInstalled[] {
  const kernels = new Map<string, Added[]>();
  let current: Added[] | undefined;
  for (const line of stdout.split(/\r?\n/)) {
    const kernel = /^\[([a-z0-9][\w.-]*)\]$/.exec(line)?.[1];
    if (kernel !== undefined) {
      current = [];
      kernels.set(kernel, current);
      continue;
    }
    const [, tool, name, version, requested] = /^(conda|pip) (\S+) (\S+)( requested)?$/.exec(line) ?? [];
    if ((tool !== 'conda' && tool !== 'pip') || !name || !version) continue;
    current?.push({ tool, name, version, requested: requested !== undefined });
  }
  return asLines(kernels);
}

/**
 * Where the tool noted which packages were asked for by name, only those are named: the rest comes along with them.
 * Names and versions of other forms than the lists take are left out.
 */
export function asLines(kernels: ReadonlyMap<string, readonly Added[]>): HandInstalled[] {
  return [...kernels].flatMap(([kernel, found]) => {
    const all = found.filter(({ name, version }) => /^\w[\w.-]*$/.test(name) && /^[\w.!+-]+$/.test(version));
    const named = all.filter((entry) => entry.requested);
    const shown = named.length > 0 ? named : all;
    const of = (tool: Added['tool'], sign: string) =>
      shown.filter((entry) => entry.tool === tool).map(({ name, version }) => `${name}${sign}${version}`);
    const lines = { kernel, conda: of('conda', '='), pip: of('pip', '==') };
    return lines.conda.length + lines.pip.length > 0 ? [lines] : [];
  });
}
