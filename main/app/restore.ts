/**
 * Opens again what the window showed last, when its server still runs. The page's process starts at once, in parallel with
 * everything else; whether to go through with it is known when the heart has looked. Pure decision, small keeper.
 */
import type { ServiceState } from '../workspace/service';
import type { ConditionType } from '../workspace/state';

/** `later`: show the home page, and Lab when the server turns out to run after all. */
export type Restoring = 'wait' | 'keep' | 'home' | 'later';

export function decideRestore(state: ServiceState, workspace: string, waitedMs: number): Restoring {
  const found = state.workspaces.find((candidate) => candidate.workspace.id === workspace);
  if (!found) return 'home';
  if (found.phase === 'ready' || found.phase === 'starting' || found.phase === 'preparing') return 'keep';
  // Until engine or cluster has been asked, and then for the server, `stopped` is a guess.
  const status = (wanted: ConditionType) => found.conditions.find(({ type }) => type === wanted)?.status;
  const known = status('Engine') === 'false' || status('Server') !== 'unknown';
  if (found.phase !== 'stopped' || known) return 'home';
  return waitedMs < patience ? 'wait' : 'later';
}

/** Milliseconds; an engine that has not answered by then is not worth an empty window. */
const patience = 2500;
