/** Packages a person installed in a server by hand, as lines of its kernels' lists. Pure; shared with the window. */

/** What of a kernel matters here. */
interface Lists {
  name: string;
  conda: string[];
  pip: string[];
}

export interface HandInstalled {
  kernel: string;
  /** As the kernel's package lists take them: `name=version` for conda, `name==version` for pip. */
  conda: string[];
  pip: string[];
}

/** A package's name without channel and version, in pip's normal form: `conda-forge::Foo.Bar>=1` is `foo-bar`. */
export const packageName = (spec: string) => {
  const own = spec.trim().replace(/^[^\s:]*::/, '');
  return (/^\w[\w.-]*/.exec(own)?.[0] ?? own).toLowerCase().replace(/[-_.]+/g, '-');
};

/**
 * What of it the kernels' lists do not have, under whatever version: that is what building them anew would lose. A kernel
 * that is not among them keeps its entry.
 */
export function unlisted(found: readonly HandInstalled[], kernels: readonly Lists[]): HandInstalled[] {
  return found.flatMap((entry) => {
    const own = kernels.find((kernel) => kernel.name === entry.kernel);
    const listed = new Set(own && [...own.conda, ...own.pip].map(packageName));
    const missing = (specs: string[]) => specs.filter((spec) => !listed.has(packageName(spec)));
    const left = { kernel: entry.kernel, conda: missing(entry.conda), pip: missing(entry.pip) };
    return left.conda.length + left.pip.length > 0 ? [left] : [];
  });
}

/** The kernels with these packages in the lists they belong to; what is listed already stays as it is. */
export function addHandInstalled<K extends Lists>(kernels: readonly K[], found: readonly HandInstalled[]): K[] {
  return kernels.map((kernel) => {
    const own = unlisted(found, kernels).find((entry) => entry.kernel === kernel.name);
    return own ? { ...kernel, conda: [...kernel.conda, ...own.conda], pip: [...kernel.pip, ...own.pip] } : kernel;
  });
}

/** All of a kernel's, for people to read. */
export const linesOf = ({ conda, pip }: HandInstalled): string[] => [...conda, ...pip];
