/** What the service's procedures work with: its state and the ways to change it. */
import type { Problem } from '../common/problem';
import type { ByHand } from './byHand';
import type { Clusters } from './clusters';
import type { Controller } from './controller';
import type { ControllerHost } from './controllerHost';
import type { Engines } from './engines';
import type { Images } from './images';
import type { Settings, Workspace, WorkspaceId } from './model';
import type { Notices } from './notices';
import type { Ports } from './ports';
import type { Defaults } from './provisioned';
import type { Remembered } from './remembered';
import type { SecretsService } from './secretsService';
import type { Site } from './parts';
import type { Switcher } from './switcher';

export interface Core {
  readonly home: string;
  readonly settings: Settings;
  readonly defaults: Defaults;
  readonly engines: Engines;
  readonly clusters: Clusters;
  readonly switcher: Switcher;
  /** Looks, plans and steps outside of a controller's loop (a switch's far side) ask the same. */
  readonly host: ControllerHost;
  readonly images: Images;
  readonly byHand: ByHand;
  readonly ports: Ports;
  readonly secrets: SecretsService;
  readonly remembered: Remembered;
  readonly notices: Notices;
  readonly controllers: ReadonlyMap<WorkspaceId, Controller>;
  /** @throws LabdockError `workspace-unknown` */
  saved(id: WorkspaceId): Workspace;
  /** @throws LabdockError `workspace-unknown` */
  controller(id: WorkspaceId): Controller;
  /** null while the workspace's target does not answer. */
  site(workspace: Pick<Workspace, 'target' | 'cluster'>): Site | null;
  /** Changes the settings and writes them. Rejects when they cannot be written; they then are as before. */
  change(edit: (settings: Settings) => Settings): Promise<void>;
  addWorkspace(workspace: Workspace): Promise<void>;
  removeWorkspace(id: WorkspaceId): Promise<void>;
  /** Workspaces whose objects on a cluster Labdock may take from whoever applied them. */
  readonly adopted: Set<WorkspaceId>;
  /** Files found beside their half-written originals, relative to the folder. */
  recoverable: Map<WorkspaceId, string[]>;
  scanRecovery(id: WorkspaceId): Promise<void>;
  /** Looks for the keychain again, and at what it has. Never rejects. */
  reopenSecrets(): Promise<void>;
  publish(): void;
}

/** A refused input: each problem at its field. */
export class FieldsError extends Error {
  constructor(readonly fields: Record<string, Problem>) {
    super('fields');
  }
}
