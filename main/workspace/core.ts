/** The heart's parts, put together: settings, secrets, engine and one controller per workspace. */
import { homedir } from 'node:os';
import { join } from 'node:path';
import { LabdockError, type Problem } from '../common/problem';
import { ByHand } from './byHand';
import { coalesce } from './coalesce';
import { Clusters } from './clusters';
import { Controller } from './controller';
import type { ControllerHost } from './controllerHost';
import { controllerHost } from './coreHost';
import { Engines } from './engines';
import { makeOwnFolder } from './folders';
import { newWorkspaceId } from './identity';
import { Images } from './images';
import { keychainStore } from './keychainStore';
import { LogBuffer } from './logBuffer';
import { settingsVersion, type Preferences, type Settings, type Workspace, type WorkspaceId } from './model';
import { Notices } from './notices';
import type { Site } from './parts';
import { OldImages } from './oldImages';
import { Passwords } from './passwords';
import { samePlace, type Place } from './place';
import { Ports } from './ports';
import { publicDefaults, readDefaults, type Defaults } from './provisioned';
import { Remembered } from './remembered';
import type { SecretStore } from './secrets';
import { SecretsService } from './secretsService';
import type { FrontEnd } from './service';
import type { Core } from './serviceParts';
import { SettingsFile } from './settingsFile';
import type { WorkspaceState } from './state';
import { suggest } from './suggest';
import { Switcher } from './switcher';

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
  readonly clusters: Clusters;
  readonly switcher: Switcher;
  readonly images: Images;
  readonly byHand: ByHand;
  readonly ports: Ports;
  readonly secrets: SecretsService;
  readonly passwords: Passwords;
  readonly controllers = new Map<WorkspaceId, Controller>();
  /** Workspaces whose objects somebody else applied, and which the user agreed to take over, in this run. */
  readonly adopted = new Set<WorkspaceId>();
  readonly recoverable = new Map<WorkspaceId, string[]>();
  settings: Settings = { version: settingsVersion, preferences: preferencesFor(publicDefaults), workspaces: [] };
  defaults: Defaults = publicDefaults;
  frontEnd: FrontEnd | undefined;

  /** Looked for some time after a start. */
  readonly oldImages: OldImages;
  private readonly file: SettingsFile;
  readonly host: ControllerHost;
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
    this.clusters = new Clusters({
      changed: () => this.publish(),
      event: (place, id) => this.clusterEvent(place, id),
      availability: (place, available) => this.clusterAvailability(place, available),
    });
    this.oldImages = new OldImages({
      local: () => this.engines.local ?? undefined,
      wanted: () => this.imageNames(),
      log: options.log,
    });
    this.ports = new Ports({
      promised: () => this.settings.workspaces.map((workspace) => workspace.port),
      local: () => this.engines.local,
    });
    const keychain = options.keychain ?? (() => keychainStore(dataFolder, keychainTimeoutMs));
    const stores = { keychain, ...(safeStorage && { fallback: safeStorage }) };
    this.secrets = new SecretsService(stores, () => this.publish(), {
      list: () => this.remembered.owedSecrets(),
      set: (names) => this.remembered.setOwedSecrets(names),
    });
    const { secrets, remembered, notices } = this;
    this.passwords = new Passwords({ secrets, remembered, notices, workspaces: () => this.settings.workspaces });
    this.byHand = new ByHand({
      saved: (id) => this.settings.workspaces.find((one) => one.id === id),
      applied: (id) => this.remembered.applied(id),
      frontEnd: () => this.frontEnd,
      setKernels: (id, kernels) => this.changeWorkspace(id, { kernels }),
      say: (id, words) => this.controllers.get(id)?.log.say(words),
    });
    this.host = controllerHost(this);
    this.switcher = new Switcher(this, join(resourcesFolder, 'move', 'agent.py'));
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
    this.switcher.recall();
    if (loaded.first) await this.addFirstWorkspace();
  }

  /** Loads the heavy parts and asks other programs: after the first snapshot is out. */
  async begin(): Promise<void> {
    // A workspace on a cluster is looked at with the first question for its site.
    this.clusters.begin();
    for (const workspace of this.settings.workspaces) if (workspace.target.kind === 'cluster') this.site(workspace);
    await Promise.all([this.engines.look(), this.readSecrets()]);
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

  site({ target, cluster }: Pick<Workspace, 'target' | 'cluster'>): Site | null {
    if (target.kind === 'cluster') return cluster ? this.clusters.site(cluster) : null;
    const { local } = this.engines;
    return local && { kind: 'local', local, runtime: local.runtime };
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

  private changeWorkspace(id: WorkspaceId, change: Partial<Workspace>): Promise<void> {
    return this.change((settings) => ({
      ...settings,
      workspaces: settings.workspaces.map((one) => (one.id === id ? { ...one, ...change } : one)),
    }));
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

  async reopenSecrets(): Promise<void> {
    await this.passwords.reopen();
    this.publish();
    // A password that can be read again may not be the one a server has.
    for (const controller of this.controllers.values()) controller.wake();
  }

  workspaceState(id: WorkspaceId): WorkspaceState | undefined {
    const workspace = this.settings.workspaces.find((one) => one.id === id);
    const controller = this.controllers.get(id);
    if (!workspace || !controller) return undefined;
    return {
      workspace,
      ...controller.state(),
      // A server that is there was started, whatever was forgotten.
      everStarted: this.remembered.everStarted(id) || Boolean(controller.lastLook()?.server),
      password: this.passwords.state(id),
      recoverable: this.recoverable.get(id) ?? [],
      ...this.switcher.state(id),
    };
  }

  publish(): void {
    if (!this.closed) this.push.request();
  }

  async close(): Promise<void> {
    this.closed = true;
    this.push.cancel();
    await Promise.all([this.switcher.close(), this.oldImages.close()]);
    this.engines.close();
    await Promise.all([...this.controllers.values()].map((controller) => controller.close()));
    this.clusters.close();
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
    for (const controller of this.at('local')) controller.streamLost();
  }

  private clusterEvent(place: Place, id: WorkspaceId | null): void {
    for (const controller of this.at('cluster', place)) {
      if (id === null) controller.streamLost();
      else if (controller.id === id) controller.serverChanged();
    }
  }

  private engineAvailability(available: boolean): void {
    if (available) void this.finishRemovals();
    for (const controller of this.at('local')) {
      if (available) controller.engineBack();
      else controller.engineGone(this.engines.state.problem ?? { reason: 'engine-gone' });
    }
    this.publish();
  }

  private clusterAvailability(place: Place, available: boolean): void {
    if (available) void this.finishRemovals(place);
    for (const controller of this.at('cluster', place)) {
      if (available) controller.engineBack();
      else {
        const { problem } = this.host.target(this.saved(controller.id));
        controller.engineGone(problem ?? { reason: 'cluster-unreachable', params: { context: place.context } });
      }
    }
    this.publish();
  }

  /** Controllers of the workspaces that are at a target now. */
  private at(kind: Site['kind'], place?: Place): Controller[] {
    return this.settings.workspaces.flatMap(({ id, target, cluster }) => {
      const there = target.kind === kind && (!place || samePlace(cluster, place));
      const controller = there && this.controllers.get(id);
      return controller ? [controller] : [];
    });
  }

  /** @param place of a cluster that answers; undefined: the engine does */
  private async finishRemovals(place?: Place): Promise<void> {
    const due = this.remembered.removals().filter((one) => samePlace(one.place, place));
    const runtime = place ? this.clusters.runtimeAt(place) : this.engines.local?.runtime;
    for (const removal of runtime ? due : []) {
      try {
        await runtime?.stop(removal.id, 10);
        await runtime?.remove(removal.id);
        if (removal.home) await runtime?.removeHome(removal.id);
        this.remembered.setRemovals(this.remembered.removals().filter((one) => one !== removal));
      } catch (error) {
        this.options.log?.('removal', error);
      }
    }
  }

  /** Of all workspaces. Rejects when one of them cannot be told: then nothing is known to be unwanted. */
  private async imageNames(): Promise<string[]> {
    const wanted = await Promise.all(this.settings.workspaces.map((workspace) => this.images.wanted(workspace)));
    return wanted.flatMap(({ name }) => name ?? []);
  }

  private async readSecrets(): Promise<void> {
    await this.secrets.open();
    await this.passwords.readAll();
    this.publish();
  }

  setWanted(id: WorkspaceId, wanted: Workspace['wanted']): void {
    if (this.settings.workspaces.find((one) => one.id === id)?.wanted === wanted) return;
    const workspaces = this.settings.workspaces.map((one) => (one.id === id ? { ...one, wanted } : one));
    // What is wanted counts now, written or not.
    this.settings = { ...this.settings, workspaces };
    this.publish();
    if (this.file.writable) this.file.save(this.settings).catch((error: unknown) => this.tell(error));
  }

  /** One folder after the other: twenty workspaces at launch are no reason to be busy. */
  ended(id: WorkspaceId): void {
    this.scans = this.scans.then(() => this.scanRecovery(id)).catch(() => undefined);
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
