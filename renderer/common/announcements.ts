/** What a screen reader is told when snapshots differ. Pure. */
import type { AppState, Phase } from '../../main/app/bridge/contract';

export interface Announcement {
  name: string;
  phase: Phase;
}

/** Workspaces that changed their phase; `preparing` and `starting` count as one, for they alternate. */
export function phaseChanges(previous: AppState['workspaces'], next: AppState['workspaces']): Announcement[] {
  const spoken = (phase: Phase) => (phase === 'preparing' ? 'starting' : phase);
  const before = new Map(previous.map((state) => [state.workspace.id, spoken(state.phase)]));
  return next
    .filter(({ workspace, phase }) => before.has(workspace.id) && before.get(workspace.id) !== spoken(phase))
    .map(({ workspace, phase }) => ({ name: workspace.name, phase: spoken(phase) }));
}
