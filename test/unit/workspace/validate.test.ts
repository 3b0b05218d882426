import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Problem } from '../../../main/common/problem';
import { defaultKernel } from '../../../main/image/model';
import { defaultServerSettings } from '../../../main/jupyter/model';
import { folderName, isOwn, makeOwnFolder } from '../../../main/workspace/folders';
import { workspaceDraftSchema, type Workspace, type WorkspaceDraft } from '../../../main/workspace/model';
import { publicDefaults } from '../../../main/workspace/provisioned';
import { suggest } from '../../../main/workspace/suggest';
import { fieldProblems, validate, type ValidationContext } from '../../../main/workspace/validate';

let home: string;
beforeEach(async () => (home = await mkdtemp(join(tmpdir(), 'labdock-home-'))));
afterEach(() => rm(home, { recursive: true, force: true }));

const draft = (change: Partial<WorkspaceDraft> = {}): WorkspaceDraft => ({
  name: 'Notebooks',
  folder: home,
  target: { kind: 'local' },
  kernels: [defaultKernel],
  image: { kind: 'build' },
  port: 8888,
  resources: { memoryMiB: 0, cpus: 0, gpu: 'none' },
  server: defaultServerSettings,
  cluster: null,
  ...change,
});
const other: Workspace = {
  ...draft({ name: 'Ähre', folder: '/elsewhere', port: 9000 }),
  id: 'bbbbbbbbbbbb',
  wanted: 'stopped',
};
const busy: Problem = { reason: 'port-busy', params: { port: 8888, suggestion: 8889 } };
const context = (change: Partial<ValidationContext> = {}): ValidationContext => ({
  workspaces: [other],
  home,
  portProblem: () => Promise.resolve(undefined),
  configProblem: () => Promise.resolve(undefined),
  configOverridden: () => Promise.resolve(undefined),
  ...change,
});

describe('validate', () => {
  test('a good draft has no findings', async () => {
    expect(await validate(draft(), context())).toEqual({ fields: {}, warnings: {} });
  });

  test.each(['공책 📓', `it's "quoted" & $HOME`, ' spaces  inside ', 'ünï'])(
    'a folder named %s is as good as any',
    async (name) => {
      const folder = join(home, name);
      await mkdir(folder);
      expect((await validate(draft({ folder }), context())).fields).toEqual({});
    },
  );

  test('names clash whatever their case and composition', async () => {
    const { fields } = await validate(draft({ name: 'A\u0308HRE' }), context());
    expect(fields).toEqual({ name: { reason: 'name-taken', params: { name: 'Ähre' } } });
  });

  test('folders: missing, a file, a file on the way, relative', async () => {
    const file = join(home, 'file');
    await writeFile(file, '');
    const problem = async (folder: string) => (await validate(draft({ folder }), context())).fields.folder?.reason;
    expect(await problem(join(home, 'none'))).toBe('folder-missing');
    expect(await problem(file)).toBe('folder-not-directory');
    expect(await problem(join(file, 'below'))).toBe('folder-not-directory');
    expect(await problem('notebooks')).toBe('field-invalid');
    const link = join(home, 'link');
    await symlink(join(home, 'gone'), link);
    expect(await problem(link)).toBe('folder-missing');
  });

  test('a folder without write permission is said to be read-only', async () => {
    // Root may write anywhere but where the system itself refuses.
    const folder = process.getuid?.() === 0 ? '/proc/1' : join(home, 'readonly');
    if (folder !== '/proc/1') {
      await mkdir(folder);
      await chmod(folder, 0o555);
    }
    const problem = (await validate(draft({ folder }), context())).fields.folder;
    expect(problem).toMatchObject({ reason: 'folder-read-only', params: { folder } });
  });

  test('a suggested folder is made when the draft is saved, and only below Labdock’s own', async () => {
    const folder = join(home, 'Labdock', 'New');
    expect(await validate(draft({ folder }), context())).toEqual({ fields: {}, warnings: {} });
    await makeOwnFolder(folder, home);
    await makeOwnFolder(join(home, 'Other'), home);
    expect(isOwn(join(home, 'Labdock', '..', 'x'), home)).toBe(false);
    expect(isOwn(join(home, 'Labdock'), home)).toBe(false);
    expect((await validate(draft({ folder: join(home, 'Other') }), context())).fields.folder?.reason).toBe(
      'folder-missing',
    );
  });

  test('a busy port blocks when it is chosen, warns when it was there before, and is fine when it is our own', async () => {
    const portProblem = () => Promise.resolve(busy);
    const saved: Workspace = { ...draft(), id: 'aaaaaaaaaaaa', wanted: 'stopped' };
    expect((await validate(draft(), context({ portProblem }))).fields.port).toEqual(busy);
    const own = { id: saved.id, workspaces: [saved, other], portProblem };
    expect(await validate(draft(), context(own))).toEqual({ fields: {}, warnings: { port: busy } });
    expect(await validate(draft(), context({ ...own, ownPort: 8888 }))).toEqual({ fields: {}, warnings: {} });
    expect((await validate(draft({ port: 9000 }), context(own))).fields.port).toEqual({
      reason: 'port-taken',
      params: { name: 'Ähre', port: 9000 },
    });
  });

  test('an unplugged folder warns but does not block editing the rest', async () => {
    const saved: Workspace = { ...draft({ folder: join(home, 'usb') }), id: 'aaaaaaaaaaaa', wanted: 'stopped' };
    const findings = await validate({ ...saved, port: 9100 }, context({ id: saved.id, workspaces: [saved] }));
    expect(findings.fields).toEqual({});
    expect(findings.warnings.folder?.reason).toBe('folder-missing');
  });

  test('archives and free text', async () => {
    const configProblem = () =>
      Promise.resolve<Problem>({ reason: 'config-syntax', params: { line: 1, message: 'x' } });
    const { fields } = await validate(
      draft({
        image: { kind: 'archive', path: join(home, 'none.tar') },
        server: { ...defaultServerSettings, custom: 'c.' },
      }),
      context({ configProblem }),
    );
    expect(fields['image.path']?.reason).toBe('archive-missing');
    expect(fields['server.custom']?.reason).toBe('config-syntax');
    const configOverridden = () =>
      Promise.resolve<Problem>({ reason: 'config-overridden', params: { line: 1, setting: 'ServerApp.port' } });
    const server = { ...defaultServerSettings, custom: 'c.ServerApp.port = 1' };
    const said = await validate(draft({ server }), context({ configOverridden }));
    expect([said.fields, said.warnings['server.custom']?.reason]).toEqual([{}, 'config-overridden']);
    const folder = await validate(draft({ image: { kind: 'archive', path: home } }), context());
    expect(folder.fields['image.path']?.reason).toBe('archive-invalid');
  });
});

