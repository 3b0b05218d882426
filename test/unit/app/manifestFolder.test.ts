import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { folderName, writeManifests } from '../../../main/app/manifestFolder';

describe('the folder for manifests', () => {
  it.each([
    ['Climate study', 'labdock-Climate-study'],
    ['기후 연구 🚀', 'labdock-기후-연구'],
    ['../../etc', 'labdock-etc'],
    ['a/b\\c:d', 'labdock-a-b-c-d'],
    ['🚀', 'labdock-workspace'],
    ['x'.repeat(60), `labdock-${'x'.repeat(40)}`],
  ])('%s is saved as %s', (workspace, folder) => expect(folderName(workspace)).toBe(folder));
});

describe('saving manifests', () => {
  let parent: string;
  beforeEach(async () => {
    parent = await mkdtemp(join(tmpdir(), 'labdock-manifests-'));
  });
  afterEach(() => rm(parent, { recursive: true, force: true }));
  const files = [
    { name: 'kustomization.yaml', content: 'resources: [service.yaml]\n' },
    { name: 'service.yaml', content: 'kind: Service\n' },
  ];

  it('writes every file into a new folder, and another one the next time', async () => {
    const first = await writeManifests(parent, 'Work', files);
    expect(first).toBe(join(parent, 'labdock-Work'));
    expect(await readFile(join(first, 'service.yaml'), 'utf8')).toBe('kind: Service\n');
    expect(await writeManifests(parent, 'Work', files)).toBe(join(parent, 'labdock-Work-2'));
  });
  it('leaves what is there alone', async () => {
    await mkdir(join(parent, 'labdock-Work'));
    await writeFile(join(parent, 'labdock-Work', 'service.yaml'), 'mine');
    await writeFile(join(parent, 'labdock-Work-2'), 'a file of that name');
    expect(await writeManifests(parent, 'Work', files)).toBe(join(parent, 'labdock-Work-3'));
    expect(await readFile(join(parent, 'labdock-Work', 'service.yaml'), 'utf8')).toBe('mine');
  });
  it('leaves nothing behind when it cannot finish, and never writes outside', async () => {
    const outside = [...files, { name: '../escaped.yaml', content: 'x' }];
    await expect(writeManifests(parent, 'Work', outside)).rejects.toMatchObject({
      problem: { reason: 'file-unwritable', params: { path: parent } },
    });
    expect(await readdir(parent)).toEqual([]);
  });
  it('says where it could not write', async () => {
    const gone = join(parent, 'gone');
    await expect(writeManifests(gone, 'Work', files)).rejects.toMatchObject({
      problem: { reason: 'file-unwritable', params: { path: gone } },
    });
  });
});
