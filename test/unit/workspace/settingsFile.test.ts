import { execFileSync } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readFile, readdir, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { defaultKernel } from '../../../main/image/model';
import { defaultServerSettings } from '../../../main/jupyter/model';
import { writeAtomically } from '../../../main/workspace/jsonFile';
import { settingsSchema, type Preferences, type Settings, type Workspace } from '../../../main/workspace/model';
import { publicDefaults } from '../../../main/workspace/provisioned';
import { SettingsFile, migrate } from '../../../main/workspace/settingsFile';

const preferences: Preferences = {
  language: 'system',
  theme: 'system',
  onQuit: 'ask',
  engine: 'auto',
  build: publicDefaults.build,
};
const workspace = (id: string, change: Partial<Workspace> = {}): Workspace => ({
  id,
  wanted: 'stopped',
  name: `Notebooks ${id}`,
  folder: `/home/ann/Labdock/${id}`,
  target: { kind: 'local' },
  kernels: [defaultKernel],
  image: { kind: 'build' },
  port: 8888,
  resources: { memoryMiB: 0, cpus: 0, gpu: 'none' },
  server: defaultServerSettings,
  cluster: null,
  ...change,
});
const settings = (...workspaces: Workspace[]): Settings => ({ version: 2, preferences, workspaces });

/** A really full disk needs a disk of its own: mounting takes root, or sudo without a question. */
function asRoot(...command: [string, ...string[]]): void {
  const [program, ...args] = process.getuid?.() === 0 ? command : (['sudo', '-n', ...command] as const);
  execFileSync(program, args);
}

let folder: string;
beforeEach(async () => (folder = await mkdtemp(join(tmpdir(), 'labdock-settings-'))));
// A copy of what was saved may still be on its way.
afterEach(() => rm(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 20 }));
const path = () => join(folder, 'settings.json');

