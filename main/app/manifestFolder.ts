/** Writes a workspace's manifests into a new folder where the user wants it: all of them or none, over nothing that is there. */
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { LabdockError } from '../common/problem';
import type { ManifestFolder } from '../workspace/state';

/** A name every file system takes, made of the workspace's: letters and digits of any script, dashes for the rest. Pure. */
export function folderName(workspace: string): string {
  const letters = [...workspace.normalize('NFC').replace(/[^\p{L}\p{M}\p{N}]+/gu, '-')].slice(0, 40).join('');
  return `labdock-${letters.replace(/^-+|-+$/g, '') || 'workspace'}`;
}

/** A name and nothing but a name: what is written stays in the folder. */
const isName = (name: string) => /^\w[\w.-]*$/.test(name);

/** Returns the new folder. Rejects with `file-unwritable`; then nothing is left behind. */
export async function writeManifests(
  parent: string,
  workspace: string,
  files: ManifestFolder['files'],
): Promise<string> {
  let folder: string | undefined;
  try {
    folder = await newFolder(join(parent, folderName(workspace)));
    for (const { name, content } of files) {
      if (!isName(name)) throw new Error(`not a file name: ${name}`);
      await writeFile(join(folder, name), content, { flag: 'wx' });
    }
    return folder;
  } catch (error) {
    if (folder) await rm(folder, { recursive: true, force: true }).catch(() => undefined);
    throw new LabdockError('file-unwritable', { path: parent }, { detail: String(error), cause: error });
  }
}

/** Makes `wanted`, or the first of `wanted-2`, `wanted-3`, … that did not exist. */
async function newFolder(wanted: string): Promise<string> {
  for (let n = 1; ; n++) {
    const folder = n === 1 ? wanted : `${wanted}-${n}`;
    try {
      await mkdir(folder);
      return folder;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST' || n === 1000) throw error;
    }
  }
}
