/** What counts as the same on both sides, and whose content must be read to know it. Pure. */
import type { BaseEntry, BaseListing, Direction, Entry, Listing } from './model';

interface Content {
  kind: Entry['kind'];
  size: number;
  hash?: string;
  target?: string;
}

/** Unknown content is never the same as anything. */
export function same(a: Content, b: Content): boolean {
  if (a.kind !== b.kind) return false;
  if (a.kind === 'f') return a.size === b.size && a.hash !== undefined && a.hash === b.hash;
  if (a.kind === 'l') return a.target === b.target;
  return a.kind === 'd';
}

export const sides = (direction: Direction) =>
  direction === 'to-cluster'
    ? ({ source: 'local', destination: 'far' } as const)
    : ({ source: 'far', destination: 'local' } as const);

/** A file that has not been touched since the last move has the content it had then. */
export function fillHashes(listing: Listing, base: BaseListing, side: 'local' | 'far'): void {
  for (const [path, known] of base) {
    const entry = listing.get(path);
    if (known.hash && entry?.kind === 'f' && entry.signature !== '' && entry.signature === known[side])
      entry.hash = known.hash;
  }
}

/** Files that must be read before {@link same} can answer what the merge asks. Everything else differs by size alone. */
export function unknownContent(source: Listing, destination: Listing, base: BaseListing) {
  const wanted = (listing: Listing, other: Listing) => {
    const paths: string[] = [];
    for (const entry of listing.values()) {
      if (entry.kind !== 'f' || entry.hash !== undefined || entry.why) continue;
      const opposite = other.get(entry.path);
      const matches = (candidate: BaseEntry | Entry | undefined) =>
        candidate?.kind === 'f' && candidate.size === entry.size;
      // At the source, a file without counterpart is copied whatever it was.
      const asked = listing === source ? opposite?.kind === 'f' : true;
      if (asked && (matches(opposite) || matches(base.get(entry.path)))) paths.push(entry.path);
    }
    return paths;
  };
  return { source: wanted(source, destination), destination: wanted(destination, source) };
}

/** What both sides agree on, as the next move will read it. */
export function agreed(
  direction: Direction,
  source: Pick<Entry, 'path' | 'kind' | 'size' | 'mode' | 'hash' | 'target' | 'signature'>,
  destinationSignature: string,
  mode = source.mode,
): BaseEntry {
  const { path, kind, size, hash, target } = source;
  const [local, far] =
    direction === 'to-cluster' ? [source.signature, destinationSignature] : [destinationSignature, source.signature];
  return {
    path,
    kind,
    mode,
    size,
    ...(hash !== undefined && { hash }),
    ...(target !== undefined && { target }),
    local,
    far,
  };
}
