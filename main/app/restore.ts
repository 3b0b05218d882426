/**
 * Opens again what the window showed last, when its server still runs. The page's process starts at once, in parallel with
 * everything else; whether to go through with it is known when the heart has looked. Pure decision, small keeper.
 */
import type { ServiceState } from '../workspace/service';

export type Restoring = 'wait' | 'keep' | 'home';

export function decideRestore(state: ServiceState, workspace: string, waitedMs: number): Restoring {
  const found = state.workspaces.find((candidate) => candidate.workspace.id === workspace);
  if (!found) return 'home';
  if (found.phase === 'ready' || found.phase === 'starting' || found.phase === 'preparing') return 'keep';
  // While the engine, or the cluster, is being asked, `stopped` is a guess.
  const asking =
    found.workspace.target.kind === 'cluster'
      ? found.conditions.find(({ type }) => type === 'Engine')?.status === 'unknown'
      : state.engine.status === 'looking';
  return asking && waitedMs < patience ? 'wait' : 'home';
}

/** Milliseconds; an engine that has not answered by then is not worth an empty window. */
const patience = 2500;
