/** The heart's parts, put together: settings, secrets, engine and one controller per workspace. */
import { homedir } from 'node:os';
import { LabdockError, type Problem } from '../common/problem';
import { coalesce } from './coalesce';
import { Controller } from './controller';
import type { ControllerHost } from './controllerHost';
import { Engines } from './engines';
import { makeOwnFolder } from './folders';
import { configProblem } from './handlers';
import { newWorkspaceId } from './identity';
import { Images } from './images';
import { keychainStore } from './keychainStore';
import { LogBuffer } from './logBuffer';
import type { Preferences, Settings, Workspace, WorkspaceId } from './model';
import { Notices } from './notices';
import { Ports } from './ports';
import { preflight } from './preflight';
import { publicDefaults, readDefaults, type Defaults } from './provisioned';
import { Remembered } from './remembered';
import type { SecretStore } from './secrets';
import { SecretsService } from './secretsService';
import type { FrontEnd } from './service';
import type { Core } from './serviceParts';
import { ServerTalk } from './serverTalk';
import { SettingsFile } from './settingsFile';
import { explainEnding } from './startFailure';
import type { WorkspaceState } from './state';
import { suggest } from './suggest';

export interface CoreOptions {
  dataFolder: string;
  resourcesFolder: string;
  safeStorage?: () => Promise<SecretStore | null>;
  log?: (kind: string, error: unknown) => void;
  home?: string;
  defaultsPath: string | null;
  keychain?: () => SecretStore;
  /** Called at most once per 50 ms. */
  changed: () => void;
}

const pushIntervalMs = 50;
const keychainTimeoutMs = 6_000;

export class WorkspaceCore implements Core {
  readonly home: string;
  readonly remembered: Remembered;
  readonly notices: Notices;
  readonly engines: Engines;
  readonly images: Images;
  readonly ports: Ports;
  readonly secrets: SecretsService;
  readonly controllers = new Map<WorkspaceId, Controller>();
  readonly recoverable = new Map<WorkspaceId, string[]>();
  settings: Settings = { version: 1, preferences: preferencesFor(publicDefaults), workspaces: [] };
  defaults: Defaults = publicDefaults;
  frontEnd: FrontEnd | undefined;

  private readonly file: SettingsFile;
  private readonly host: ControllerHost;
  private readonly push: ReturnType<typeof coalesce>;
  private scans: Promise<void> = Promise.resolve();
  private closed = false;

  constructor(private readonly options: CoreOptions) {
    const { dataFolder, resourcesFolder, safeStorage } = options;
    this.push = coalesce(options.changed, pushIntervalMs);
    this.home = options.home ?? homedir();
    this.file = new SettingsFile(dataFolder);
    this.remembered = new Remembered(dataFolder);
    this.notices = new Notices(() => this.publish());
    this.images = new Images(resourcesFolder, this.remembered, () => this.settings.preferences.build);
    this.engines = new Engines({
      preference: () => this.settings.preferences.engine,
      changed: () => this.publish(),
      event: (id) => this.engineEvent(id),
      availability: (available) => this.engineAvailability(available),
    });
    this.ports = new Ports({
      promised: () => this.settings.workspaces.map((workspace) => workspace.port),
      local: () => this.engines.local,
    });
    const keychain = options.keychain ?? (() => keychainStore(dataFolder, keychainTimeoutMs));
    const stores = { keychain, ...(safeStorage && { fallback: safeStorage }) };
    this.secrets = new SecretsService(stores, () => this.publish());
    this.host = this.controllerHost();
  }

  /** Reads what is on disk. Never rejects: what cannot be read becomes a notice. */
  async load(): Promise<void> {
    const { defaults, problem } = await readDefaults(this.options.defaultsPath);
    this.defaults = defaults;
    const loaded = await this.file.load(preferencesFor(defaults));
    this.settings = loaded.settings;
    for (const notice of [problem, ...loaded.notices]) if (notice) this.notices.add(notice);
    await this.remembered.load(this.file.writable);
    for (const workspace of this.settings.workspaces) this.addController(workspace.id);
    if (loaded.first) await this.addFirstWorkspace();
  }

  /** Loads the heavy parts and asks other programs: after the first snapshot is out. */
  async begin(): Promise<void> {
    await Promise.all([this.engines.look(), this.secrets.open().then(() => this.readPasswords())]);
  }

