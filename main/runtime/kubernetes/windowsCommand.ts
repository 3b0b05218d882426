/** How a program is started that PATH alone does not find: Windows runs `.cmd` and `.bat` (az, gcloud) only through its shell. */
import { access } from 'node:fs/promises';
import { delimiter, extname, isAbsolute, join } from 'node:path';

export interface CommandLine {
  file: string;
  args: string[];
  /** `windowsVerbatimArguments`: the line is quoted already. */
  verbatim: boolean;
}

export async function commandLine(
  command: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
): Promise<CommandLine> {
  if (process.platform !== 'win32') return { file: command, args: [...args], verbatim: false };
  const found = (await findOnWindows(command, env)) ?? command;
  if (!/\.(?:cmd|bat)$/i.test(found)) return { file: found, args: [...args], verbatim: false };
  return { file: env['ComSpec'] ?? 'cmd.exe', args: ['/d', '/s', '/c', batchLine(found, args)], verbatim: true };
}

async function findOnWindows(command: string, env: NodeJS.ProcessEnv): Promise<string | undefined> {
  const endings = extname(command) ? [''] : (env['PATHEXT'] ?? '.EXE;.CMD;.BAT').split(';');
  const folders = isAbsolute(command) || /[\\/]/.test(command) ? [''] : (env['PATH'] ?? '').split(delimiter);
  for (const folder of folders) {
    for (const ending of endings) {
      const path = folder === '' ? command + ending : join(folder, command + ending);
      if (await access(path).then(() => true, () => false)) return path; // prettier-ignore
    }
  }
  return undefined;
}

/** One line for `cmd /s /c`: every word quoted, what cmd.exe expands escaped. Pure. */
export function batchLine(file: string, args: readonly string[]): string {
  const quote = (word: string) => `"${word.replace(/"/g, '""').replace(/%/g, '%%')}"`;
  return `"${[file, ...args].map(quote).join(' ')}"`;
}
