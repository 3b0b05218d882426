/** What is really there, as shown to the user. Pure types; main pushes these as small snapshots. */
import type { Problem } from '../common/problem';
import type { HandInstalled } from '../common/handInstalled';
import type { EngineCandidate, PreflightFinding } from '../runtime/runtime';
import type { Workspace, Preferences, TargetKind } from './model';

export type { EngineCandidate, EngineInfo, ManifestFolder, PreflightFinding } from '../runtime/runtime';

export type Phase = 'stopped' | 'preparing' | 'starting' | 'ready' | 'stopping' | 'failed';

export type ConditionType = 'Engine' | 'Image' | 'Server' | 'Route' | 'Files';
export interface Condition {
  type: ConditionType;
  status: 'true' | 'false' | 'unknown';
  /** CamelCase word for programs and tests, as in Kubernetes (`Present`, `Building`, `Running`, `NotFound`, …). */
  reason: string;
  /** Set when the status needs explaining to a person. */
  problem?: Problem;
  /** ISO 8601. */
  since: string;
}

/** One idempotent action on the way from observed to wanted. */
export type StepKind =
  | 'build-image'
  | 'pull-image'
  | 'load-image'
  | 'probe-image'
  | 'push-image'
  | 'create'
  | 'configure'
  | 'start'
  | 'forward'
  | 'await-ready'
  | 'save-work'
  | 'stop'
  | 'remove';

export interface Progress {
  step: StepKind;
  /** Steps of this kind of run in order, for the stage list (`image`, `container`, `server`, `lab`). */
  stage: 'image' | 'container' | 'server' | 'lab';
  /** Docker build step or pull layer in plain technical words, untranslated (`RUN conda create …`). */
  label?: string;
  current?: number;
  total?: number;
  /** 0..1 where it is known. */
  fraction?: number;
  /** ISO 8601, when this step began. */
  since: string;
}

/** What applying the saved settings to the running server takes. Ordered by price; `rebuild` includes `recreate`, and so on. */
export type Cost = 'nothing' | 'restart' | 'recreate' | 'rebuild';
export interface CostEstimate {
  cost: Cost;
  /** Which settings cause it. */
  because: string[];
  /** Kernels whose environment must be built, by name (rebuild only). */
  kernels: string[];
  /** Found in the server's container, running or not, and not in the draft's kernels: applying it takes them away. */
  handInstalled: HandInstalled[];
  /** True when the server is running now, so that applying interrupts it. */
  interrupts: boolean;
}

/** A file by its path relative to the workspace's folder, with `/`. */
export interface LeftOut {
  path: string;
  bytes: number;
  /** `ignored`: by `.labdockignore`; `outside`: a link that leads out of the folder; `special`: a socket, pipe or device. */
  why: 'ignored' | 'too-large' | 'unreadable' | 'outside' | 'special' | 'name' | 'refused';
}

/** Both sides changed the file: the version that moves takes the name, the other one is kept as `copy`. */
export interface MoveConflict {
  path: string;
  copy: string;
}

/** What a switch would do, found out before anything is stopped. Lists are cut after 200 entries; counts are whole. */
export interface MovePreview {
  to: TargetKind;
  /** To be copied. */
  files: number;
  bytes: number;
  unchanged: number;
  /** On the far side, put into its trash because they were deleted here. */
  deletions: number;
  conflicts: MoveConflict[];
  conflictCount: number;
  leftOut: LeftOut[];
  leftOutCount: number;
  leftOutBytes: number;
  /** Nothing of this workspace is on the far side yet. */
  firstCopy: boolean;
  /** What the image takes before anything can start there. */
  image: ('build' | 'pull' | 'load' | 'push')[];
  findings: PreflightFinding[];
  /** The server runs and will be stopped; it is asked about busy kernels then. */
  running: boolean;
}

