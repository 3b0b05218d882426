/**
 * One contact at a time with a folder's `.labdock`: two that took its staging for their own would lose files, whether they
 * are moves or only look, in one Labdock (two workspaces with one folder) or in two. A file made exclusively says who
 * holds it, and its time is set anew as long as the holder lives: so it works on network drives, too.
 */
import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { LabdockError } from '../../common/problem';
import { codeOf } from './disk';
import { ownPath } from './localSide';

/** Milliseconds. A holder is given up once it was seen silent for so long: on another computer only that can be known. */
const beat = 3_000;
const silence = 15_000;
const between = 150;

const holderSchema = z.object({ id: z.string(), host: z.string(), pid: z.number().int().positive() });
type Holder = z.infer<typeof holderSchema>;

interface Seen {
  holder: Holder | undefined;
  /** Changes with every sign of life. */
  stamp: string;
}

/**
 * @param patience milliseconds to wait for a holder that lives
 * @throws LabdockError `move-elsewhere` when it goes on holding
 */
export async function withFolderLock<T>(
  root: string,
  { signal, patience }: { signal: AbortSignal; patience: number },
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const file = ownPath(root, 'holder.json');
  const id = randomBytes(8).toString('hex');
  await take(file, root, id, signal, patience);
  const lost = new AbortController();
  const alive = setInterval(() => {
    if (look(file)?.holder?.id !== id) return lost.abort(new LabdockError('move-elsewhere', { folder: root }));
    const now = new Date();
    fs.utimes(file, now, now, () => undefined);
  }, beat);
  alive.unref();
  try {
    return await work(AbortSignal.any([signal, lost.signal]));
  } finally {
    clearInterval(alive);
    if (look(file)?.holder?.id === id) fs.rmSync(file, { force: true });
  }
}

async function take(file: string, root: string, id: string, signal: AbortSignal, patience: number): Promise<void> {
  const began = Date.now();
  let before: { stamp: string; at: number } | undefined;
  let lives = false;
  for (let attempt = 0; ; attempt++) {
    if (attempt > 0) await sleep(between);
    signal.throwIfAborted();
    if (make(file, root, id)) return;
    const seen = look(file);
    const now = Date.now();
    if (seen && before?.stamp !== seen.stamp) {
      lives = before !== undefined;
      before = { stamp: seen.stamp, at: now };
    }
    if (seen && before && (hasEnded(seen.holder) || now - before.at >= silence)) giveUp(file, seen.stamp);
    // One that has given no sign of life yet may turn out to be silent; one that may not be looked at or taken away (it is
    // another person's) never does.
    const doubtful = !lives && now - began < 2 * silence;
    if (now - began > patience && !doubtful) throw new LabdockError('move-elsewhere', { folder: root });
  }
}

/** True when the file was made by this call. */
function make(file: string, root: string, id: string): boolean {
  const holder: Holder = { id, host: hostname(), pid: process.pid };
  // Complete from its first moment: a link either makes the name or fails.
  const draft = `${file}.${id}`;
  fs.mkdirSync(ownPath(root), { recursive: true, mode: 0o700 });
  try {
    fs.writeFileSync(draft, JSON.stringify(holder), { flag: 'wx', mode: 0o600 });
    fs.linkSync(draft, file);
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    // A disk without second names.
    if (!['EPERM', 'ENOTSUP', 'ENOSYS', 'EOPNOTSUPP', 'EMLINK'].includes(codeOf(error)) || !fs.existsSync(draft))
      throw error;
    return exclusively(file, holder);
  } finally {
    fs.rmSync(draft, { force: true });
  }
}

function exclusively(file: string, holder: Holder): boolean {
  try {
    fs.writeFileSync(file, JSON.stringify(holder), { flag: 'wx', mode: 0o600 });
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    throw error;
  }
}

function look(file: string): Seen | undefined {
  try {
    const text = fs.readFileSync(file, 'utf8');
    const { mtimeMs } = fs.statSync(file);
    return { holder: holderIn(text), stamp: `${text} ${mtimeMs}` };
  } catch {
    return undefined;
  }
}

function holderIn(text: string): Holder | undefined {
  try {
    return holderSchema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

/** Known for certain on this computer only. */
function hasEnded(holder: Holder | undefined): boolean {
  if (holder?.host !== hostname()) return false;
  try {
    process.kill(holder.pid, 0);
    return false;
  } catch (error) {
    return codeOf(error) === 'ESRCH';
  }
}

/** Takes the file out of the way, if it still is the one that was judged. */
function giveUp(file: string, stamp: string): void {
  if (look(file)?.stamp !== stamp) return;
  const aside = `${file}.${randomBytes(4).toString('hex')}`;
  try {
    fs.renameSync(file, aside);
    // Between look and rename somebody else may have come: theirs goes back.
    if (look(aside)?.stamp !== stamp) fs.linkSync(aside, file);
  } catch {
    // Somebody was quicker.
  }
  fs.rmSync(aside, { force: true });
}
