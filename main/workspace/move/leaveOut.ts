/** What of the source takes no part: marked by its listing, or impossible on the destination's disk. Pure. */
import type { LeftOut } from '../state';
import type { Entry, Listing, Traits } from './model';
import { diskKey, nameFits, parentsOf, pathFits } from './names';

export interface LeavingOut {
  /** The source without what is left out. */
  kept: Listing;
  /** In order of path; a folder stands for everything in it. */
  list: LeftOut[];
  /** Is the path left out, or does it lie in a folder that is? */
  covers(path: string): boolean;
}

export function leaveOut(source: Listing, destination: Listing, traits: Traits): LeavingOut {
  const kept: Listing = new Map();
  const out = new Map<string, LeftOut>();
  const byKey = new Map<string, string>();
  const coveredBy = (path: string): LeftOut | undefined => {
    if (!out.size) return undefined;
    for (const parent of parentsOf(path)) {
      const found = out.get(parent);
      if (found) return found;
    }
    return undefined;
  };
  const folds = traits.insensitive || traits.platform === 'darwin';
  // Folders before what is in them.
  const ordered = folds ? ranked(source, destination) : [...source.values()].sort(byPath);
  for (const entry of ordered) {
    const around = coveredBy(entry.path);
    if (around) {
      around.bytes += entry.size;
      continue;
    }
    const why = entry.why ?? impossible(entry, traits);
    const key = folds ? diskKey(entry.path, traits) : entry.path;
    if (why) out.set(entry.path, { path: entry.path, bytes: entry.size, why });
    else if (byKey.has(key)) out.set(entry.path, { path: entry.path, bytes: entry.size, why: 'name' });
    else {
      byKey.set(key, entry.path);
      kept.set(entry.path, entry);
    }
  }
  return {
    kept,
    list: [...out.values()].sort(byPath),
    covers: (path) => out.has(path) || coveredBy(path) !== undefined,
  };
}

const byPath = (a: { path: string }, b: { path: string }) => (a.path < b.path ? -1 : 1);

/** Of two names that are one on the destination's disk, the one it has already goes first. */
function ranked(source: Listing, destination: Listing): Entry[] {
  const rank = (entry: Entry) => (destination.has(entry.path) ? 0 : 1);
  return [...source.values()]
    .map((entry) => ({ entry, depth: entry.path.split('/').length, rank: rank(entry) }))
    .sort((a, b) => a.depth - b.depth || a.rank - b.rank || byPath(a.entry, b.entry))
    .map(({ entry }) => entry);
}

function impossible(entry: Entry, traits: Traits): LeftOut['why'] | undefined {
  if (entry.kind === 'o') return 'special';
  const name = entry.path.slice(entry.path.lastIndexOf('/') + 1);
  return nameFits(name, traits) && pathFits(entry.path, traits) ? undefined : 'name';
}
