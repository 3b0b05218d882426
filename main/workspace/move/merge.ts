/**
 * Three-way merge of a move: what the source has, what the destination has, and what both had in common when the last
 * move was verified. Pure. The rules:
 *
 * - The source's version takes the name. It is never changed itself.
 * - Destination unchanged since the base: its version goes to the trash when replaced or deleted at the source.
 * - Both changed, or no base: the destination's version is kept beside under a readable name.
 * - Only the destination changed (same kind): it stays; the base keeps what the source still has.
 * - Only the destination has it: it stays, unless the base had it and the destination did not touch it (deleted at the source).
 * - What is left out at the source is not deleted: not seen is not gone.
 * - Without a base nothing is ever deleted.
 */
import type { MoveConflict } from '../state';
import { agreed, same } from './compare';
import type { BaseEntry, BaseListing, Direction, Entry, JournalLine, Listing, Plan, Put, Traits } from './model';
import { copyPath, diskKey, parentsOf } from './names';
import { leaveOut } from './leaveOut';

export interface MergeInput {
  direction: Direction;
  source: Listing;
  destination: Listing;
  /** null: a first copy. */
  base: BaseListing | null;
  /** Of the destination. */
  traits: Traits;
  /** `kept from cluster 2026-11-25` */
  label: string;
  /** Folder of this move in the trash, relative: `.labdock/trash/20261125-101500`. */
  trash: string;
}

export function merge(input: MergeInput): Plan {
  return new Merge(input).run();
}

class Merge {
  private readonly base: BaseListing;
  private readonly source: Listing;
  private readonly out: ReturnType<typeof leaveOut>;
  private readonly taken = new Set<string>();
  /** Destination folders in which something stays. */
  private readonly held = new Set<string>();
  private readonly trashed: JournalLine[] = [];
  private readonly removed: JournalLine[] = [];
  private readonly moved: JournalLine[] = [];
  private readonly made: JournalLine[] = [];
  private readonly modes: JournalLine[] = [];
  private readonly puts: Put[] = [];
  private readonly conflicts: MoveConflict[] = [];
  private readonly settled: BaseEntry[] = [];
  private deletions = 0;
  private unchanged = 0;
  /** On a disk that takes them for the same: the destination's spelling by key. */
  private readonly spelling = new Map<string, string>();

  constructor(private readonly input: MergeInput) {
    this.base = input.base ?? new Map<string, BaseEntry>();
    this.out = leaveOut(input.source, input.destination, input.traits);
    this.source = this.out.kept;
    for (const listing of [input.source, input.destination])
      for (const path of listing.keys()) this.taken.add(diskKey(path, input.traits));
    if (input.traits.insensitive || input.traits.platform === 'darwin')
      for (const path of input.destination.keys()) this.spelling.set(diskKey(path, input.traits), path);
  }

