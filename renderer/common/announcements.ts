/** What a screen reader is told when snapshots differ. Pure. */
import type { AppState, Phase, TargetKind } from '../../main/app/bridge/contract';

export type Announcement =
  | { name: string; phase: Phase }
  /** A switch to the target began, arrived, failed, or was taken back. */
  | { name: string; move: 'begun' | 'arrived' | 'failed' | 'cancelled'; to: TargetKind };

/** Workspaces that changed their phase; `preparing` and `starting` count as one, for they alternate. What moves says only that. */
export function phaseChanges(previous: AppState['workspaces'], next: AppState['workspaces']): Announcement[] {
  const spoken = (phase: Phase) => (phase === 'preparing' ? 'starting' : phase);
  const before = new Map(previous.map((state) => [state.workspace.id, state]));
  return next.flatMap((state): Announcement[] => {
    const old = before.get(state.workspace.id);
    if (!old) return [];
    const { name } = state.workspace;
    if (state.move) return old.move ? [] : [{ name, move: 'begun', to: state.move.to }];
    if (old.move) {
      const { moved } = state;
      return [{ name, move: !moved ? 'cancelled' : moved.problem ? 'failed' : 'arrived', to: old.move.to }];
    }
    return spoken(old.phase) === spoken(state.phase) ? [] : [{ name, phase: spoken(state.phase) }];
  });
}
