/** An imported configuration's folder, from the file to the saved settings, through the procedures the window calls. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { WorkspaceCore } from '../../../main/workspace/core';
import { handlers } from '../../../main/workspace/handlers';
import type { WorkspaceDraft } from '../../../main/workspace/model';
import type { Outcome } from '../../../main/workspace/procedures';
import { procedureTable } from '../../../main/workspace/procedureTable';
import { importChange } from '../../../renderer/settings/importChange';
import { quietCore } from './quietCore';

let folder: string;
let core: WorkspaceCore;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'labdock-imported-'));
  core = await quietCore(folder);
});
afterAll(async () => {
  await core.close();
  await rm(folder, { recursive: true, force: true });
});

function value<T>(outcome: Outcome<T>): T {
  if (!outcome.ok) throw new Error(JSON.stringify(outcome));
  return outcome.value;
}

/** The draft of the only workspace after importing a file that serves `served`. */
async function imported(served: string) {
  const path = join(folder, 'jupyter_notebook_config.py');
  await writeFile(path, `c.NotebookApp.notebook_dir = ${JSON.stringify(served)}\n`);
  const { id, wanted: _wanted, ...saved } = core.settings.workspaces[0]!;
  const found = value(await procedureTable(handlers(core))['config.import']({ path }));
  const draft: WorkspaceDraft = { ...saved, ...importChange(saved, found) };
  return { id, draft };
}

test('a folder that is there becomes the workspace’s', async () => {
  const served = join(folder, 'served');
  await mkdir(served);
  const { id, draft } = await imported(served);
  const procedures = procedureTable(handlers(core));
  expect(value(await procedures['workspace.check']({ id, draft })).fields['folder']).toBeUndefined();
  value(await procedures['workspace.update']({ id, draft, apply: false }));
  expect(core.saved(id).folder).toBe(served);
});

test('one that is not is refused at its field, and nothing is made or saved', async () => {
  const before = core.settings.workspaces[0]!.folder;
  const { id, draft } = await imported(join(folder, 'absent'));
  const procedures = procedureTable(handlers(core));
  const refusal = { folder: { reason: 'folder-missing' } };
  expect(value(await procedures['workspace.check']({ id, draft })).fields).toMatchObject(refusal);
  expect(await procedures['workspace.update']({ id, draft, apply: false })).toMatchObject({
    ok: false,
    fields: refusal,
  });
  expect(core.saved(id).folder).toBe(before);
});
