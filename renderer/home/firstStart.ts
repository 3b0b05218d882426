import type { WorkspaceState } from '../../main/app/bridge/contract';

/** True while nothing was ever started here: one stopped workspace whose first start has yet to prepare its image. */
export function isFirstStart(state: WorkspaceState): boolean {
  return (
    !state.everStarted &&
    state.phase === 'stopped' &&
    state.workspace.target.kind === 'local' &&
    state.move === undefined &&
    state.moved === undefined &&
    state.problem === undefined &&
    state.pending === undefined &&
    state.recoverable.length === 0 &&
    state.workspace.image.kind === 'build'
  );
}
