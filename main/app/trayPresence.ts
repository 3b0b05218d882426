/** Is there a place on this desktop where a tray icon is seen? GNOME shows none without an extension. */
import { execFile } from 'node:child_process';

const service = 'org.kde.StatusNotifierWatcher';
/** Whichever of them is installed; each asks the session bus whether somebody watches for tray icons. */
const askers: { command: string; args: string[]; yes: RegExp }[] = [
  {
    command: 'gdbus',
    args: [
      'call',
      '--session',
      '--dest',
      'org.freedesktop.DBus',
      '--object-path',
      '/org/freedesktop/DBus',
      '--method',
      'org.freedesktop.DBus.NameHasOwner',
      service,
    ],
    yes: /true/,
  },
  {
    command: 'dbus-send',
    args: [
      '--session',
      '--print-reply',
      '--dest=org.freedesktop.DBus',
      '/org/freedesktop/DBus',
      'org.freedesktop.DBus.NameHasOwner',
      `string:${service}`,
    ],
    yes: /boolean true/,
  },
  { command: 'busctl', args: ['--user', 'status', service], yes: /./ },
];

/** On macOS and Windows always; on Linux what the session bus says, and no where nobody can be asked. */
export async function isTrayVisible(platform: NodeJS.Platform = process.platform): Promise<boolean> {
  if (platform !== 'linux') return true;
  for (const { command, args, yes } of askers) {
    const answer = await ask(command, args);
    if (answer !== null) return yes.test(answer);
  }
  return false;
}

/** null when the command does not exist. */
function ask(command: string, args: string[]): Promise<string | null> {
  return new Promise((resolve) => {
    execFile(command, args, { timeout: 2000 }, (error, stdout) => {
      if (error && (error as NodeJS.ErrnoException).code === 'ENOENT') resolve(null);
      else resolve(error ? '' : stdout);
    });
  });
}
