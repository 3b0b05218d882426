import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { defaultsPath, publicDefaults, readDefaults } from '../../../main/workspace/provisioned';

let folder: string;
beforeEach(async () => (folder = await mkdtemp(join(tmpdir(), 'labdock-defaults-'))));
afterEach(() => rm(folder, { recursive: true, force: true }));
const written = async (content: unknown) => {
  const path = join(folder, 'defaults.json');
  await writeFile(path, typeof content === 'string' ? content : JSON.stringify(content));
  return path;
};

describe('provisioned defaults', () => {
  test('no file is no problem', async () => {
    expect(await readDefaults(join(folder, 'none.json'))).toEqual({ defaults: publicDefaults });
    expect(await readDefaults(null)).toEqual({ defaults: publicDefaults });
  });

  test('what is given replaces the public default, what is not stays', async () => {
    const { defaults, problem } = await readDefaults(
      await written({
        build: { base: 'mirror.example/conda:1', proxy: { https: 'http://proxy.example:3128' } },
        image: { kind: 'published', reference: 'mirror.example/lab:1', pull: 'always' },
      }),
    );
    expect(problem).toBeUndefined();
    expect(defaults.build).toEqual({
      ...publicDefaults.build,
      base: 'mirror.example/conda:1',
      proxy: { http: '', https: 'http://proxy.example:3128', noProxy: '' },
    });
    expect(defaults.image).toEqual({ kind: 'published', reference: 'mirror.example/lab:1', pull: 'always' });
    expect(defaults.kernels).toEqual(publicDefaults.kernels);
  });

  test.each([
    ['not JSON', 'base = x'],
    ['a misspelt key', { biuld: {} }],
    ['an injecting base', { build: { base: 'a; rm -rf /' } }],
    ['no channel', { build: { channels: [] } }],
    ['clashing kernels', { kernels: [...publicDefaults.kernels, ...publicDefaults.kernels] }],
  ])('%s: ignored as a whole, and said', async (_, content) => {
    const path = await written(content);
    const { defaults, problem } = await readDefaults(path);
    expect(defaults).toEqual(publicDefaults);
    expect(problem).toMatchObject({ reason: 'defaults-invalid', params: { path } });
  });

  test('stands where administrators expect it', () => {
    expect(defaultsPath({}, 'linux')).toBe('/etc/labdock/defaults.json');
    expect(defaultsPath({}, 'darwin')).toBe('/Library/Application Support/Labdock/defaults.json');
    expect(defaultsPath({ ProgramData: 'D:\\Data' }, 'win32')).toMatch(/^D:\\Data.Labdock.defaults\.json$/);
    expect(defaultsPath({ LABDOCK_DEFAULTS: '/x/y.json' }, 'linux')).toBe('/x/y.json');
  });
});
