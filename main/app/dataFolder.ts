/** Where this run keeps everything; must be known before anything else is loaded. */
import Module from 'node:module';
import { join, resolve } from 'node:path';
import { app } from 'electron';
import { parseCommandLine } from './commandLine';

/** Node 22 and later (Electron 45); our types are those of Node 20. */
const compiler = Module as typeof Module & { enableCompileCache?: (folder: string) => unknown };

/** Applies `--user-data-dir`, and lets Node keep compiled code there: what is imported after this starts faster the next time. */
export function prepareDataFolder(): void {
  const { userDataDir } = parseCommandLine(process.argv.slice(1));
  if (userDataDir) app.setPath('userData', resolve(userDataDir));
  // Not in the shared temporary folder, which is the default: compiled code there could be another user's.
  compiler.enableCompileCache?.(join(app.getPath('userData'), 'compile-cache'));
}
