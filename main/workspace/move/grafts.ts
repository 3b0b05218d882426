/**
 * Folders that the destination does not have yet: made in staging with all that goes into them, and renamed to their place
 * as a whole. Thousands of new files then take one line of the journal and one rename, and what the far side has of each is
 * known before the journal is in force. Only where the far side is the destination.
 */
import { parentsOf } from './names';
import type { Plan, Put } from './model';

/** One such folder. `folders`: those in it, parents first, relative to it ('' itself), with their permission bits (-1: as usual). */
export interface Graft {
  number: number;
  path: string;
  folders: [relative: string, mode: number][];
}

/** Where a put lies in staging: in which graft, and where in it. */
export type Place = [graft: number, relative: string];

/** The plan's new folders that stand in no other new one. Those in which something is to be replaced are none. */
export function graftsOf({ before, puts }: Pick<Plan, 'before' | 'puts'>): Graft[] {
  const made = new Map(before.flatMap((line) => (line[0] === 'mkdir' ? [[line[1], line[2]] as const] : [])));
  const top = (path: string) => [...parentsOf(path)].find((parent) => made.has(parent)) ?? path;
  const found = new Map<string, Graft>();
  for (const [path, mode] of made) {
    const root = top(path);
    const graft = found.get(root) ?? { number: found.size, path: root, folders: [] };
    graft.folders.push([path.slice(root.length + 1), mode]);
    found.set(root, graft);
  }
  for (const { entry, keep, expected } of puts) if (keep || expected) found.delete(top(entry.path));
  for (const graft of found.values()) graft.folders.sort(([a], [b]) => (a < b ? -1 : 1));
  return [...found.values()];
}

/** The grafts of a move that the far side took, and what became of the puts in them. */
export class Grafts {
  /** By put, what the far side's copy is; '' where its name was refused and it lies in staging under its number. */
  readonly #signatures = new Map<number, string>();
  readonly #byPath: Map<string, Graft>;
  #latest: { folder: string; graft: Graft | undefined } = { folder: '', graft: undefined };

  constructor(readonly list: readonly Graft[]) {
    this.#byPath = new Map(list.map((graft) => [graft.path, graft]));
  }

  placeOf(path: string): Place | undefined {
    if (this.#byPath.size === 0) return undefined;
    const folder = path.slice(0, Math.max(path.lastIndexOf('/'), 0));
    // Files come folder by folder.
    if (folder !== this.#latest.folder) this.#latest = { folder, graft: this.#around(path) };
    const { graft } = this.#latest;
    return graft && [graft.number, path.slice(graft.path.length + 1)];
  }

  #around(path: string): Graft | undefined {
    for (const parent of parentsOf(path)) {
      const graft = this.#byPath.get(parent);
      if (graft) return graft;
    }
    return undefined;
  }

  /** Is this folder one of them, or in one? */
  has(folder: string): boolean {
    return this.#byPath.has(folder) || this.placeOf(folder) !== undefined;
  }

  arrived(number: number, signature: string): void {
    this.#signatures.set(number, signature);
  }

  /** The signature of the far side's copy, where it lies under its name. */
  signatureOf(number: number): string | undefined {
    return this.#signatures.get(number) || undefined;
  }

  /** How many of the puts lie in each graft, by the graft's number. */
  counts(puts: readonly Put[], skip: ReadonlySet<number>): Map<number, number> {
    const counts = new Map<number, number>(this.list.map(({ number }) => [number, 0]));
    for (const put of this.#under(puts)) {
      const [graft] = this.placeOf(put.entry.path)!;
      if (!skip.has(put.number)) counts.set(graft, counts.get(graft)! + 1);
    }
    return counts;
  }

  /** The places of those that arrived and are not wanted any more. */
  unwanted(puts: readonly Put[], skip: ReadonlySet<number>): Place[] {
    if (skip.size === 0) return [];
    return this.#under(puts.filter(({ number }) => skip.has(number))).map(({ entry }) => this.placeOf(entry.path)!);
  }

  /** The puts of the grafts which the far side names among what failed, as -1 minus their number. */
  failed(puts: readonly Put[], failed: ReadonlySet<number>): number[] {
    if (![...failed].some((number) => number < 0)) return [];
    return this.#under(puts)
      .filter(({ entry }) => failed.has(-1 - this.placeOf(entry.path)![0]))
      .map(({ number }) => number);
  }

  #under(puts: readonly Put[]): Put[] {
    return puts.filter(({ number }) => this.signatureOf(number) !== undefined);
  }
}
