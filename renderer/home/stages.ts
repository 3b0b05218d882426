/** The stages of a start as a person follows them. Pure. */
import type { Phase, Progress, TargetKind } from '../../main/app/bridge/contract';

export const stageNames = {
  local: ['image', 'container', 'server', 'lab'],
  cluster: ['image', 'objects', 'server', 'route', 'lab'],
} as const;
export type Stage = (typeof stageNames)[TargetKind][number];
export interface StageState {
  stage: Stage;
  status: 'done' | 'current' | 'todo';
}

export function stages(phase: Phase, progress: Progress | undefined, on: TargetKind): StageState[] {
  const names: readonly Stage[] = stageNames[on];
  const at = names.indexOf(current(phase, progress, on));
  return names.map((stage, index) => ({
    stage,
    status: index < at ? 'done' : index === at ? 'current' : 'todo',
  }));
}

function current(phase: Phase, progress: Progress | undefined, on: TargetKind): Stage {
  // Before the first report a start looks at the image first; a server on its way is past the container.
  const stage = progress?.stage ?? (phase === 'starting' ? 'server' : 'image');
  if (on === 'local') return stage;
  if (progress?.step === 'forward') return 'route';
  return stage === 'container' ? 'objects' : stage;
}

/** 0 to 100, or undefined where nobody knows. */
export function percent(progress: Progress | undefined): number | undefined {
  if (!progress) return undefined;
  const { fraction, current, total } = progress;
  const share = fraction ?? (current !== undefined && total ? current / total : undefined);
  if (share === undefined || !Number.isFinite(share)) return undefined;
  return Math.round(Math.min(1, Math.max(0, share)) * 100);
}
