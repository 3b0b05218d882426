/** What a controller needs from the heart around it. Types only. */
import type { View } from './conditions';
import type { Workspace, WorkspaceId } from './model';
import type { Sources } from './observer';
import type { Local } from './parts';
import type { PreflightResult } from './preflight';
import type { StepTools } from './steps';

export interface ControllerHost extends Sources, StepTools {
  workspace(id: WorkspaceId): Workspace | undefined;
  /** The engine now; null while there is none. */
  local(): Local | null;
  engine(): View['engine'];
  /** A call said that the engine is gone; the host finds out and wakes everyone. */
  reportLost(): void;
  setWanted(id: WorkspaceId, wanted: Workspace['wanted']): void;
  preflight(workspace: Workspace, ownPort: number | undefined): Promise<PreflightResult>;
  changed(id: WorkspaceId): void;
  /** No server of it runs (any more): what it may have left in the folder can be looked at. */
  ended(id: WorkspaceId): void;
}
