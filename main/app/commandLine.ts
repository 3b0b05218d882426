/** What Labdock understands on its command line. Everything else is Chromium's and is left alone. */

export interface CommandLine {
  /** `--start`: the default workspace; `--start=NAME`: the one of that name. */
  start?: { name?: string };
  /** `--user-data-dir=DIR`: everything of this run is kept there. */
  userDataDir?: string;
  /** `--hidden`: no window, only the tray (at login). */
  hidden: boolean;
  /** `--test-handle`: see testHandle.ts; without an inspector it does nothing. */
  testHandle: boolean;
}

/** The last of two equal flags wins. An empty value counts as absent. */
export function parseCommandLine(argv: readonly string[]): CommandLine {
  const result: CommandLine = { hidden: false, testHandle: false };
  for (const argument of argv) {
    const [, flag, value] = /^--([a-z-]+)(?:=(.*))?$/s.exec(argument) ?? [];
    if (flag === 'start') result.start = value ? { name: value } : {};
    else if (flag === 'user-data-dir' && value) result.userDataDir = value;
    else if (flag === 'hidden') result.hidden = true;
    else if (flag === 'test-handle') result.testHandle = true;
  }
  return result;
}
