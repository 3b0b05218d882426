/** The move's own words: what stands on a side, what both sides last agreed on, and what is to be done. Pure types. */
import type { LeftOut, MoveConflict } from '../state';

/** f: file, d: folder, l: link, o: anything else (socket, pipe, device, a name that cannot be said). */
export type Kind = 'f' | 'd' | 'l' | 'o';

/** One thing on one side, by its path relative to the folder, with `/`. */
export interface Entry {
  path: string;
  kind: Kind;
  /** Permission bits; -1 where the side has none (Windows). */
  mode: number;
  /** Bytes; 0 for what is no file. */
  size: number;
  /** Nanoseconds since 1970, as decimal. */
  mtimeNs: string;
  /** Size, times and inode in one word; an unchanged one means unchanged content. '' where unknown. */
  signature: string;
  /** Of a link. */
  target?: string;
  /** sha256, hex, of a file; absent until it is known. */
  hash?: string;
  /** It takes no part in the move. A folder with this stands for everything in it. */
  why?: LeftOut['why'];
}

export type Listing = Map<string, Entry>;

/** What both sides verifiably had in common at the end of the last move. */
export interface BaseEntry {
  path: string;
  kind: Kind;
  mode: number;
  size: number;
  hash?: string;
  target?: string;
  /** Signatures on this computer and on the cluster. */
  local: string;
  far: string;
}

export type BaseListing = Map<string, BaseEntry>;

export type Direction = 'to-cluster' | 'to-local';

/** What the destination's disk can hold. */
export interface Traits {
  platform: 'win32' | 'darwin' | 'linux';
  /** `A` and `a` are one name there. */
  insensitive: boolean;
}

/** A file or link to be copied into staging under its number, and renamed to its path by the journal. */
export interface Put {
  number: number;
  entry: Entry;
  /** Where the version it replaces goes: a path in the trash, a readable name beside it, or '' where there is none. */
  keep: string;
  /** Signature of the version that may go to the trash; another one is kept beside. '' with a readable name. */
  expected: string;
}

/** One line of the journal. The far side's reader is resources/move/agent.py. */
export type JournalLine =
  | ['trash', path: string, to: string, signature: string]
  | ['rmdir', path: string, to: string]
  | ['keep', path: string, copy: string, signature: string]
  | ['mkdir', path: string, mode: number]
  | ['put', number: number, path: string, keep: string, signature: string]
  | ['mode', path: string, mode: number];

/** A folder that came whole (grafts.ts), with so many files and links. */
export type GraftLine = ['graft', number: number, path: string, entries: number];

export interface JournalHead {
  version: 1;
  move: string;
  /** The base that holds when the journal has been carried out; '' where the other side says so (or for HOME). */
  base: string;
  /** For copies that turn out to be needed at the last moment: `kept from cluster 2026-11-25`. */
  label: string;
}

export interface Plan {
  /** In the order in which they must happen: trash, rmdir, keep, mkdir; then the puts; then modes. */
  before: JournalLine[];
  puts: Put[];
  after: JournalLine[];
  conflicts: MoveConflict[];
  leftOut: LeftOut[];
  /** Files that go to the destination's trash because they were deleted at the source. */
  deletions: number;
  /** Files that need no copying. */
  unchanged: number;
  /** What the new base holds besides the puts. */
  settled: BaseEntry[];
}

export const ownFolder = '.labdock';
export const ignoreFile = '.labdockignore';