describe('schema failures', () => {
  const fields = (change: object) => {
    const parsed = workspaceDraftSchema.safeParse({ ...draft(), ...change });
    return parsed.success ? {} : fieldProblems(parsed.error, new Set());
  };
  test.each<[string, object, string, string]>([
    ['port 0', { port: 0 }, 'port', 'port'],
    ['port 80', { port: 80 }, 'port', 'port'],
    ['port 70000', { port: 70_000 }, 'port', 'port'],
    ['port as text', { port: '8888' }, 'port', 'port'],
    ['empty name', { name: '  ' }, 'name', 'required'],
    ['newline in a name', { name: 'a\nb' }, 'name', 'control-characters'],
    [
      'shell in a kernel name',
      { kernels: [{ ...defaultKernel, name: 'a; rm -rf /' }] },
      'kernels.0.name',
      'kernel-name',
    ],
    ['newline in a package', { kernels: [{ ...defaultKernel, pip: ['a\nRUN x'] }] }, 'kernels.0.pip.0', 'package'],
    [
      'option as a package',
      { kernels: [{ ...defaultKernel, conda: ['--file=/etc/passwd'] }] },
      'kernels.0.conda.0',
      'package',
    ],
  ])('%s stands at its field', (_, change, field, rule) => {
    expect(fields(change)).toEqual({ [field]: { reason: 'field-invalid', params: { rule } } });
  });
  test('two kernels of one name', () => {
    expect(fields({ kernels: [defaultKernel, defaultKernel] })).toEqual({
      'kernels.1.name': { reason: 'kernel-clash', params: { rule: 'kernel-clash' } },
    });
  });
});

describe('suggest', () => {
  const freePort = (from: number) => Promise.resolve(from + 2);
  test('the first workspace is ready to start', async () => {
    const first = await suggest([], publicDefaults, home, freePort);
    expect(first).toMatchObject({ name: 'Notebooks', folder: join(home, 'Labdock', 'Notebooks'), port: 8890 });
    expect(workspaceDraftSchema.safeParse(first).success).toBe(true);
    expect((await validate(first, context())).fields).toEqual({});
  });
  test('the next ones step aside', async () => {
    const first: Workspace = {
      ...(await suggest([], publicDefaults, home, freePort)),
      id: 'aaaaaaaaaaaa',
      wanted: 'stopped',
    };
    const second = await suggest([first], publicDefaults, home, freePort);
    expect(second).toMatchObject({ name: 'Notebooks 2', folder: join(home, 'Labdock', 'Notebooks 2') });
  });
  test.each([
    ['a/b\\c:d', 'a b c d'],
    ['dots...', 'dots'],
    ['공책', '공책'],
    ['..', 'Notebooks'],
    ['con', 'Notebooks con'],
    ['.hidden', 'Notebooks .hidden'],
  ])('folder name for %s', (name, folder) => {
    expect(folderName(name)).toBe(folder);
  });
});
