/**
 * Both programs with files of their own. The memory of a program's file is shared by all processes that run it, and so is
 * what each is said to take: another Electron from the same file, a test's, would make one side look small.
 */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

/** Returns the bare program's executable. `electronDist` is the folder of an unpacked Electron. */
export function bareElectron(electronDist: string, into: string): string {
  const folder = join(into, 'bare');
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(into, { recursive: true });
  copyTree(electronDist, folder);
  cpSync(join(import.meta.dirname, 'bare'), join(folder, 'resources', 'app'), { recursive: true });
  return join(folder, 'electron');
}

/** Returns the executable of a copy of the packaged application. */
export function ownCopy(executable: string, into: string): string {
  const folder = join(into, 'app');
  copyTree(dirname(executable), folder);
  return join(folder, basename(executable));
}

/** Quicker than Node's own, and it keeps what is executable. */
const copyTree = (from: string, to: string): unknown => execFileSync('cp', ['-a', from, to]);
