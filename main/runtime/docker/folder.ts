/** The user's folder before an engine sees it: Podman would make a missing one as root, Docker's words differ by version. */
import { stat } from 'node:fs/promises';
import { LabdockError } from '../../common/problem';

/** Rejects with `folder-missing` or `folder-not-directory`. What it may do inside is for the workspace's own check. */
export async function requireFolder(folder: string): Promise<void> {
  let found;
  try {
    found = await stat(folder);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENAMETOOLONG')
      throw new LabdockError('folder-missing', { folder }, { cause: error });
    if (code === 'ENOTDIR') throw new LabdockError('folder-not-directory', { folder }, { cause: error });
    // Not ours to look into; the engine may.
    return;
  }
  if (!found.isDirectory()) throw new LabdockError('folder-not-directory', { folder });
}
