/** Packages installed by hand in a container that does not run: no program can be asked there, its files can. */
import type { HandInstalled } from '../common/handInstalled';
import { asLines, type Added } from './installed';
import type { Kernel } from './model';

/** What an engine tells of a container at rest. */
export interface ContainerAtRest {
  /** Milliseconds since 1970. */
  createdAt(): Promise<number>;
  /** Modification time in milliseconds since 1970, whatever the path is; null: it is not there. */
  modifiedAt(path: string): Promise<number | null>;
  /** Every path that the container has and its image has not. Takes the engine seconds: it walks through both. */
  added(): Promise<string[]>;
  /** null: it is not there. */
  read(path: string): Promise<Buffer | null>;
}

type Environment = Pick<Kernel, 'name' | 'version'>;

const prefixOf = (kernel: string) => `/opt/conda/envs/${kernel}`;

/** Rejects when the engine does not say. */
export async function handInstalledAtRest(
  environments: readonly Environment[],
  container: ContainerAtRest,
): Promise<HandInstalled[]> {
  if (!(await touched(environments, container))) return [];
  const added = await container.added();
  const kernels = new Map<string, Added[]>();
  for (const { name } of environments) {
    const conda = await fromConda(name, added, container);
    kernels.set(name, [...conda.packages, ...fromPip(name, added, conda.folders)]);
  }
  return asLines(kernels);
}

/**
 * Whoever installs writes into one of two folders of the environment, which are otherwise as old as the image. Most
 * containers are spared the walk by that: it is asked in hundredths of a second.
 */
async function touched(environments: readonly Environment[], container: ContainerAtRest): Promise<boolean> {
  const createdAt = await container.createdAt();
  for (const { name, version } of environments) {
    const minor = /^\d+\.\d+/.exec(version)?.[0];
    // `3` is whichever Python there was then: its folder has a name nobody knows.
    if (minor === undefined) return true;
    const conda = await container.modifiedAt(`${prefixOf(name)}/conda-meta`);
    const pip = await container.modifiedAt(`${prefixOf(name)}/lib/python${minor}/site-packages`);
    if (newest(conda, pip) >= createdAt) return true;
    // Made with another Python than is believed; or not made at all.
    if (pip === null && (await container.modifiedAt(prefixOf(name))) !== null) return true;
  }
  return false;
}

const newest = (...times: (number | null)[]) => Math.max(...times.map((time) => time ?? 0));

/** By conda's own records, which also say which of Python's records are conda's: `folders`. */
async function fromConda(kernel: string, added: readonly string[], container: ContainerAtRest) {
  const packages: Added[] = [];
  const folders = new Set<string>();
  for (const path of added) {
    const [, name, version] = new RegExp(`^${escaped(prefixOf(kernel))}/conda-meta/(.+)-([^-/]+)-[^-/]+\\.json$`).exec(path) ?? []; // prettier-ignore
    if (!name || !version) continue;
    const { files, requested } = readRecord(await container.read(path));
    packages.push({ tool: 'conda', name, version, requested });
    for (const file of files) {
      const folder = /^.*\/site-packages\/[^/]+\.(?:dist|egg)-info(?=\/|$)/.exec(file)?.[0];
      if (folder) folders.add(`${prefixOf(kernel)}/${folder}`);
    }
  }
  return { packages, folders };
}

function fromPip(kernel: string, added: readonly string[], condas: ReadonlySet<string>): Added[] {
  const all = new Set(added);
  const record = new RegExp(`^${escaped(prefixOf(kernel))}/lib/python[^/]+/site-packages/([^/]+?)-([^-/]+?)(?:-py[23][^/]*)?\\.(?:dist|egg)-info$`); // prettier-ignore
  return added.flatMap((path) => {
    const [, name, version] = record.exec(path) ?? [];
    if (!name || !version || condas.has(path)) return [];
    return [{ tool: 'pip' as const, name, version, requested: all.has(`${path}/REQUESTED`) }];
  });
}

/** A record that cannot be read still names its package, by its own name. */
function readRecord(json: Buffer | null): { files: string[]; requested: boolean } {
  try {
    const record = JSON.parse(json?.toString('utf8') ?? '{}') as { files?: unknown; requested_spec?: unknown };
    const files = Array.isArray(record.files) ? record.files.filter((file) => typeof file === 'string') : [];
    const { requested_spec: spec } = record;
    return { files, requested: typeof spec === 'string' && spec !== '' && spec !== 'None' };
  } catch {
    return { files: [], requested: false };
  }
}

const escaped = (text: string) => text.replace(/[.]/g, '\\.');
