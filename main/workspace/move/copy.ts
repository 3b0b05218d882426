/** The copying of a move: everything into staging, and once more what changed at the source meanwhile. */
import { LabdockError } from '../../common/problem';
import type { LeftOut } from '../state';
import type { AgentSession } from './agentSession';
import { tree, type Compared, type MoveRequest } from './comparison';
import { at, look, lookNow, signatureOf } from './disk';
import { caughtUp, signaturesFar } from './far';
import type { Grafts } from './grafts';
import { stagingPath } from './localSide';
import type { BaseEntry, Plan, Put } from './model';
import { Pace } from './pace';
import type { Meter } from './progress';
import { receivePuts } from './receive';
import { sendPuts, type Sent, type TransferOptions } from './send';

export interface Copied {
  sent: Map<number, Sent>;
  /** Puts that do not happen: gone meanwhile, or not readable after all. */
  skipped: Set<number>;
  /** What the base said of the skipped. */
  retained: BaseEntry[];
  leftOut: LeftOut[];
  files: number;
  bytes: number;
}

/** How often files that changed after they were read are read again. */
const rounds = 4;

export async function copyAll(
  request: MoveRequest,
  session: AgentSession,
  plan: Plan,
  given: { signal: AbortSignal; meter: Meter; base: Compared['base']; grafts: Grafts },
): Promise<Copied> {
  const { signal, meter, base, grafts } = given;
  const bytesTotal = plan.puts.reduce((sum, { entry }) => sum + entry.size, 0);
  meter.stage('copying', 0, plan.puts.length, 0, bytesTotal);
  const sent = new Map<number, Sent>();
  let again: readonly Put[] = plan.puts;
  for (let round = 1; again.length; round++) {
    if (round > rounds) throw new LabdockError('move-source-changed', { path: again[0]!.entry.path });
    const onProgress = (files: number, bytes: number) => round === 1 && meter.at(files, Math.min(bytes, bytesTotal));
    const outcome = await transfer(request, session, again, { signal, onProgress, grafts, again: round > 1 });
    for (const [number, what] of outcome) sent.set(number, what);
    // Everything has arrived and is verified; only now it is asked whether it still is what the source has.
    if (request.direction === 'to-cluster') await caughtUp(session);
    again = await changedSince(request, session, again, sent);
  }
  return settled(plan, sent, base);
}

function transfer(
  { direction, folder }: MoveRequest,
  session: AgentSession,
  puts: readonly Put[],
  options: TransferOptions & { grafts: Grafts; again: boolean },
) {
  if (direction === 'to-cluster') return sendPuts(session, folder, puts, options);
  return receivePuts(session, tree, folder, stagingPath(folder), puts, options);
}

/** Files whose source is not what was sent any more. Those that are gone become so. */
async function changedSince(
  { direction, folder }: MoveRequest,
  session: AgentSession,
  puts: readonly Put[],
  sent: Map<number, Sent>,
): Promise<Put[]> {
  const files = puts.filter(({ number }) => sent.get(number)?.kind === 'file');
  const now =
    direction === 'to-cluster'
      ? await signaturesHere(folder, files)
      : await signaturesFar(
          session,
          tree,
          files.map(({ entry }) => entry.path),
        );
  return files.filter(({ number }, index) => {
    const what = sent.get(number);
    if (now[index] === null) sent.set(number, { kind: 'gone' });
    return now[index] !== null && what?.kind === 'file' && now[index] !== what.signature;
  });
}

async function signaturesHere(folder: string, puts: readonly Put[]): Promise<(string | null)[]> {
  const found: (string | null)[] = [];
  const pace = new Pace();
  for (const { entry } of puts) {
    const file = at(folder, entry.path);
    const stats = pace.quick ? pace.now(() => lookNow(file)) : await look(file);
    found.push(stats && signatureOf(stats));
    if (pace.spent) await pace.breathe();
  }
  return found;
}

function settled(plan: Plan, sent: Map<number, Sent>, base: Compared['base']): Copied {
  const copied: Copied = { sent, skipped: new Set(), retained: [], leftOut: [], files: 0, bytes: 0 };
  for (const { number, entry } of plan.puts) {
    const what = sent.get(number);
    if (what?.kind === 'file' || what?.kind === 'link') {
      copied.files += 1;
      copied.bytes += what.kind === 'file' ? what.size : 0;
      continue;
    }
    copied.skipped.add(number);
    const known = base?.get(entry.path);
    if (known) copied.retained.push(known);
    if (what?.kind !== 'gone') copied.leftOut.push({ path: entry.path, bytes: entry.size, why: 'unreadable' });
  }
  return copied;
}