  // --- Core ----------------------------------------------------------------------------------------------------------

  saved(id: WorkspaceId): Workspace {
    const workspace = this.settings.workspaces.find((one) => one.id === id);
    if (!workspace) throw new LabdockError('workspace-unknown');
    return workspace;
  }

  controller(id: WorkspaceId): Controller {
    const controller = this.controllers.get(id);
    if (!controller) throw new LabdockError('workspace-unknown');
    return controller;
  }

  async change(edit: (settings: Settings) => Settings): Promise<void> {
    const before = this.settings;
    const after = edit(before);
    this.settings = after;
    this.publish();
    try {
      await this.file.save(after);
      this.notices.clear('settings-unwritable');
      this.notices.clear('disk-full');
    } catch (error) {
      // Only if nobody changed more meanwhile: that change will be said to have failed, too.
      if (this.settings === after) this.settings = before;
      this.publish();
      throw error;
    }
  }

  async addWorkspace(workspace: Workspace): Promise<void> {
    await this.change((settings) => ({ ...settings, workspaces: [...settings.workspaces, workspace] }));
    this.addController(workspace.id).wake();
    this.publish();
  }

  async removeWorkspace(id: WorkspaceId): Promise<void> {
    await this.change((settings) => ({
      ...settings,
      workspaces: settings.workspaces.filter((workspace) => workspace.id !== id),
    }));
    await this.controllers.get(id)?.close();
    this.controllers.delete(id);
    this.recoverable.delete(id);
    this.publish();
  }

  /** Not while a server runs: in the middle of a save the same files are there. */
  async scanRecovery(id: WorkspaceId): Promise<void> {
    if (this.closed || this.controllers.get(id)?.isLiveNow() !== false) return;
    const { findRecoverable } = await import('../jupyter/recovery');
    const { files } = await findRecoverable(this.saved(id).folder).catch(() => ({ files: [] }));
    if (!this.controllers.has(id)) return;
    this.recoverable.set(
      id,
      files.map(({ file }) => file),
    );
    this.publish();
  }

  workspaceState(id: WorkspaceId): WorkspaceState | undefined {
    const workspace = this.settings.workspaces.find((one) => one.id === id);
    const controller = this.controllers.get(id);
    if (!workspace || !controller) return undefined;
    return {
      workspace,
      ...controller.state(),
      password: this.passwordState(id),
      recoverable: this.recoverable.get(id) ?? [],
    };
  }

  publish(): void {
    if (!this.closed) this.push.request();
  }

  async close(): Promise<void> {
    this.closed = true;
    this.push.cancel();
    this.engines.close();
    await Promise.all([...this.controllers.values()].map((controller) => controller.close()));
    await Promise.all([this.file.settled(), this.remembered.settled()]);
  }

  // --- inside --------------------------------------------------------------------------------------------------------

  private addController(id: WorkspaceId): Controller {
    const controller = new Controller(id, this.host, new LogBuffer());
    this.controllers.set(id, controller);
    return controller;
  }

  /** So that the very first double click needs one more click, on Start. */
  private async addFirstWorkspace(): Promise<void> {
    const draft = await suggest([], this.defaults, this.home, (from) => this.ports.free(from));
    try {
      await makeOwnFolder(draft.folder, this.home);
      await this.addWorkspace({ ...draft, id: newWorkspaceId(), wanted: 'stopped' });
    } catch (error) {
      this.tell(error);
    }
  }

  private engineEvent(id: WorkspaceId | null): void {
    if (id !== null) return this.controllers.get(id)?.serverChanged();
    // Events may have been missed: whatever ended meanwhile may have ended with the engine.
    for (const controller of this.controllers.values()) controller.streamLost();
  }

  private engineAvailability(available: boolean): void {
    if (available) void this.finishRemovals();
    for (const controller of this.controllers.values()) {
      if (available) controller.engineBack();
      else controller.engineGone(this.engines.state.problem ?? { reason: 'engine-gone' });
    }
    this.publish();
  }

