/** Packages installed by hand in a running server, beyond its image: a recreate would lose them. Pure. */

/** resources/image/bin/packages in the image; other images have no list to compare with and say nothing. */
const program = '/opt/labdock/bin/packages';

/** For `Runtime.exec`. Reads file names only, no Python starts: tens of milliseconds. */
export function listPackagesCommand(kernels: readonly string[]): string[] {
  return ['/bin/sh', '-c', `[ ! -r ${program} ] || exec /bin/sh ${program} added "$@"`, 'sh', ...kernels];
}

export interface HandInstalled {
  kernel: string;
  /** As the kernel's package lists take them: `name=version` for conda, `name==version` for pip. */
  conda: string[];
  pip: string[];
}

/**
 * What {@link listPackagesCommand} printed. Where the tool noted which packages were asked for by name, only those are
 * named: the rest comes along with them. Kernels without any are left out.
 */
export function handInstalled(stdout: string): HandInstalled[] {
  const kernels = new Map<string, { tool: string; name: string; version: string; requested: boolean }[]>();
  let current: ReturnType<typeof kernels.get>;
  for (const line of stdout.split(/\r?\n/)) {
    const kernel = /^\[([a-z0-9][\w.-]*)\]$/.exec(line)?.[1];
    if (kernel !== undefined) {
      current = [];
      kernels.set(kernel, current);
      continue;
    }
    const [, tool, name, version, requested] = /^(conda|pip) ([\w.-]+) ([\w.!+-]+)( requested)?$/.exec(line) ?? [];
    if (tool && name && version) current?.push({ tool, name, version, requested: requested !== undefined });
  }
  return [...kernels].flatMap(([kernel, all]) => {
    const named = all.filter((entry) => entry.requested);
    const shown = named.length > 0 ? named : all;
    const of = (tool: string, sign: string) =>
      shown.filter((entry) => entry.tool === tool).map(({ name, version }) => `${name}${sign}${version}`);
    const found = { kernel, conda: of('conda', '='), pip: of('pip', '==') };
    return found.conda.length + found.pip.length > 0 ? [found] : [];
  });
}
