/** What desktop tests do with a workspace of the real application: read its state, press its buttons, clean up after it. */
import { execFileSync } from 'node:child_process';
import type { Page } from '@playwright/test';
import type { AppState, Phase, WorkspaceState } from '../../main/workspace/state';
import { until } from './processes';

/** The state as the window sees it, through the bridge. */
export async function appState(window: Page): Promise<AppState> {
  const outcome = await window.evaluate<{ ok: boolean; value: AppState }>(`window.labdock.call('app.state')`);
  if (!outcome.ok) throw new Error('the bridge gave no state');
  return outcome.value;
}

/** The state of the only workspace, or of the one with this name. */
export async function workspaceState(window: Page, name?: string): Promise<WorkspaceState> {
  const { workspaces } = await appState(window);
  const found = name ? workspaces.find((one) => one.workspace.name === name) : workspaces[0];
  if (!found) throw new Error(`no workspace ${name ?? ''}`);
  return found;
}

/** Waits for a phase; a `failed` one on the way ends the wait with its problem. */
export function phase(window: Page, wanted: Phase, patience = 240_000, name?: string): Promise<WorkspaceState> {
  return until(
    `phase ${wanted}`,
    async () => {
      const state = await workspaceState(window, name);
      if (state.phase === 'failed' && wanted !== 'failed') throw new Error(`failed: ${JSON.stringify(state.problem)}`);
      return state.phase === wanted ? state : undefined;
    },
    patience,
  );
}

export const docker = (...args: string[]): string =>
  execFileSync('docker', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).trim();

/** Ids of the containers of a workspace, by label. */
export const containersOf = (workspace: string): string[] =>
  docker('ps', '-aq', '--no-trunc', '--filter', `label=io.labdock.workspace=${workspace}`).split('\n').filter(Boolean);

/** Takes away what the test made: containers and HOME volume of these workspaces, nothing else. */
export function removeWorkspaces(ids: string[]): void {
  for (const id of ids) {
    const containers = containersOf(id);
    if (containers.length) docker('rm', '-f', ...containers);
    const volumes = docker('volume', 'ls', '-q', '--filter', `label=io.labdock.workspace=${id}`).split('\n');
    for (const volume of volumes.filter(Boolean)) docker('volume', 'rm', volume);
  }
}
