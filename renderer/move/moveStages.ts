/** The stages of a switch as a person follows them. Pure. */
import type { MoveStage, MoveState } from '../../main/app/bridge/contract';

export const moveSteps = ['prepare', 'save', 'copy', 'start'] as const;
export type MoveStep = (typeof moveSteps)[number];

const stepOf: Record<Exclude<MoveStage, 'returning'>, MoveStep> = {
  checking: 'prepare',
  image: 'prepare',
  preparing: 'prepare',
  saving: 'save',
  comparing: 'copy',
  copying: 'copy',
  committing: 'copy',
  starting: 'start',
};

/** On the way back there are no stages: it ends where it began. */
export function moveStages(stage: MoveStage): { step: MoveStep; status: 'done' | 'current' | 'todo' }[] {
  if (stage === 'returning') return [];
  const at = moveSteps.indexOf(stepOf[stage]);
  return moveSteps.map((step, index) => ({
    step,
    status: index < at ? 'done' : index === at ? 'current' : 'todo',
  }));
}

/** 0 to 100 while files are copied: by bytes, or by files where they are all empty. */
export function movePercent({
  stage,
  filesDone,
  filesTotal,
  bytesDone,
  bytesTotal,
}: Pick<MoveState, 'stage' | 'filesDone' | 'filesTotal' | 'bytesDone' | 'bytesTotal'>): number | undefined {
  if (stage !== 'copying') return undefined;
  const share = bytesTotal > 0 ? bytesDone / bytesTotal : filesTotal > 0 ? filesDone / filesTotal : undefined;
  return share === undefined ? undefined : Math.floor(Math.min(1, Math.max(0, share)) * 100);
}

/** What is said of the time left: seconds would promise too much. */
export function timeLeft(seconds: number): { unit: 'moment' | 'minutes' | 'hours'; count: number } {
  if (seconds < 45) return { unit: 'moment', count: 1 };
  if (seconds < 5400) return { unit: 'minutes', count: Math.max(1, Math.round(seconds / 60)) };
  return { unit: 'hours', count: Math.round(seconds / 3600) };
}
