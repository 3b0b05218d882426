/**
 * The journal: all renames of a move, written and flushed before the first of them. With its own rename it is in force;
 * from then on it is carried out to the end, now or at the next contact. Every line can be carried out again without harm.
 * The far side's twin is in resources/move/agent.py.
 */
import { chmod, link, mkdir, rename, rmdir, unlink } from 'node:fs/promises';
import path from 'node:path';
import { settleAll } from '../../common/settleAll';
import type { MoveConflict } from '../state';
import {
  at,
  codeOf,
  isForGood,
  isGone,
  look,
  patiently,
  sameContent,
  sameInode,
  signatureOf,
  syncFolder,
  syncVolume,
} from './disk';
import type { Grafts } from './grafts';
import { jsonLine, linesOf } from './lines';
import type { GraftLine, JournalHead, JournalLine, Plan } from './model';
import { copyPath } from './names';

export interface Redone {
  /** Found changed at the last moment, and kept beside. */
  kept: MoveConflict[];
  /** Numbers of puts that the disk refuses for good, or that were no longer in staging: the source has them still. */
  failed: Set<number>;
}

export type OnPut = (number: number, signature: string) => void;

/** The plan as text, a few hundred lines at a time. `skip`: puts that were left out on the way. `grafts`: the far side's. */
export function* journalText(
  head: JournalHead,
  plan: Plan,
  skip: ReadonlySet<number>,
  grafts?: Grafts,
): Generator<string> {
  const lines = function* (): Generator<JournalHead | JournalLine | GraftLine> {
    yield head;
    for (const line of plan.before) if (line[0] !== 'mkdir' || !grafts?.has(line[1])) yield line;
    const counts = grafts?.counts(plan.puts, skip);
    for (const { number, path } of grafts?.list ?? []) yield ['graft', number, path, counts?.get(number) ?? 0];
    for (const { number, entry, keep, expected } of plan.puts)
      if (!skip.has(number) && !grafts?.signatureOf(number)) yield ['put', number, entry.path, keep, expected];
    yield* plan.after;
  };
  let text = '';
  for (const line of lines()) {
    text += jsonLine(line);
    if (text.length > 64 * 1024) {
      yield text;
      text = '';
    }
  }
  if (text) yield text;
}

interface Redo {
  root: string;
  journal: string;
  staging: string;
  /** This is the first run: what is to be put must be in staging. In a later one it may have been put already. */
  first?: { onPut: OnPut } | undefined;
}

/** Puts stand apart from each other: the folders are there, and each has its own name. */
const putsAtOnce = 16;

/**
 * Rejects with the system's error where another attempt may succeed (a full disk); the journal then stays in force. What
 * is refused for good (a name, a folder of somebody else's) is passed over: a journal must not stand in the way for ever.
 */
export async function redo({ root, journal, staging, first }: Redo): Promise<Redone> {
  const hand = new Hand(root, staging, first?.onPut);
  let puts: Promise<void>[] = [];
  const settle = async () => {
    const settling = puts;
    puts = [];
    await settleAll(settling);
  };
  try {
    for await (const text of linesOf(journal)) {
      const line = JSON.parse(text) as JournalHead | JournalLine;
      if (!Array.isArray(line)) {
        hand.label = line.label;
      } else if (line[0] === 'put') {
        puts.push(hand.put(line));
        if (puts.length >= putsAtOnce) await settle();
      } else {
        await settle();
        await hand.other(line);
      }
    }
    await settle();
  } finally {
    await Promise.allSettled(puts);
  }
  await syncVolume(root);
  await unlink(journal);
  await syncFolder(path.dirname(journal));
  return { kept: hand.kept, failed: hand.failed };
}

/** Does the work while the folder can be written. */
async function opened(folder: string, work: () => Promise<void>): Promise<void> {
  const mode = Number(((await look(folder))?.mode ?? 0n) & 0o7777n);
  await chmod(folder, mode | 0o300);
  try {
    await work();
  } finally {
    await chmod(folder, mode);
  }
}

const yes = () => true;
const no = () => false;

class Hand {
  label = 'kept';
  readonly kept: MoveConflict[] = [];
  readonly failed = new Set<number>();
  private opening: Promise<void> = Promise.resolve();

  constructor(
    private readonly root: string,
    private readonly staging: string,
    /** Given in the first run. */
    private readonly onPut: OnPut | undefined,
  ) {}

  async other(line: Exclude<JournalLine, ['put', ...unknown[]]>): Promise<void> {
    await this.allowed(line[1], () => this.carryOut(line)).catch((error: unknown) => {
      if (!isForGood(error)) throw error;
    });
  }

