/** Lays the bare window beside the same Electron binary that the packaged application uses, by hard links: no second copy of 300 MB. */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';

/** Returns the bare program's executable. `electronDist` is the folder of an unpacked Electron. */
export function bareElectron(electronDist: string, into: string): string {
  const folder = join(into, 'bare');
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(into, { recursive: true });
  execFileSync('cp', ['-al', electronDist, folder]);
  cpSync(join(import.meta.dirname, 'bare'), join(folder, 'resources', 'app'), { recursive: true });
  return join(folder, 'electron');
}
