/**
 * The heart's face: everything a front end (the window, the tray, later a command line) can see and ask.
 * Nothing here knows electron. `createService` (createService.ts) builds it from its parts.
 */
import type { HandInstalled } from '../common/handInstalled';
import type { Outcome, Input, Output, ProcedureName } from './procedures';
import type { AppState, WorkspaceState } from './state';
import type { LogEntry } from './logs';

/** The part of AppState the heart owns; the app adds window, theme and question. */
export type ServiceState = Pick<AppState, 'preferences' | 'engine' | 'secrets' | 'workspaces' | 'notices'>;

/** Where the front end reaches a ready server. The token never leaves main. */
export interface Endpoint {
  /** Origin without trailing slash, e.g. http://127.0.0.1:8888 */
  origin: string;
  token: string;
  /** Changes whenever another server process answers (restart, recreate): log in again. */
  generation: number;
}

/** What the heart needs from a front end while it works. All are optional manners: without a window nothing is unsaved. */
export interface FrontEnd {
  /** Saves all documents open in the workspace's Lab page; names those that could not be saved. */
  saveOpenDocuments(workspaceId: string): Promise<{ unsaved: string[] }>;
  /** Asks the user; resolves to the choice made. */
  ask(
    question:
      | { kind: 'unsaved'; workspace: string; files: string[] }
      | { kind: 'busy-kernels'; workspace: string; kernels: string[] },
  ): Promise<'proceed' | 'cancel'>;
  /**
   * The container goes, and with it packages that were installed by hand; null: it is not known whether there are any.
   * When the signal aborts the question has lost its point, and is answered with `cancel`.
   */
  askToKeep(
    workspaceId: string,
    found: HandInstalled[] | null,
    signal: AbortSignal,
  ): Promise<'keep' | 'lose' | 'cancel'>;
}

/** Procedures the heart answers; the rest (`view.*`, pickers, quit, answer) are the app's. */
export type ServiceProcedure = Exclude<
  ProcedureName,
  | 'app.state'
  | 'app.answer'
  | 'app.quit'
  | 'app.openExternal'
  | 'view.open'
  | 'view.home'
  | 'view.cover'
  | 'view.reload'
  | 'download.act'
  | 'files.pickFolder'
  | 'files.pickFile'
  | 'files.reveal'
  | 'cluster.saveManifests'
  | 'cluster.openOutside'
  | 'logs.open'
  | 'logs.close'
>;
export type ServiceProcedures = { [P in ServiceProcedure]: (input: Input<P>) => Promise<Outcome<Output<P>>> };

export interface Service {
  /** Reads settings and secrets, looks for the engine, adopts what runs. Resolves when the first snapshot is truthful; the engine may still be `looking`. */
  open(): Promise<void>;
  snapshot(): ServiceState;
  workspace(id: string): WorkspaceState | undefined;
  /** Called after every change, coalesced to at most one call per 50 ms. */
  subscribe(listener: (state: ServiceState) => void): () => void;
  readonly procedures: ServiceProcedures;
  /** null unless the phase is `ready`. */
  endpoint(id: string): Endpoint | null;
  /** Resolves as soon as the server answers with its identity; rejects with LabdockError when the start fails or is cancelled. */
  whenReady(id: string, signal?: AbortSignal): Promise<Endpoint>;
  setFrontEnd(frontEnd: FrontEnd): void;
  /** The lab view noticed it was refused or lost the server: look again. */
  poke(id: string): void;
  logs: {
    tail(id: string): { lines: LogEntry[]; dropped: number };
    follow(id: string, listener: (lines: LogEntry[], dropped: number) => void): () => void;
  };
  /** After sleep, or when the user asks: observe everything again. */
  refresh(): void;
  /** Stops watching and writing; servers keep running. */
  close(): Promise<void>;
}
