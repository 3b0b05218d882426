/** What a controller needs from the heart around it. Types only. */
import type { View } from './conditions';
import type { Workspace, WorkspaceId } from './model';
import type { Sources } from './observer';
import type { Local, Site } from './parts';
import type { PreflightResult } from './preflight';
import type { StepTools } from './steps';

export interface ControllerHost extends Sources, StepTools {
  workspace(id: WorkspaceId): Workspace | undefined;
  /** The engine of this computer now; null while there is none. */
  local(): Local | null;
  /** … once the first search for one is over. */
  localFound(): Promise<Local | null>;
  /** Where the workspace's server is; null while that does not answer. */
  site(workspace: Workspace): Site | null;
  /** How that target is. */
  target(workspace: Workspace | undefined): View['engine'];
  /** A call said that the target is gone; the host finds out and wakes everyone. */
  reportLost(workspace: Workspace): void;
  setWanted(id: WorkspaceId, wanted: Workspace['wanted']): void;
  preflight(workspace: Workspace, ownPort: number | undefined): Promise<PreflightResult>;
  changed(id: WorkspaceId): void;
  /** No server of it runs (any more): what it may have left in the folder can be looked at. */
  ended(id: WorkspaceId): void;
}
