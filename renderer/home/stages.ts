/** The stages of a start as a person follows them. Pure. */
import type { Phase, Progress } from '../../main/app/bridge/contract';

export const stageNames = ['image', 'container', 'server', 'lab'] as const;
export type Stage = (typeof stageNames)[number];
export interface StageState {
  stage: Stage;
  status: 'done' | 'current' | 'todo';
}

export function stages(phase: Phase, progress: Progress | undefined): StageState[] {
  // Before the first report a start looks at the image first; a server on its way is past the container.
  const current = progress?.stage ?? (phase === 'starting' ? 'server' : 'image');
  const at = stageNames.indexOf(current);
  return stageNames.map((stage, index) => ({
    stage,
    status: index < at ? 'done' : index === at ? 'current' : 'todo',
  }));
}

/** 0 to 100, or undefined where nobody knows. */
export function percent(progress: Progress | undefined): number | undefined {
  if (!progress) return undefined;
  const { fraction, current, total } = progress;
  const share = fraction ?? (current !== undefined && total ? current / total : undefined);
  if (share === undefined || !Number.isFinite(share)) return undefined;
  return Math.round(Math.min(1, Math.max(0, share)) * 100);
}
