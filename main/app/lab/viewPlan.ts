/** What to do with a workspace's Lab page when the workspace changes. Pure. */
import type { WorkspaceState } from '../../workspace/state';

export type ViewPlan =
  /** Close the page: the workspace is gone or was stopped on purpose, its work saved. */
  | 'close'
  /** Have a page ready (its process warm), nothing loaded yet, or wait with the old page hidden. */
  | 'wait'
  /** The server is ready: log in, load if need be. */
  | 'attach'
  /** The server went away by itself: keep the page, it may hold the only copy of what was not saved. */
  | 'lost'
  /** Leave it as it is: work is being saved, or nothing changed. */
  | 'leave';

/**
 * A page that shows a workspace on a cluster stays as it is while the way there heals: Lab reconnects by itself, and what
 * was not saved can still be read and copied. The bar above it says what happens.
 */
function routeHeals({ conditions }: Pick<WorkspaceState, 'conditions'>): boolean {
  return conditions.some(({ type, status, problem }) => type === 'Route' && status !== 'true' && problem !== undefined);
}

/** Nobody knows whether the server runs: engine or cluster cannot be asked. */
function targetAway({ conditions }: Pick<WorkspaceState, 'conditions'>): boolean {
  return conditions.some(({ type, status }) => type === 'Engine' && status === 'false');
}

export function planView(
  state: Pick<WorkspaceState, 'phase' | 'problem' | 'move' | 'conditions'> | undefined,
  page: { generation: number | null; painted: boolean },
  endpointGeneration: number | null,
): ViewPlan {
  if (!state) return 'close';
  switch (state.phase) {
    case 'stopped':
      if (state.problem) return 'lost';
      // On its way to another target, the page waits for the server there.
      return page.painted && (state.move !== undefined || targetAway(state)) ? 'lost' : 'close';
    case 'failed':
      return 'lost';
    case 'preparing':
    case 'starting':
      return page.generation !== null && routeHeals(state) ? 'leave' : 'wait';
    case 'stopping':
      return 'leave';
    case 'ready':
      return endpointGeneration !== null && endpointGeneration !== page.generation ? 'attach' : 'leave';
  }
}

/**
 * A page that was loaded from an earlier server process: load anew, since kernels and Lab itself may be others, unless it
 * holds unsaved work and still has the same address; then logging in again lets Lab reconnect and save.
 */
export function keepPage(page: { origin: string | null; dirty: readonly string[] }, origin: string): boolean {
  return page.origin === origin && page.dirty.length > 0;
}
