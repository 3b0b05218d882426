/** What the parts of the heart hand each other. Types only. */
import type { Problem } from '../common/problem';
import type { ImageInfo, ImageStore, LongCall, Runtime, ServerObservation, ServerSpec } from '../runtime/runtime';
import type { Workspace } from './model';
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
  /** Rejects when the engine does not answer. */
  ping(): Promise<void>;
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

/** The server's configuration file as the settings render to it. */
export interface WantedConfig {
  text: string;
  print: string;
  token: string;
}

/** Everything one look at the world told. */
export interface Look {
  workspace: Workspace;
  local: Local;
  server: ServerObservation | null;
  /** Only for a workspace that runs or shall run. */
  wantedImage?: WantedImage;
  image?: ImageInfo | null;
  launch?: Launch | null;
  spec?: ServerSpec;
  /** `runningToken` is the one the server object really has, where it has one. */
  config?: WantedConfig & { runningToken: string };
  observed: Observed;
  wish: Wanted['image'];
}

/** The user changed their mind at a question. */
export class Declined extends Error {}

export const engineReasons: ReadonlySet<Problem['reason']> = new Set([
  'engine-gone',
  'engine-absent',
  'engine-stopped',
  'engine-refused',
]);
