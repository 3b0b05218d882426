/** What a plan comes to, in numbers and cut lists, for a preview and for a report. Pure. */
import type { LeftOut, MoveConflict, MovePreview } from '../state';
import type { Plan } from './model';

/** Lists are cut after 200 entries; counts are whole. */
export type MoveSummary = Omit<MovePreview, 'to' | 'image' | 'findings' | 'running'>;

const listed = 200;

/** Of a plan that is yet to be carried out. */
export function summaryOf(plan: Plan, firstCopy: boolean): MoveSummary {
  return {
    files: plan.puts.length,
    bytes: plan.puts.reduce((sum, { entry }) => sum + entry.size, 0),
    ...outcome(plan, firstCopy, plan.conflicts, plan.leftOut),
  };
}

/** Of one that was: what came of it besides the copies. */
export function outcome(
  plan: Plan,
  firstCopy: boolean,
  conflicts: MoveConflict[],
  leftOut: LeftOut[],
): Omit<MoveSummary, 'files' | 'bytes'> {
  return {
    unchanged: plan.unchanged,
    deletions: plan.deletions,
    conflicts: conflicts.slice(0, listed),
    conflictCount: conflicts.length,
    leftOut: leftOut.slice(0, listed),
    leftOutCount: leftOut.length,
    leftOutBytes: leftOut.reduce((sum, { bytes }) => sum + bytes, 0),
    firstCopy,
  };
}