describe('settings file', () => {
  test('first launch: defaults, no notice, and nothing written yet', async () => {
    const loaded = await new SettingsFile(join(folder, 'new')).load(preferences);
    expect(loaded).toEqual({ settings: settings(), first: true, notices: [] });
    expect(await readdir(folder)).toEqual([]);
  });

  test('what was saved is read again, for the user alone, with no temporary file left', async () => {
    const file = new SettingsFile(folder);
    const saved = settings(workspace('aaaaaaaaaaaa', { name: '공책 📓', folder: '/home/ann/it\'s "mine"' }));
    await file.save(saved);
    const next = new SettingsFile(folder);
    expect(await next.load(preferences)).toEqual({ settings: saved, first: false, notices: [] });
    // Each may still be writing a copy of it.
    await Promise.all([file.settled(), next.settled()]);
    for (const name of ['settings.json', 'settings.good.json'])
      expect((await stat(join(folder, name))).mode & 0o777).toBe(0o600);
    expect((await readdir(folder)).sort()).toEqual(['settings.good.json', 'settings.json']);
  });

  test('a hundred saves at once: the last one wins, few writes happen', async () => {
    const file = new SettingsFile(folder);
    const saves = Array.from({ length: 100 }, (_, i) =>
      file.save(settings(workspace('aaaaaaaaaaaa', { port: 2000 + i }))),
    );
    await Promise.all(saves);
    const late = file.save(settings(workspace('aaaaaaaaaaaa', { port: 4000 })));
    await late;
    expect((await new SettingsFile(folder).load(preferences)).settings.workspaces[0]?.port).toBe(4000);
  });

  test('provisioned build settings are followed until the user has their own', async () => {
    const file = new SettingsFile(folder);
    await file.load(preferences);
    await file.save(settings());
    const mirror = { ...preferences, build: { ...preferences.build, base: 'mirror.example/conda:2' } };
    expect((await new SettingsFile(folder).load(mirror)).settings.preferences.build.base).toBe(
      'mirror.example/conda:2',
    );
    const own = { ...preferences, build: { ...preferences.build, channels: ['mine'] } };
    await file.save({ ...settings(), preferences: own });
    expect((await new SettingsFile(folder).load(mirror)).settings.preferences.build).toEqual(own.build);
  });

  test.each([
    ['half a file', '{"version": 1, "preferences": {'],
    ['no JSON', 'hello'],
    ['empty', ''],
    ['another file', '[1, 2, 3]'],
    ['binary', '\u0000\u0001'],
  ])('damaged (%s): kept aside, said, and the next save works', async (_, text) => {
    await writeFile(path(), text);
    const file = new SettingsFile(folder);
    const loaded = await file.load(preferences);
    expect(loaded.settings).toEqual(settings());
    const aside = loaded.notices[0]?.params?.path as string;
    expect(loaded.notices).toEqual([{ reason: 'settings-damaged', params: { path: aside } }]);
    expect(aside).toMatch(/settings\.damaged-[\dTZ-]+\.json$/);
    expect(await readFile(aside, 'utf8')).toBe(text);
    await file.save(settings(workspace('bbbbbbbbbbbb')));
    expect((await new SettingsFile(folder).load(preferences)).notices).toEqual([]);
  });

  test('one bad workspace costs only itself, and the whole file is kept aside', async () => {
    const good = workspace('aaaaaaaaaaaa');
    const text = JSON.stringify({
      version: 2,
      preferences: { ...preferences, theme: 'pink', language: 'ko' },
      workspaces: [good, { ...workspace('bbbbbbbbbbbb'), port: 80 }, 'what', good],
    });
    await writeFile(path(), text);
    const loaded = await new SettingsFile(folder).load(preferences);
    expect(loaded.settings.workspaces).toEqual([good]);
    expect(loaded.settings.preferences).toEqual({ ...preferences, language: 'ko' });
    expect(await readFile(loaded.notices[0]?.params?.path as string, 'utf8')).toBe(text);
    expect(await readFile(path(), 'utf8')).toBe(text);
  });

  describe('with a copy of what was last good', () => {
    const [a, b] = [workspace('aaaaaaaaaaaa'), workspace('bbbbbbbbbbbb')];
    const preferred = { ...preferences, language: 'ko' } as const;
    const remembered = { ...settings(a, b), preferences: preferred };
    const restored = (path: unknown) => [{ reason: 'settings-restored', params: { path } }];
    beforeEach(async () => {
      const file = new SettingsFile(folder);
      await file.save(remembered);
      await file.settled();
    });

    test.each([
      ['half a file', '{"version": 2, "preferences": {'],
      ['a bad list', JSON.stringify({ ...remembered, workspaces: 'none' })],
      ['a bad field', JSON.stringify({ ...remembered, preferences: { ...preferred, language: 'loud' } })],
      ['a bad workspace', JSON.stringify({ ...remembered, workspaces: [{ ...a, port: 80 }, b] })],
    ])('%s: everything is as it was, and the damaged file is kept', async (_, text) => {
      await writeFile(path(), text);
      const file = new SettingsFile(folder);
      const { settings: found, first, notices } = await file.load(preferences);
      expect({ found, first }).toEqual({ found: remembered, first: false });
      const aside = notices[0]?.params?.path as string;
      expect(notices).toEqual(restored(aside));
      expect(await readFile(aside, 'utf8')).toBe(text);
      await file.save(found);
      expect(await new SettingsFile(folder).load(preferences)).toEqual({
        settings: remembered,
        first: false,
        notices: [],
      });
    });

    test('what was removed stays so, and what is new and broken is said to be lost', async () => {
      await writeFile(
        path(),
        JSON.stringify({ ...remembered, workspaces: [b, { ...workspace('cccccccccccc'), port: 1 }] }),
      );
      const { settings: found, notices } = await new SettingsFile(folder).load(preferences);
      expect(found.workspaces).toEqual([b]);
      expect(notices[0]?.reason).toBe('settings-damaged');
    });

    test('settings that a person has edited are the ones that are good from then on', async () => {
      await writeFile(path(), JSON.stringify({ ...remembered, workspaces: [{ ...a, name: 'Mine' }] }));
      const file = new SettingsFile(folder);
      await file.load(preferences);
      await file.settled();
      await writeFile(path(), '');
      expect((await new SettingsFile(folder).load(preferences)).settings.workspaces[0]?.name).toBe('Mine');
    });

    test('of no use where it is damaged too', async () => {
      await writeFile(path(), '');
      await writeFile(join(folder, 'settings.good.json'), JSON.stringify({ ...remembered, workspaces: [{}] }));
      const { settings: found, first, notices } = await new SettingsFile(folder).load(preferences);
      expect({ found, first }).toEqual({ found: settings(), first: true });
      expect(notices[0]?.reason).toBe('settings-damaged');
    });

    test('not asked where somebody removed the file', async () => {
      await rm(path());
      expect(await new SettingsFile(folder).load(preferences)).toEqual({
        settings: settings(),
        first: true,
        notices: [],
      });
    });
  });

  test('version 1 had no cluster settings: its workspaces are whole, and stay local', async () => {
    const { cluster: _none, ...old } = workspace('aaaaaaaaaaaa');
    await writeFile(path(), JSON.stringify({ version: 1, preferences, workspaces: [old] }));
    const loaded = await new SettingsFile(folder).load(preferences);
    expect(loaded).toMatchObject({ notices: [], settings: settings(workspace('aaaaaaaaaaaa')) });
  });

  test('a newer version is left alone and nothing is written in this run', async () => {
    const text = JSON.stringify({ version: 7, workspaces: [{ shape: 'of the future' }] });
    await writeFile(path(), text);
    const file = new SettingsFile(folder);
    const loaded = await file.load(preferences);
    expect(loaded.notices).toEqual([{ reason: 'settings-newer', params: { version: 7 } }]);
    expect(file.writable).toBe(false);
    await expect(file.save(settings())).rejects.toMatchObject({ problem: { reason: 'settings-newer' } });
    expect(await readFile(path(), 'utf8')).toBe(text);
    expect(await readdir(folder)).toEqual(['settings.json']);
  });

  test('a link to a file elsewhere stays a link', async () => {
    const real = join(folder, 'dotfiles', 'labdock.json');
    await mkdir(join(folder, 'dotfiles'));
    await writeFile(real, JSON.stringify(settings()));
    await symlink(real, path());
    await new SettingsFile(folder).save(settings(workspace('cccccccccccc')));
    expect(await readFile(real, 'utf8')).toContain('cccccccccccc');
    expect(settingsSchema.safeParse(JSON.parse(await readFile(path(), 'utf8'))).success).toBe(true);
  });

  test('settings that are a folder: said, and not touched', async () => {
    await mkdir(path());
    const file = new SettingsFile(folder);
    expect((await file.load(preferences)).notices[0]?.reason).toBe('settings-unwritable');
    await expect(file.save(settings())).rejects.toMatchObject({ problem: { reason: 'settings-unwritable' } });
  });

  test('a full disk: said, the old file stands whole, and saving works again when there is room', async () => {
    const disk = join(folder, 'disk');
    await mkdir(disk);
    asRoot('mount', '-t', 'tmpfs', '-o', 'size=64k,mode=777', 'tmpfs', disk);
    try {
      const file = new SettingsFile(disk);
      await file.save(settings(workspace('aaaaaaaaaaaa')));
      await file.settled();
      const old = await readFile(join(disk, 'settings.json'), 'utf8');
      await writeFile(join(disk, 'filler'), Buffer.alloc(200_000)).catch(() => undefined);
      await expect(file.save(settings(workspace('bbbbbbbbbbbb')))).rejects.toMatchObject({
        problem: { reason: 'disk-full' },
      });
      expect(await readFile(join(disk, 'settings.json'), 'utf8')).toBe(old);
      expect((await readdir(disk)).sort()).toEqual(['filler', 'settings.good.json', 'settings.json']);
      await rm(join(disk, 'filler'));
      await file.save(settings(workspace('bbbbbbbbbbbb')));
      expect(await readFile(join(disk, 'settings.json'), 'utf8')).toContain('bbbbbbbbbbbb');
      await file.settled();
    } finally {
      asRoot('umount', disk);
    }
  });

  test('a writer killed at any moment leaves the old file or the new one', async () => {
    const script = join(folder, 'writer.mts');
    const target = join(folder, 'state.json');
    await writeFile(
      script,
      `import { writeAtomically } from ${JSON.stringify(join(import.meta.dirname, '../../../main/workspace/jsonFile.ts'))};
       for (let i = 0; ; i++) { await writeAtomically(${JSON.stringify(target)}, JSON.stringify({ i, filler: 'x'.repeat(200_000) })); }`,
    );
    await writeAtomically(target, JSON.stringify({ i: -1, filler: 'x'.repeat(200_000) }));
    const { build } = await import('vite');
    const bundle = join(folder, 'out');
    await build({
      logLevel: 'silent',
      configFile: false,
      build: { ssr: script, outDir: bundle, rollupOptions: { output: { entryFileNames: 'writer.mjs' } } },
    });
    const { spawn } = await import('node:child_process');
    let newest = -1;
    for (let round = 0; round < 8; round++) {
      const child = spawn(process.execPath, [join(bundle, 'writer.mjs')]);
      await new Promise((resolve) => setTimeout(resolve, 120 + 37 * round));
      child.kill('SIGKILL');
      await new Promise((resolve) => child.once('exit', resolve));
      const { i, filler } = JSON.parse(await readFile(target, 'utf8')) as { i: number; filler: string };
      expect(filler).toHaveLength(200_000);
      newest = Math.max(newest, i);
    }
    expect(newest).toBeGreaterThan(0);
  }, 30_000);
});

