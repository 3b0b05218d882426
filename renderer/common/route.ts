import type { Condition, WorkspaceState } from '../../main/app/bridge/contract';

/** The way to a cluster server that is there but cannot be reached just now; undefined while all is well. Pure. */
export function lostRoute({ phase, conditions }: Pick<WorkspaceState, 'phase' | 'conditions'>): Condition | undefined {
  if (phase !== 'ready' && phase !== 'starting') return undefined;
  return conditions.find(({ type, status, problem }) => type === 'Route' && status !== 'true' && problem !== undefined);
}
