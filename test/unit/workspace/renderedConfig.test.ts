/** ‘Show the whole file’: what the window gets to see of the server's configuration, with and without a password. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { WorkspaceCore } from '../../../main/workspace/core';
import { handlers } from '../../../main/workspace/handlers';
import type { WorkspaceDraft } from '../../../main/workspace/model';
import { procedureTable } from '../../../main/workspace/procedureTable';
import { quietCore } from './quietCore';

let folder: string;
let core: WorkspaceCore;
let draft: WorkspaceDraft;
let id: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'labdock-rendered-'));
  core = await quietCore(folder);
  ({ id, ...draft } = core.settings.workspaces[0]!);
});
afterAll(async () => {
  await core.close();
  await rm(folder, { recursive: true, force: true });
});

const none = "hashed_password = ''";
async function render(more: { id?: string; password?: boolean }): Promise<string> {
  const outcome = await procedureTable(handlers(core))['config.render']({ draft, ...more });
  return outcome.ok ? outcome.value.text : JSON.stringify(outcome);
}

test('a workspace without a password has none in its file', async () => {
  expect(await render({ id })).toContain(none);
});

test('a stored password stands in the file of its workspace, and never as itself', async () => {
  await core.secrets.setPassword(id, { plain: 'secret-word', hash: 'argon2:secret-hash' });
  const text = await render({ id });
  expect(text).toContain('hashed_password = ');
  expect(text).not.toContain(none);
  expect(text).not.toMatch(/secret-word|secret-hash/);
});

test('the form’s own change comes first, also for a workspace that does not exist yet', async () => {
  expect(await render({ id, password: false })).toContain(none);
  expect(await render({})).toContain(none);
  expect(await render({ password: true })).not.toContain(none);
});
