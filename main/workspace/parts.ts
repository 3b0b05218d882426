/** What the parts of the heart hand each other. Types only. */
import type { Problem } from '../common/problem';
import type { ContainerAtRest } from '../image/installedAtRest';
import type {
  ClusterRuntime,
  ClusterServerSpec,
  ImageInfo,
  ImageStore,
  LongCall,
  Runtime,
  ServerFile,
  ServerObservation,
  ServerSpec,
} from '../runtime/runtime';
import type { ClusterSettings } from '../runtime/kubernetes/model';
import type { Workspace } from './model';
import type { HomeStore } from './move/home';
import type { Observed, Wanted } from './observed';
import type { StepKind } from './state';

/** The engine in use. Another one (or the same after a restart) is another object. */
export interface Local {
  host: string;
  /** The user of this computer is uid 0 inside (rootless Docker), so a server is root there whatever the settings say. */
  rootInside: boolean;
  runtime: Runtime;
  images: ImageStore;
  /** Who listens on a port, in a word or two; undefined where that cannot be known. */
  portHolder(port: number): Promise<string | undefined>;
  /** Lab's own files in a workspace's HOME volume; its container exists and is at rest. */
  home(workspaceId: string): HomeStore;
  /** What a workspace's container has beyond its image, while it is at rest. */
  atRest(workspaceId: string): ContainerAtRest;
  /** Rejects when the engine does not answer. */
  ping(): Promise<void>;
}

/** Where a workspace's server is: on this computer's engine, or in a namespace of a cluster. Another connection is another object. */
export type Site =
  | { kind: 'local'; local: Local; runtime: Runtime }
  | { kind: 'cluster'; settings: ClusterSettings; runtime: ClusterRuntime };

/** How an image gets to where a cluster's nodes can pull it. */
export interface FarImage {
  /** What the Deployment names, by digest where Labdock pushed it; undefined: it has to be pushed first. */
  reference?: string;
  /** '' where it is not known. */
  architecture: string;
  pullPolicy: 'Always' | 'IfNotPresent';
  /** Resolves to the reference by digest. Rejects with `repository-missing`, `push-denied`, `push-failed`. */
  push(local: Local, image: ImageInfo, call: LongCall): Promise<string>;
}

/** Where a workspace's image comes from, resolved to names and actions. */
export interface WantedImage {
  by: Extract<StepKind, 'build-image' | 'pull-image' | 'load-image'>;
  refresh: boolean;
  /** Name or id to look for on the engine; undefined: an archive that was not loaded yet. */
  name?: string;
  /** Built by Labdock from a recipe: its command is known without a probe. */
  own: boolean;
  bring(local: Local, call: LongCall): Promise<ImageInfo>;
  /** Only for a workspace on a cluster. */
  far?: FarImage;
}

/** How a server is started from an image. */
export interface Launch {
  command: string[];
  init: boolean;
  env: Record<string, string>;
  /** What its server needs can be read by root alone. */
  wantsRoot: boolean;
  /** The image lacks Labdock's entrypoint; it is put in beside the configuration. */
  putEntrypoint: boolean;
}

/** The server's configuration as the settings render to it: the files it is made of. */
export interface WantedConfig {
  files: ServerFile[];
  print: string;
  token: string;
}

/** Everything one look at the world told. */
export interface Look {
  workspace: Workspace;
  site: Site;
  /** The engine of this computer, which builds and pushes for a cluster, too; null: there is none now. */
  local: Local | null;
  server: ServerObservation | null;
  /** Only for a workspace that runs or shall run. */
  wantedImage?: WantedImage;
  image?: ImageInfo | null;
  launch?: Launch | null;
  spec?: ServerSpec | ClusterServerSpec;
  /** `runningToken` is the one the server object really has, where it has one. */
  config?: WantedConfig & { runningToken: string };
  observed: Observed;
  wish: Wanted['image'];
}

/** The user changed their mind at a question. */
export class Declined extends Error {}

const engineReasons: ReadonlySet<Problem['reason']> = new Set([
  'engine-gone',
  'engine-absent',
  'engine-stopped',
  'engine-refused',
]);

/** What says that the target itself is gone, rather than that it refused something. */
export function isTargetGone(kind: Site['kind'], reason: Problem['reason']): boolean {
  return kind === 'local' ? engineReasons.has(reason) : reason === 'cluster-unreachable';
}
