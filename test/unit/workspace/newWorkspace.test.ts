/** What a workspace that was just created is said to be, before anything of it was started. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { WorkspaceCore } from '../../../main/workspace/core';
import { handlers } from '../../../main/workspace/handlers';
import { procedureTable } from '../../../main/workspace/procedureTable';
import { quietCore } from './quietCore';

let folder: string;
let core: WorkspaceCore;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'labdock-new-'));
  core = await quietCore(folder);
});
afterAll(async () => {
  await core.close();
  await rm(folder, { recursive: true, force: true });
});

test.each([
  ['without a password it has none', {}, 'unset'],
  ['with a password it has one', { password: 'typed' }, 'set'],
])('%s', async (_name, input, password) => {
  const procedures = procedureTable(handlers(core));
  const suggested = await procedures['workspace.suggest'](undefined);
  if (!suggested.ok) throw new Error(JSON.stringify(suggested));
  const created = await procedures['workspace.create']({ draft: suggested.value, ...input });
  if (!created.ok) throw new Error(JSON.stringify(created));
  expect(core.workspaceState(created.value.id)).toMatchObject({ phase: 'stopped', everStarted: false, password });
});