export type MoveStage =
  'checking' | 'image' | 'preparing' | 'saving' | 'comparing' | 'copying' | 'committing' | 'starting' | 'returning';

export interface MoveState {
  to: TargetKind;
  stage: MoveStage;
  filesDone: number;
  filesTotal: number;
  bytesDone: number;
  bytesTotal: number;
  /** Known after the first seconds of copying. */
  secondsLeft?: number;
  /** Taking it back is still possible; it then runs again where it was. */
  cancellable: boolean;
  /** ISO 8601. */
  since: string;
}

/** How the last switch ended, until dismissed. */
export interface MoveReport {
  to: TargetKind;
  /** Absent: it arrived. */
  problem?: Problem;
  files: number;
  bytes: number;
  conflicts: MoveConflict[];
  conflictCount: number;
  /** The first 200 of them. */
  leftOut: LeftOut[];
  leftOutCount: number;
  leftOutBytes: number;
  /** ISO 8601. */
  at: string;
}

export interface WorkspaceState {
  workspace: Workspace;
  phase: Phase;
  conditions: Condition[];
  progress?: Progress;
  /** Why the phase is `failed`, or why it stopped by itself. */
  problem?: Problem;
  /** Saved settings differ from what the server runs with; applying costs this. */
  pending?: Cost;
  /** False until its image was once built or a server of it once started; remembered over launches of Labdock. */
  everStarted: boolean;
  password: 'set' | 'unset' | 'imported-hash' | 'unknown';
  /** Files Jupyter left half-written at an earlier crash (`.~name` beside an empty file), relative to the folder. */
  recoverable: string[];
  /** A switch to another target is under way. */
  move?: MoveState;
  moved?: MoveReport;
  /** The target this workspace was switched away from still holds its files. */
  leftBehind?: TargetKind;
  /** Cluster: where others reach the server. */
  addresses?: { inside: string; outside?: string };
}

export interface EngineState {
  status: 'looking' | 'available' | 'unavailable';
  chosen?: EngineCandidate;
  candidates: EngineCandidate[];
  problem?: Problem;
}

/** A file the Lab page hands to the user, saved in the user's download folder. */
export interface DownloadState {
  id: string;
  workspace: string;
  /** File name as saved, without its folder. */
  name: string;
  receivedBytes: number;
  /** 0 where the server does not say. */
  totalBytes: number;
  status: 'running' | 'done' | 'failed';
}

/** What the window shows besides workspaces. */
export interface AppState {
  version: string;
  platform: NodeJS.Platform;
  locale: 'en' | 'ko';
  theme: 'light' | 'dark';
  preferences: Preferences;
  engine: EngineState;
  /** Where secrets are kept in this run, and why it is not the keychain. */
  secrets: { store: 'keychain' | 'safe-storage' | 'memory'; problem?: Problem };
  workspaces: WorkspaceState[];
  /** Messages for the whole app (settings damaged, …), until dismissed. */
  notices: { id: string; problem: Problem }[];
  /** What the one window shows: its own pages, or a workspace's Lab below the bar. */
  view: { kind: 'home' } | { kind: 'lab'; workspace: string; status: 'loading' | 'shown' | 'lost' };
  /** The last few, newest last, until dismissed. */
  downloads?: DownloadState[];
  /** A question main asks through the window; answered with `app.answer`. */
  question?:
    /** `moving`: workspaces on their way to another target, which quitting takes back. */
    | { id: string; kind: 'quit'; running: string[]; moving?: string[] }
    /** From the tray: show what a switch would do; the window starts it, or not. */
    | { id: string; kind: 'move'; workspace: string; to: TargetKind }
    | { id: string; kind: 'unsaved'; workspace: string; files: string[] }
    | { id: string; kind: 'busy-kernels'; workspace: string; kernels: string[] }
    /** The container is about to be made anew. null: what is in it could not be found out. */
    | { id: string; kind: 'hand-installed'; workspace: string; found: HandInstalled[] | null };
}