  private async carryOut(line: Exclude<JournalLine, ['put', ...unknown[]]>): Promise<void> {
    switch (line[0]) {
      case 'trash':
        return this.trash(line[1], line[2], line[3]);
      case 'rmdir':
        return this.rmdir(line[1], line[2]);
      case 'keep':
        return this.keep(line[1], line[2], line[3]);
      case 'mkdir':
        return this.mkdir(line[1], line[2]);
      case 'mode':
        return this.mode(line[1], line[2]);
    }
  }

  async put([, number, relative, keep, expected]: Extract<JournalLine, ['put', ...unknown[]]>): Promise<void> {
    const staged = path.join(this.staging, String(number));
    const final = at(this.root, relative);
    try {
      if (await look(staged)) {
        await this.allowed(relative, async () => {
          if (await look(final)) await this.preserve(relative, keep, expected);
          await patiently(() => rename(staged, final));
        });
      } else if (this.onPut) this.failed.add(number);
      const stats = await look(final);
      if (!stats) this.failed.add(number);
      else if (!this.failed.has(number)) this.onPut?.(number, signatureOf(stats));
    } catch (error) {
      if (!isForGood(error)) throw error;
      this.failed.add(number);
    }
  }

  /** A folder of the user's that is not to be written opens for the moment; its files were chosen to be moved. */
  private async allowed(relative: string, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (codeOf(error) !== 'EACCES' || process.platform === 'win32') throw error;
      // One after the other: two would take each other's moment for what the folder is.
      const turn = this.opening.then(() => opened(path.dirname(at(this.root, relative)), work));
      this.opening = turn.catch(() => undefined);
      await turn;
    }
  }

  /** Sees to it that what stands in a name stays somewhere before the name is given to the new version. */
  private async preserve(relative: string, keep: string, expected: string): Promise<void> {
    const final = at(this.root, relative);
    const there = await look(final);
    if (!there) return;
    const beside = keep && !there.isDirectory() ? at(this.root, keep) : '';
    const known = beside ? await look(beside) : null;
    // Linked already, before a crash.
    if (known && known.ino === there.ino && known.dev === there.dev) return;
    if (!beside || known || (expected && !sameContent(there, expected))) return this.aside(relative);
    await mkdir(path.dirname(beside), { recursive: true, mode: 0o700 });
    // With a second name in place the first one is replaced without ever being missing. Of a link, some systems would give
    // the second name to what it leads to.
    const named = !there.isSymbolicLink() && (await link(final, beside).then(yes, no));
    if (!named) await patiently(() => rename(final, beside));
  }

  private async aside(relative: string): Promise<void> {
    const copy = await this.unused(relative);
    await patiently(() => rename(at(this.root, relative), at(this.root, copy)));
    this.kept.push({ path: relative, copy });
  }

  private async unused(relative: string): Promise<string> {
    const taken = new Set<string>();
    for (;;) {
      const copy = copyPath(relative, this.label, (candidate) => taken.has(candidate));
      if (!(await look(at(this.root, copy)))) return copy;
      taken.add(copy);
    }
  }

  private async trash(relative: string, to: string, expected: string): Promise<void> {
    const [from, target] = [at(this.root, relative), at(this.root, to)];
    const there = await look(from);
    if (!there || !sameContent(there, expected) || (await look(target))) return;
    await mkdir(path.dirname(target), { recursive: true, mode: 0o700 });
    await patiently(() => rename(from, target));
  }

  private async rmdir(relative: string, to: string): Promise<void> {
    try {
      await rmdir(at(this.root, relative));
    } catch {
      return; // something has appeared in it
    }
    await mkdir(at(this.root, to), { recursive: true, mode: 0o700 });
  }

  private async keep(relative: string, copy: string, expected: string): Promise<void> {
    const [from, target] = [at(this.root, relative), at(this.root, copy)];
    const there = await look(from);
    // Another one than was seen: put aside by an earlier run of this journal, and made anew.
    if (!there || !sameInode(there, expected)) return;
    if (await look(target)) return this.aside(relative);
    await patiently(() => rename(from, target));
  }

  private async mkdir(relative: string, mode: number): Promise<void> {
    const target = at(this.root, relative);
    const there = await look(target);
    if (there?.isDirectory()) return;
    if (there) await this.aside(relative);
    await mkdir(target, { recursive: true });
    if (mode >= 0 && process.platform !== 'win32') await chmod(target, mode | 0o700);
  }

  private async mode(relative: string, mode: number): Promise<void> {
    if (process.platform === 'win32') return;
    const there = await look(at(this.root, relative));
    if (there?.isFile())
      await chmod(at(this.root, relative), mode).catch((error: unknown) => {
        if (!isGone(error)) throw error;
      });
  }
}
