/** Where the gallery finds and leaves things. */
import { join } from 'node:path';

/** The pictures of the last run. */
export const galleryFolder = join(import.meta.dirname, '../../screenshots/gallery');

/** What setup.ts makes for one run; its workers are processes of their own and know it from the environment. */
export const madeForRun = { app: 'LABDOCK_GALLERY_APP', electron: 'LABDOCK_GALLERY_ELECTRON' } as const;
export function ofRun(what: keyof typeof madeForRun): string {
  const path = process.env[madeForRun[what]];
  if (!path) throw new Error(`${madeForRun[what]} is not set: setup.ts has not run`);
  return path;
}
