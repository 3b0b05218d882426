/**
 * The journal: all renames of a move, written and flushed before the first of them. With its own rename it is in force;
 * from then on it is carried out to the end, now or at the next contact. Every line can be carried out again without harm.
 * The far side's twin is in resources/move/agent.py.
 */
import { chmod, link, mkdir, rename, rmdir, unlink } from 'node:fs/promises';
import path from 'node:path';
import type { MoveConflict } from '../state';
import { at, isGone, look, patiently, sameContent, sameInode, signatureOf, syncFolder, syncVolume } from './disk';
import { jsonLine, linesOf } from './lines';
import type { JournalHead, JournalLine, Plan } from './model';
import { copyPath } from './names';

export interface Redone {
  /** Found changed at the last moment, and kept beside. */
  kept: MoveConflict[];
}

/** The plan as text, a few hundred lines at a time. `skip`: puts that were left out on the way. */
export function* journalText(head: JournalHead, plan: Plan, skip: ReadonlySet<number>): Generator<string> {
  const lines = function* (): Generator<JournalHead | JournalLine> {
    yield head;
    yield* plan.before;
    for (const { number, entry, keep, expected } of plan.puts)
      if (!skip.has(number)) yield ['put', number, entry.path, keep, expected];
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
  onPut?: ((number: number, signature: string) => void) | undefined;
}

/** Puts stand apart from each other: the folders are there, and each has its own name. */
const putsAtOnce = 16;

/** Rejects with the system's error; the journal then stays in force. */
export async function redo({ root, journal, staging, onPut }: Redo): Promise<Redone> {
  const hand = new Hand(root, staging, onPut);
  let puts: Promise<void>[] = [];
  const settle = async () => {
    const done = await Promise.allSettled(puts);
    puts = [];
    for (const result of done) if (result.status === 'rejected') throw result.reason as Error;
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
  return { kept: hand.kept };
}

class Hand {
  label = 'kept';
  readonly kept: MoveConflict[] = [];

  constructor(
    private readonly root: string,
    private readonly staging: string,
    private readonly onPut: Redo['onPut'],
  ) {}

  async other(line: Exclude<JournalLine, ['put', ...unknown[]]>): Promise<void> {
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
    if (await look(staged)) {
      if (await look(final)) await this.preserve(relative, keep, expected);
      await patiently(() => rename(staged, final));
    }
    const stats = this.onPut && (await look(final));
    if (stats) this.onPut?.(number, signatureOf(stats));
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
    try {
      // With a second name in place the first one is replaced without ever being missing.
      await link(final, beside);
    } catch {
      await patiently(() => rename(final, beside));
    }
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
