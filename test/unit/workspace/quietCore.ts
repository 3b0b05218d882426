/** The heart on real files, as one launch of Labdock has it, before it asks any engine, cluster or keychain. */
import { join } from 'node:path';
import { WorkspaceCore } from '../../../main/workspace/core';
import { memoryStore } from '../../../main/workspace/memoryStore';

/** @param folder a throw-away one; launches with the same `data` in it are launches of the same Labdock */
export async function quietCore(folder: string, data = 'data'): Promise<WorkspaceCore> {
  const core = new WorkspaceCore({
    dataFolder: join(folder, data),
    resourcesFolder: join(import.meta.dirname, '../../../resources'),
    home: join(folder, 'home'),
    defaultsPath: null,
    keychain: memoryStore,
    changed: () => undefined,
  });
  await core.load();
  return core;
}
