/**
 * The one settings file of a user: read whole, validated, migrated by version, written atomically. What cannot be read
 * is kept aside under a name with the time in it, and a copy of what was last good stands in for it: servers of workspaces
 * that nobody remembers could not be stopped. What a newer Labdock wrote is left alone.
 */
import { access, constants, copyFile, readdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { LabdockError, type Problem } from '../common/problem';
import { LatestWriter, readText } from './jsonFile';
import {
  preferencesSchema,
  settingsSchema,
  settingsVersion,
  workspaceSchema,
  type Preferences,
  type Settings,
  type Workspace,
} from './model';

export interface LoadedSettings {
  settings: Settings;
  /** There was no settings file: this is the first launch for this user. */
  first: boolean;
  notices: Problem[];
}

/** From version N to N+1, applied one after the other. Each takes and returns plain JSON. */
export type Migrations = Record<number, (old: Record<string, unknown>) => Record<string, unknown>>;
const migrations: Migrations = {
  // Version 2: workspaces have cluster settings.
  1: (old) => ({
    ...old,
    ...(Array.isArray(old.workspaces) && {
      workspaces: old.workspaces.map((one: unknown) =>
        one !== null && typeof one === 'object' ? { cluster: null, ...one } : one,
      ),
    }),
  }),
};

export type Migrated = { kind: 'current'; json: Record<string, unknown> } | { kind: 'newer'; version: number } | null;

/** null: this is no settings file at all. */
export function migrate(json: unknown, steps: Migrations = migrations, current: number = settingsVersion): Migrated {
  const file = z.looseObject({ version: z.number().int().min(1) }).safeParse(json);
  if (!file.success) return null;
  let { version } = file.data;
  if (version > current) return { kind: 'newer', version };
  let result: Record<string, unknown> = file.data;
  while (version < current) {
    const step = steps[version];
    if (!step) return null;
    result = { ...step(result), version: ++version };
  }
  return { kind: 'current', json: result };
}

/**
 * Keeps every part that is valid: one bad field must not cost a person all other workspaces.
 * @param preferences stand in for those that are not valid, `known` for workspaces
 * @returns `whole`: all was valid; `lost`: something was not, and nothing stood in for it
 */
export function salvage(
  json: Record<string, unknown>,
  preferences: Preferences,
  known: readonly Workspace[] = [],
): { settings: Settings; whole: boolean; lost: boolean } {
  const parsed = settingsSchema.safeParse(json);
  if (parsed.success) return { settings: parsed.data, whole: true, lost: false };
  const fields = (json.preferences ?? {}) as Record<string, unknown>;
  const kept = { ...preferences };
  for (const [name, schema] of Object.entries(preferencesSchema.shape)) {
    const field = schema.safeParse(fields[name]);
    if (field.success) Object.assign(kept, { [name]: field.data });
  }
  const list: readonly unknown[] = Array.isArray(json.workspaces) ? json.workspaces : known;
  const workspaces = new Map<string, Workspace>();
  let lost = false;
  for (const item of list) {
    const parsed = workspaceSchema.safeParse(item);
    const workspace = parsed.success ? parsed.data : known.find(({ id }) => id === idOf(item));
    if (!workspace) lost = true;
    else if (!workspaces.has(workspace.id)) workspaces.set(workspace.id, workspace);
  }
  return {
    settings: { version: settingsVersion, preferences: kept, workspaces: [...workspaces.values()] },
    whole: false,
    lost,
  };
}

const idOf = (item: unknown) => (item !== null && typeof item === 'object' ? (item as { id?: unknown }).id : undefined);

export class SettingsFile {
  readonly path: string;
  private readonly writer: LatestWriter;
  private readonly goodPath: string;
  private readonly goodWriter: LatestWriter;
  private defaults: Preferences | undefined;
  private remembering: Promise<void> | undefined;
  /** What was loaded is no longer the latest. */
  private saved = false;
  /** Why nothing may be written in this run. */
  private readOnly: Problem | undefined;

  constructor(folder: string) {
    this.path = join(folder, 'settings.json');
    this.writer = new LatestWriter(this.path);
    this.goodPath = join(folder, 'settings.good.json');
    this.goodWriter = new LatestWriter(this.goodPath);
  }

  get writable(): boolean {
    return this.readOnly === undefined;
  }

  /**
   * Never rejects: a file that cannot be used yields what was last good, or the defaults, and a notice.
   * @param preferences what holds where the file says nothing
   */
  async load(preferences: Preferences): Promise<LoadedSettings> {
    this.defaults = preferences;
    const empty: Settings = { version: settingsVersion, preferences, workspaces: [] };
    let text: string | null;
    try {
      text = await readText(this.path);
    } catch (error) {
      this.readOnly = { reason: 'settings-unwritable', params: { path: this.path }, detail: String(error) };
      return { settings: empty, first: false, notices: [this.readOnly] };
    }
    void this.sweep();
    if (text === null) return { settings: empty, first: true, notices: await this.checkWritable() };
    let migrated: Migrated;
    try {
      migrated = migrate(JSON.parse(text));
    } catch {
      migrated = null;
    }
    if (migrated?.kind === 'newer') {
      this.readOnly = { reason: 'settings-newer', params: { version: migrated.version } };
      return { settings: empty, first: false, notices: [this.readOnly] };
    }
    if (!migrated) {
      const good = await this.lastGood(preferences);
      return { settings: good ?? empty, first: !good, notices: await this.keepAside('move', good !== null) };
    }
    const json = filled(migrated.json, preferences);
    const { settings, whole } = salvage(json, preferences);
    if (whole) {
      this.remembering = this.remember(text);
      return { settings, first: false, notices: await this.checkWritable() };
    }
    const good = await this.lastGood(preferences);
    const saved = salvage(json, good?.preferences ?? preferences, good?.workspaces);
    const restored = good !== null && !saved.lost;
    return { settings: saved.settings, first: false, notices: await this.keepAside('copy', restored) };
  }

  /** Rejects with `settings-newer`, `disk-full` or `settings-unwritable`; the old file then still stands. */
  async save(settings: Settings): Promise<void> {
    if (this.readOnly) throw new LabdockError(this.readOnly.reason, this.readOnly.params);
    const text = `${JSON.stringify(this.stripped(settings), null, 2)}\n`;
    this.saved = true;
    try {
      await this.writer.write(text);
    } catch (error) {
      throw asProblem(error, this.path);
    }
    // Only helps should the file be damaged one day: its own troubles are nobody's.
    void this.goodWriter.write(text).catch(() => undefined);
  }

  async settled(): Promise<void> {
    await this.remembering;
    await this.writer.settled();
    await this.goodWriter.settled();
  }

  private async remember(text: string): Promise<void> {
    const before = await readText(this.goodPath).catch(() => undefined);
    if (before !== text && !this.saved) await this.goodWriter.write(text).catch(() => undefined);
  }

  /** null: there are none, or they are not whole either. */
  private async lastGood(preferences: Preferences): Promise<Settings | null> {
    try {
      const migrated = migrate(JSON.parse((await readText(this.goodPath)) ?? 'null'));
      if (migrated?.kind !== 'current') return null;
      const { settings, whole } = salvage(filled(migrated.json, preferences), preferences);
      return whole ? settings : null;
    } catch {
      return null;
    }
  }

  /** Build settings equal to the provisioned ones are not written, so that they follow when those change. */
  private stripped(settings: Settings): unknown {
    const { build, ...rest } = settings.preferences;
    if (JSON.stringify(build) !== JSON.stringify(this.defaults?.build)) return settings;
    return { ...settings, preferences: rest };
  }

  /** A damaged file is moved away; one that was partly understood is copied, since it is written anew at the next change. */
  private async keepAside(how: 'move' | 'copy', restored: boolean): Promise<Problem[]> {
    const time = new Date().toISOString().replace(/[:.]/g, '-');
    const aside = join(dirname(this.path), `settings.damaged-${time}.json`);
    try {
      await (how === 'move' ? rename(this.path, aside) : copyFile(this.path, aside, constants.COPYFILE_EXCL));
      return [{ reason: restored ? 'settings-restored' : 'settings-damaged', params: { path: aside } }];
    } catch (error) {
      // What cannot be kept must not be overwritten either.
      this.readOnly = { reason: 'settings-unwritable', params: { path: this.path }, detail: String(error) };
      return [this.readOnly];
    }
  }

  /** Said at launch rather than after the user has typed: a folder that refuses writes. */
  private async checkWritable(): Promise<Problem[]> {
    const folder = dirname(this.path);
    try {
      if (await stat(folder).catch(() => null)) await access(folder, constants.W_OK);
      return [];
    } catch (error) {
      return [{ reason: 'settings-unwritable', params: { path: this.path }, detail: String(error) }];
    }
  }

  /** Temporary files of a Labdock that was killed while writing. */
  private async sweep(): Promise<void> {
    const folder = dirname(this.path);
    const names = await readdir(folder).catch(() => []);
    const left = names.filter((name) => /^[\w.]+\.json\.\d+-[0-9a-f]{8}\.tmp$/.test(name));
    for (const name of left) {
      const path = join(folder, name);
      const age = Date.now() - ((await stat(path).catch(() => null))?.mtimeMs ?? Date.now());
      if (age > 60_000) await rm(path, { force: true }).catch(() => undefined);
    }
  }
}

function filled(json: Record<string, unknown>, preferences: Preferences): Record<string, unknown> {
  const own = json.preferences;
  if (own !== undefined && (typeof own !== 'object' || own === null)) return json;
  return { ...json, preferences: { ...preferences, ...own } };
}

function asProblem(error: unknown, path: string): LabdockError {
  const { code, message } = error as NodeJS.ErrnoException;
  const full = code === 'ENOSPC' || code === 'EDQUOT';
  return new LabdockError(full ? 'disk-full' : 'settings-unwritable', { path }, { detail: message, cause: error });
}
