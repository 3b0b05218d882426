/** The latest snapshot of main, shared by all components. */
import { useSyncExternalStore } from 'react';
import type { AppState } from '../main/app/bridge/contract';
import { call, on } from './bridge';
import { reuse } from './common/reuse';

let current: AppState | undefined;
const listeners = new Set<() => void>();

function receive(next: AppState) {
  const merged = reuse(current, next);
  if (merged === current) return;
  current = merged;
  for (const listener of listeners) listener();
}

/** Listens first, then asks once: no change falls between the two. Resolves to the first snapshot. */
export async function connect(): Promise<AppState> {
  let pushed = false;
  on('state', (next) => {
    pushed = true;
    receive(next);
  });
  const answer = await call('app.state');
  if (answer.ok) {
    // What was pushed meanwhile is newer than the answer.
    if (!pushed) receive(answer.value);
    return current ?? answer.value;
  }
  throw new Error(answer.problem.detail ?? answer.problem.reason);
}

export function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function appState(): AppState {
  if (!current) throw new Error('no state yet');
  return current;
}

/** Re-renders when the selected part changes; parts keep their identity while equal. */
export function useAppState<T>(select: (state: AppState) => T): T {
  return useSyncExternalStore(subscribe, () => select(appState()));
}

export function useWorkspace(id: string) {
  return useAppState((state) => state.workspaces.find((w) => w.workspace.id === id));
}
