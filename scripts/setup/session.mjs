// The desktop session an application expects: a display and a message bus with an unlocked keychain. What this machine
// does not have is made for the length of one command.
import { existsSync } from 'node:fs';
import { whereIs } from './paths.mjs';

const hasDisplay = () => process.platform !== 'linux' || Boolean(process.env.DISPLAY || process.env.WAYLAND_DISPLAY);

function hasBus() {
  if (process.platform !== 'linux' || process.env.DBUS_SESSION_BUS_ADDRESS) return true;
  return Boolean(process.env.XDG_RUNTIME_DIR) && existsSync(`${process.env.XDG_RUNTIME_DIR}/bus`);
}

// The keychain is the one in the user's own keyring folder; a new one gets this password.
const unlocked = [
  'sh',
  '-c',
  'printf labdock | gnome-keyring-daemon --unlock --components=secrets >/dev/null; exec "$@"',
  'sh',
];
const withBus = (command) => ['dbus-run-session', '--', ...unlocked, ...command];

/** Wraps a command in a display that is all its own. */
export const ownDisplay = (command) => [
  'xvfb-run',
  '--auto-servernum',
  '--server-args=-screen 0 1440x900x24',
  ...command,
];

/** Wraps a command so that it finds a display and a session bus. `notes` says, for the terminal, what was made. */
export function inSession(command) {
  const notes = [];
  let wrapped = command;
  if (!hasBus() && whereIs('dbus-run-session') && whereIs('gnome-keyring-daemon')) {
    notes.push('no session bus here: one is made for this run, with a keychain (gnome-keyring)');
    wrapped = withBus(wrapped);
  }
  if (!hasDisplay()) {
    notes.push('no display here: the window opens under Xvfb, where nobody sees it');
    wrapped = ownDisplay(wrapped);
  }
  return { command: wrapped, notes };
}

/** Wraps a command in a session that is all its own, whatever this machine has. */
export const ownSession = (command) => ownDisplay(withBus(command));