  private async finishRemovals(): Promise<void> {
    const { local } = this.engines;
    for (const { id, home } of local ? this.remembered.removals() : []) {
      try {
        await local?.runtime.stop(id, 10);
        await local?.runtime.remove(id);
        if (home) await local?.runtime.removeHome(id);
        this.remembered.setRemovals(this.remembered.removals().filter((one) => one.id !== id));
      } catch (error) {
        this.options.log?.('removal', error);
      }
    }
  }

  private async readPasswords(): Promise<void> {
    // One after the other: a keychain is no place for a crowd.
    for (const { id } of this.settings.workspaces) await this.passwordOf(id);
    this.publish();
  }

  private async passwordOf(id: WorkspaceId) {
    const record = await this.secrets.password(id);
    if (record) this.remembered.setPassword(id, true);
    else if (this.remembered.hasPassword(id)) this.notices.add({ reason: 'password-unreadable' });
    return record;
  }

  private passwordState(id: WorkspaceId): WorkspaceState['password'] {
    const record = this.secrets.knownPassword(id);
    if (record) return record.plain === undefined ? 'imported-hash' : 'set';
    return record === undefined || this.remembered.hasPassword(id) ? 'unknown' : 'unset';
  }

  private controllerHost(): ControllerHost {
    const talk = new ServerTalk(() => this.frontEnd);
    const { images } = this;
    return {
      workspace: (id) => this.settings.workspaces.find((one) => one.id === id),
      local: () => this.engines.local,
      engine: () => this.engines.state,
      reportLost: () => this.engines.verify(),
      setWanted: (id, wanted) => this.setWanted(id, wanted),
      preflight: async (workspace, ownPort) =>
        preflight(
          workspace,
          {
            portProblem: (port) => this.ports.problem(port, 1000),
            configProblem,
            hasPassword: (await this.secrets.password(workspace.id)) !== null,
          },
          ownPort,
        ),
      changed: () => this.publish(),
      ended: (id) => {
        // One folder after the other: twenty workspaces at launch are no reason to be busy.
        this.scans = this.scans.then(() => this.scanRecovery(id)).catch(() => undefined);
      },
      wantedImage: (draft) => images.wanted(draft),
      launchOf: (image, wanted) => images.launchOf(image, wanted),
      secretsOf: async (id, given) => {
        const [token, record] = await Promise.all([
          this.secrets.token(id, async () => (await given())?.token ?? null),
          this.passwordOf(id),
        ]);
        // A keychain that lost the password: the hash the server has is as good, and nobody is let in or locked out.
        const lost = !record && this.remembered.hasPassword(id);
        const passwordHash = record?.hash ?? (lost ? ((await given())?.passwordHash ?? null) : null);
        return { token, passwordHash };
      },
      secretWords: (id) => {
        const token = this.secrets.knownToken(id);
        const record = this.secrets.knownPassword(id);
        return [token, record?.hash].filter((word) => word !== undefined);
      },
      probe: (image, wanted, local, signal) => images.probe(image, wanted, local, signal),
      entrypoint: () => images.entrypoint(),
      saveWork: (...input) => talk.saveWork(...input),
      shutDown: (server) => talk.shutDown(server),
      awaitReady: (server, signal) => talk.awaitReady(server, signal),
      explain: explainEnding,
      applied: ({ workspace }) => {
        // Without the fields that are Labdock's own.
        const { id, wanted: _wanted, ...draft } = workspace;
        this.remembered.setApplied(id, draft);
      },
    };
  }

  private setWanted(id: WorkspaceId, wanted: Workspace['wanted']): void {
    if (this.settings.workspaces.find((one) => one.id === id)?.wanted === wanted) return;
    const workspaces = this.settings.workspaces.map((one) => (one.id === id ? { ...one, wanted } : one));
    // What is wanted counts now, written or not.
    this.settings = { ...this.settings, workspaces };
    this.publish();
    if (this.file.writable) this.file.save(this.settings).catch((error: unknown) => this.tell(error));
  }

  private tell(error: unknown): void {
    const problem: Problem =
      error instanceof LabdockError ? error.problem : { reason: 'unexpected', detail: String(error) };
    this.notices.add(problem);
    this.options.log?.('notice', error);
  }
}

export function preferencesFor(defaults: Defaults): Preferences {
  return { language: 'system', theme: 'system', onQuit: 'ask', engine: 'auto', build: defaults.build };
}
