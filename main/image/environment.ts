/** One kernel's environment: the lists its stage is built from, and what of a kernel makes that stage differ. Pure. */
import type { Kernel } from './model';

const isPython2 = (kernel: Kernel) => kernel.version.startsWith('2.');

/** Lines of kernels/NAME/conda.txt, as conda takes them on its command line. */
export function condaList(kernel: Kernel): string[] {
  // ipykernel 4 is the last that runs on Python 2.7; conda-forge has both, for amd64 only.
  const ipykernel = isPython2(kernel) ? 'ipykernel=4' : 'ipykernel';
  return [`python=${kernel.version}`, 'pip', ipykernel, ...sorted(kernel.conda)];
}

/** Lines of kernels/NAME/pip.txt, as pip takes them on its command line. */
export const pipList = (kernel: Kernel): string[] => sorted(kernel.pip);

/** The order packages are written down in means nothing to conda and pip, so it shall not build anything anew. */
const sorted = (specs: readonly string[]) => [...new Set(specs.map((spec) => spec.trim()))].sort();

/** Equal for two kernels whose environments are the same. The display name is not part of it. */
export const environmentKey = (kernel: Kernel): string =>
  JSON.stringify([kernel.name, condaList(kernel), pipList(kernel)]);

/** Names of the kernels of `after` whose environment `before` does not have: those that must be built. */
export function changedKernels(before: readonly Kernel[], after: readonly Kernel[]): string[] {
  const present = new Set(before.map(environmentKey));
  return after.filter((kernel) => !present.has(environmentKey(kernel))).map((kernel) => kernel.name);
}
