/** Before the first test: the window is built into an application that this machine's Electron runs. Both go with the run. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { electronFor } from '../electron';
import { buildApp } from './buildApp';
import { galleryFolder, madeForRun } from './where';

export default async function setup(): Promise<() => void> {
  // Pictures of scenes that are no more would be looked at like the others.
  rmSync(galleryFolder, { recursive: true, force: true });
  const app = mkdtempSync(join(tmpdir(), 'labdock-gallery-'));
  await buildApp(app);
  process.env[madeForRun.app] = app;
  process.env[madeForRun.electron] = await electronFor(app);
  return () => rmSync(app, { recursive: true, force: true });
}