describe('migration', () => {
  const steps = {
    1: (old: Record<string, unknown>) => ({ ...old, added: true }),
    2: ({ added, ...old }: Record<string, unknown>) => ({ ...old, renamed: added }),
  };
  test('runs every step from the file’s version on', () => {
    expect(migrate({ version: 1, a: 1 }, steps, 3)).toEqual({
      kind: 'current',
      json: { version: 3, a: 1, renamed: true },
    });
    expect(migrate({ version: 3 }, steps, 3)).toEqual({ kind: 'current', json: { version: 3 } });
    expect(migrate({ version: 4 }, steps, 3)).toEqual({ kind: 'newer', version: 4 });
  });
  test('refuses what is no settings file, or comes from a version nobody can read', () => {
    expect(migrate({ version: 'x' }, steps, 3)).toBeNull();
    expect(migrate(null, steps, 3)).toBeNull();
    expect(migrate({ version: 1 }, {}, 3)).toBeNull();
  });
});

test('files are readable by the user alone even where the umask is open', async () => {
  const old = process.umask(0);
  try {
    await writeAtomically(join(folder, 'deep', 'x.json'), '{}');
  } finally {
    process.umask(old);
  }
  expect((await stat(join(folder, 'deep', 'x.json'))).mode & 0o777).toBe(0o600);
  await chmod(join(folder, 'deep'), 0o700);
});
