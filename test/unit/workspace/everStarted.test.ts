/** That a workspace was started is known at the next launch, on real files and without any engine. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { WorkspaceCore } from '../../../main/workspace/core';
import { isFirstStart } from '../../../renderer/home/firstStart';
import { quietCore } from './quietCore';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'labdock-started-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** One launch of Labdock that asks no engine: what the window shows of the only workspace, at its first paint. */
async function launch(data: string, work: (core: WorkspaceCore, id: string) => void = () => undefined) {
  const core = await quietCore(folder, data);
  const { id } = core.settings.workspaces[0]!;
  const state = core.workspaceState(id)!;
  work(core, id);
  await core.close();
  return state;
}

test('the first launch is one before the first start; so is the next, as long as nothing was started', async () => {
  expect(isFirstStart(await launch('never'))).toBe(true);
  expect(isFirstStart(await launch('never'))).toBe(true);
});

test('a built image ends it', async () => {
  await launch('built', (core, id) => core.remembered.setBuilt(id, { image: 'labdock/x:1', environments: 'x' }));
  const state = await launch('built');
  expect(state).toMatchObject({ phase: 'stopped', everStarted: true });
  expect(isFirstStart(state)).toBe(false);
});

test('a started server ends it; other workspaces know nothing of it', async () => {
  await launch('started', (core, id) => {
    const { id: _id, wanted: _wanted, ...draft } = core.saved(id);
    core.remembered.setApplied(id, draft);
  });
  expect((await launch('started')).everStarted).toBe(true);
  const path = join(folder, 'started', 'settings.json');
  const settings = (await readFile(path, 'utf8')).replace(/"id": ?"[a-z0-9]{12}"/, '"id": "otherspace12"');
  await writeFile(path, settings);
  expect((await launch('started')).everStarted).toBe(false);
});
