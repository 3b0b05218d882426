/** A complete draft for a new workspace, so that the next click can already be Start. */
import { join } from 'node:path';
import { defaultServerSettings } from '../jupyter/model';
import { folderName, ownFolder, sameFolder } from './folders';
import type { Workspace, WorkspaceDraft } from './model';
import type { Defaults } from './provisioned';

export const firstPort = 8888;

/** @param freePort the first port from the given one on that nothing listens on and no workspace has */
export async function suggest(
  others: readonly Workspace[],
  defaults: Defaults,
  home: string,
  freePort: (from: number) => Promise<number>,
): Promise<WorkspaceDraft> {
  const { name, folder } = freeName(others, home);
  return {
    name,
    folder,
    target: { kind: 'local' },
    kernels: structuredClone(defaults.kernels),
    image: structuredClone(defaults.image),
    port: await freePort(firstPort),
    resources: { memoryMiB: 0, cpus: 0, gpu: 'none' },
    server: { ...defaultServerSettings },
    cluster: null,
  };
}

function freeName(others: readonly Workspace[], home: string): { name: string; folder: string } {
  for (let number = 1; ; number++) {
    const name = number === 1 ? 'Notebooks' : `Notebooks ${number}`;
    const folder = join(ownFolder(home), folderName(name));
    if (!others.some((other) => sameName(other.name, name) || sameFolder(other.folder, folder)))
      return { name, folder };
  }
}

export const sameName = (a: string, b: string) => a.normalize('NFC').toLowerCase() === b.normalize('NFC').toLowerCase();
