/** Which of the images that Labdock built may go, so that disks do not fill for ever. Pure. */
import type { OldImages } from '../runtime';

/** An image that Labdock built, by its recipe label. */
export interface OwnImage {
  id: string;
  names: string[];
  recipe: string;
  sizeBytes: number;
  /** Seconds since 1970, the engine's clock. */
  created: number;
}

/**
 * Names to remove. `used`: ids that a container, running or not, was made from. `now` in milliseconds.
 * The newest unused ones stay: a kernel that was changed back is there at once. Another Labdock on the same engine may be
 * about to start what is young.
 */
export function removable(
  own: readonly OwnImage[],
  used: ReadonlySet<string>,
  { keep, newest, olderThanMs }: Omit<OldImages, 'repository'>,
  now: number,
): string[] {
  const kept = ({ id, names }: OwnImage) =>
    used.has(id) || keep.has(id) || names.some((name) => keep.has(name) || keep.has(shortName(name)));
  return own
    .filter((image) => !kept(image))
    .toSorted((a, b) => b.created - a.created)
    .slice(newest)
    .filter(({ created }) => now - created * 1000 > olderThanMs)
    .flatMap(({ names }) => names);
}

/** Name without tag. Podman writes short names out: `docker.io/library/x`, or `localhost/x` for its own command line's. */
export function repositoryOf(name: string): string {
  return shortName(name).replace(/:[^:/]*$/, '');
}

function shortName(name: string): string {
  return name.replace(/^(?:docker\.io\/library|docker\.io|localhost)\//, '');
}
