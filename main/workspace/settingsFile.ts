/**
 * The one settings file of a user: read whole, validated, migrated by version, written atomically. What cannot be read
 * is kept aside under a name with the time in it; what a newer Labdock wrote is left alone.
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

/** Keeps every part that is valid: one bad field must not cost a person all other workspaces. */
export function salvage(
  json: Record<string, unknown>,
  preferences: Preferences,
): { settings: Settings; whole: boolean } {
  const parsed = settingsSchema.safeParse(json);
  if (parsed.success) return { settings: parsed.data, whole: true };
  const fields = (json.preferences ?? {}) as Record<string, unknown>;
  const kept = { ...preferences };
  for (const [name, schema] of Object.entries(preferencesSchema.shape)) {
    const field = schema.safeParse(fields[name]);
    if (field.success) Object.assign(kept, { [name]: field.data });
  }
  const list: unknown[] = Array.isArray(json.workspaces) ? json.workspaces : [];
  const workspaces = new Map<string, Workspace>();
  for (const item of list) {
    const workspace = workspaceSchema.safeParse(item);
    if (workspace.success && !workspaces.has(workspace.data.id)) workspaces.set(workspace.data.id, workspace.data);
  }
  return {
    settings: { version: settingsVersion, preferences: kept, workspaces: [...workspaces.values()] },
    whole: false,
  };
}

export class SettingsFile {
  readonly path: string;
  private readonly writer: LatestWriter;
  private defaults: Preferences | undefined;
  /** Why nothing may be written in this run. */
  private readOnly: Problem | undefined;

  constructor(folder: string) {
    this.path = join(folder, 'settings.json');
    this.writer = new LatestWriter(this.path);
  }

  get writable(): boolean {
    return this.readOnly === undefined;
  }

  /**
   * Never rejects: a file that cannot be used yields the defaults and a notice.
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
    if (!migrated) return { settings: empty, first: true, notices: await this.keepAside('move') };
    const { settings, whole } = salvage(filled(migrated.json, preferences), preferences);
    return { settings, first: false, notices: whole ? await this.checkWritable() : await this.keepAside('copy') };
  }

  /** Rejects with `settings-newer`, `disk-full` or `settings-unwritable`; the old file then still stands. */
  async save(settings: Settings): Promise<void> {
    if (this.readOnly) throw new LabdockError(this.readOnly.reason, this.readOnly.params);
    try {
      await this.writer.write(`${JSON.stringify(this.stripped(settings), null, 2)}\n`);
    } catch (error) {
      throw asProblem(error, this.path);
    }
  }

  settled(): Promise<void> {
    return this.writer.settled();
  }

  /** Build settings equal to the provisioned ones are not written, so that they follow when those change. */
  private stripped(settings: Settings): unknown {
    const { build, ...rest } = settings.preferences;
    if (JSON.stringify(build) !== JSON.stringify(this.defaults?.build)) return settings;
    return { ...settings, preferences: rest };
  }

  /** A damaged file is moved away; one that was partly understood is copied, since it is written anew at the next change. */
  private async keepAside(how: 'move' | 'copy'): Promise<Problem[]> {
    const time = new Date().toISOString().replace(/[:.]/g, '-');
    const aside = join(dirname(this.path), `settings.damaged-${time}.json`);
    try {
      await (how === 'move' ? rename(this.path, aside) : copyFile(this.path, aside, constants.COPYFILE_EXCL));
      return [{ reason: 'settings-damaged', params: { path: aside } }];
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
    const left = names.filter((name) => /^\w+\.json\.\d+-[0-9a-f]{8}\.tmp$/.test(name));
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
