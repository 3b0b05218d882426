import type { WorkspaceState } from '../../main/app/bridge/contract';

/** True while nothing was ever started here: one stopped workspace whose image does not exist yet. */
export function isFirstStart(state: WorkspaceState): boolean {
  const image = state.conditions.find((condition) => condition.type === 'Image');
  return (
    state.phase === 'stopped' &&
    state.workspace.target.kind === 'local' &&
    state.move === undefined &&
    state.moved === undefined &&
    state.problem === undefined &&
    state.pending === undefined &&
    state.recoverable.length === 0 &&
    state.workspace.image.kind === 'build' &&
    image?.status !== 'true'
  );
}