  run(): Plan {
    // Children before their folder, so that a folder is known to be empty or not when it comes.
    const destination = [...this.input.destination.values()].sort((a, b) => (a.path < b.path ? 1 : -1));
    for (const entry of destination) if (!this.source.has(entry.path)) this.onlyThere(entry);
    const source = [...this.source.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
    for (const entry of source) this.atSource(entry);
    return {
      // Deepest first within the removed; a folder that gives way does so before another takes its name.
      before: [...this.trashed, ...this.removed, ...this.moved, ...this.made],
      puts: this.puts,
      after: this.modes,
      conflicts: this.conflicts,
      leftOut: this.out.list,
      deletions: this.deletions,
      unchanged: this.unchanged,
      settled: this.settled,
    };
  }

  private onlyThere(entry: Entry): void {
    const known = this.base.get(entry.path);
    if (this.out.covers(entry.path)) {
      // Left out at the source: still there as far as anybody knows.
      if (known) this.settled.push(known);
      return this.hold(entry.path);
    }
    if (entry.why || !known || !same(entry, known)) return this.hold(entry.path);
    if (entry.kind === 'd') {
      if (this.held.has(entry.path)) return this.hold(entry.path);
      this.removed.push(['rmdir', entry.path, `${this.input.trash}/${entry.path}`]);
    } else {
      this.deletions += 1;
      this.trashed.push(['trash', entry.path, `${this.input.trash}/${entry.path}`, entry.signature]);
    }
    this.spelling.delete(diskKey(entry.path, this.input.traits));
  }

  private hold(path: string): void {
    this.held.add(path);
    for (const parent of parentsOf(path)) this.held.add(parent);
  }

  private atSource(entry: Entry): void {
    const there = this.input.destination.get(entry.path);
    if (!there) return this.onlyHere(entry);
    const known = this.base.get(entry.path);
    if (!there.why && same(entry, there)) return this.identical(entry, there, known);
    if (entry.kind === 'd') {
      if (known && !there.why && same(there, known)) this.toTrash(there);
      else this.giveWay(there);
      return this.makeFolder(entry);
    }
    if (there.kind === 'd') {
      // Its children are settled already: deleted, or held.
      if (there.why || this.held.has(there.path)) this.giveWay(there);
      else this.removed.push(['rmdir', there.path, `${this.input.trash}/${there.path}`]);
      return this.put(entry, '', '');
    }
    const hereUnchanged = known !== undefined && same(entry, known);
    if (hereUnchanged && there.kind === entry.kind && !there.why) {
      // Somebody worked on it over there meanwhile, and nobody here.
      this.settled.push({ ...known, [this.input.direction === 'to-cluster' ? 'local' : 'far']: entry.signature });
      this.unchanged += 1;
      return;
    }
    if (known && !there.why && same(there, known))
      return this.put(entry, `${this.input.trash}/${entry.path}`, there.signature, there);
    const copy = this.copyFor(entry.path);
    this.put(entry, copy, '', there);
  }

  private onlyHere(entry: Entry): void {
    const other = this.spelling.get(diskKey(entry.path, this.input.traits));
    const inTheWay = other !== undefined && other !== entry.path ? this.input.destination.get(other) : undefined;
    if (inTheWay && !this.source.has(inTheWay.path) && !(inTheWay.kind === 'd' && entry.kind === 'd'))
      this.giveWay(inTheWay);
    if (entry.kind === 'd') this.makeFolder(entry);
    else this.put(entry, '', '');
  }

  private identical(entry: Entry, there: Entry, known: BaseEntry | undefined): void {
    const executable = (mode: number) => (mode & 0o100) !== 0;
    const comparable = entry.kind === 'f' && entry.mode >= 0 && there.mode >= 0;
    let mode = entry.mode >= 0 ? entry.mode : there.mode;
    if (comparable && executable(entry.mode) !== executable(there.mode)) {
      if (known && known.mode >= 0 && executable(known.mode) === executable(entry.mode)) mode = known.mode;
      else this.modes.push(['mode', entry.path, entry.mode]);
    }
    if (entry.kind !== 'd') this.unchanged += 1;
    this.settled.push(agreed(this.input.direction, entry, there.signature, mode));
  }

  private makeFolder(entry: Entry): void {
    this.made.push(['mkdir', entry.path, entry.mode]);
    this.settled.push(agreed(this.input.direction, entry, ''));
  }

  private put(entry: Entry, keep: string, expected: string, there?: Entry): void {
    // A side without modes says nothing about them: what is known of the file stays true.
    const mode = entry.mode >= 0 ? entry.mode : (there?.mode ?? this.base.get(entry.path)?.mode ?? -1);
    this.puts.push({ number: this.puts.length, entry: { ...entry, mode }, keep, expected });
  }

  private toTrash(there: Entry): void {
    this.trashed.push(['trash', there.path, `${this.input.trash}/${there.path}`, there.signature]);
  }

  private giveWay(there: Entry): void {
    this.moved.push(['keep', there.path, this.copyFor(there.path), there.signature]);
  }

  private copyFor(path: string): string {
    const { label, traits } = this.input;
    const copy = copyPath(path, label, (candidate) => this.taken.has(diskKey(candidate, traits)));
    this.taken.add(diskKey(copy, traits));
    this.conflicts.push({ path, copy });
    return copy;
  }
}
