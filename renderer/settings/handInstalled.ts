import type { CostEstimate, Kernel } from '../../main/app/bridge/contract';

/** A package's name without version, in pip's normal form: `Foo.Bar>=1` is `foo-bar`. */
export const packageName = (spec: string) =>
  (/^[A-Za-z0-9][\w.-]*/.exec(spec.trim())?.[0] ?? spec).toLowerCase().replace(/[-_.]+/g, '-');

/** Kernels with the packages found in the running server added to their pip list; what is listed already stays as it is. */
export function addHandInstalled(kernels: Kernel[], found: CostEstimate['handInstalled']): Kernel[] {
  return kernels.map((kernel) => {
    const packages = found.find((entry) => entry.kernel === kernel.name)?.packages ?? [];
    const known = new Set([...kernel.conda, ...kernel.pip].map(packageName));
    const added = packages.filter((spec) => !known.has(packageName(spec)));
    return added.length > 0 ? { ...kernel, pip: [...kernel.pip, ...added] } : kernel;
  });
}
