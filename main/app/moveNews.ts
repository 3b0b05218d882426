/** Which switches ended between two looks, for those who do not watch the window meanwhile. Pure. */
import type { TargetKind } from '../workspace/model';
import type { WorkspaceState } from '../workspace/state';

export interface MoveNews {
  name: string;
  to: TargetKind;
  arrived: boolean;
}

/** Workspaces on their way, by id: what {@link moveNews} needs to know of the look before. */
export function onTheWay(workspaces: readonly WorkspaceState[]): ReadonlySet<string> {
  return new Set(workspaces.filter(({ move }) => move).map(({ workspace }) => workspace.id));
}

/** A switch that was taken back is no news to whoever took it back. */
export function moveNews(before: ReadonlySet<string>, workspaces: readonly WorkspaceState[]): MoveNews[] {
  return workspaces.flatMap(({ workspace: { id, name }, move, moved }) =>
    before.has(id) && !move && moved ? [{ name, to: moved.to, arrived: moved.problem === undefined }] : [],
  );
}
