/**
 * Keychains for tests: a message bus of their own, with a gnome-keyring that is unlocked, locked, or not there. The
 * keyring's files lie in a folder of the test's, never in the user's.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { run } from './processes';

export type Keychain = 'unlocked' | 'locked' | 'absent';

/** Longer than any password a person types, so that nobody takes it for one. */
const password = 'labdock-test-keyring';

const begin: Record<Keychain, string> = {
  unlocked: `printf ${password} | gnome-keyring-daemon --unlock --components=secrets >/dev/null;`,
  // A daemon nobody gave the password to: every access asks for it, and there is nobody to answer.
  locked: 'gnome-keyring-daemon --start --components=secrets >/dev/null;',
  absent: '',
};

/** The folder and the command line that give a command its keychain. `home` keeps the keyring between calls. */
export function withKeychain(
  kind: Keychain,
  home: string,
  command: string[],
): { command: string[]; env: NodeJS.ProcessEnv } {
  mkdirSync(join(home, 'data'), { recursive: true });
  mkdirSync(join(home, 'run'), { recursive: true, mode: 0o700 });
  const env = { XDG_DATA_HOME: join(home, 'data'), XDG_RUNTIME_DIR: join(home, 'run'), GNOME_KEYRING_CONTROL: '' };
  if (kind === 'absent') {
    return { command: ['env', '-u', 'DBUS_SESSION_BUS_ADDRESS', ...command], env };
  }
  return { command: ['dbus-run-session', '--', 'sh', '-c', `${begin[kind]} exec "$@"`, 'sh', ...command], env };
}

/** Runs a command with a keychain to its end and returns its output. */
export function runWithKeychain(kind: Keychain, home: string, command: string[], timeout = 60_000): Promise<string> {
  const wrapped = withKeychain(kind, home, command);
  return run(wrapped.command, { env: wrapped.env, timeout });
}
