/** The Electron of this machine, for tests that need a trivial application and not the packaged one. */
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from './processes';

const script = join(import.meta.dirname, '../../scripts/setup/electron.mjs');
const made: string[] = [];
process.on('exit', () => made.forEach((folder) => rmSync(folder, { recursive: true, force: true })));

/**
 * An executable that runs the application in `folder`, given as its first argument or not: the official Electron takes it
 * as an argument; the stand-in has no default application, so it is copied with this one in it.
 */
export async function electronFor(folder: string): Promise<string> {
  const ask = `import(${JSON.stringify(script)}).then((m) => console.log(JSON.stringify(m.electronHere())))`;
  const here = JSON.parse(await run([process.execPath, '-e', ask])) as {
    kind: string;
    dist: string;
    executable: string;
  };
  if (here.kind === 'official') return here.executable;
  const copy = mkdtempSync(join(tmpdir(), 'labdock-electron-'));
  made.push(copy);
  cpSync(here.dist, copy, { recursive: true, verbatimSymlinks: true });
  cpSync(folder, join(copy, 'resources/app'), { recursive: true });
  return join(copy, 'electron');
}
