// The desktop session an application expects: a display and a message bus with an unlocked keychain. What this machine
// does not have is made for the length of one command.
import { existsSync } from 'node:fs';
import { whereIs } from './paths.mjs';

const hasDisplay = () => process.platform !== 'linux' || Boolean(process.env.DISPLAY || process.env.WAYLAND_DISPLAY);

function hasBus() {
  if (process.platform !== 'linux' || process.env.DBUS_SESSION_BUS_ADDRESS) return true;
  return Boolean(process.env.XDG_RUNTIME_DIR) && existsSync(`${process.env.XDG_RUNTIME_DIR}/bus`);
}

/**
 * Wraps a command so that it finds a display and a session bus. `notes` says, for the terminal, what was made.
 * The keychain is unlocked with a password of its own: it lives in this user's own keyring folder.
 */
export function inSession(command) {
  const notes = [];
  let wrapped = command;
  if (!hasBus() && whereIs('dbus-run-session') && whereIs('gnome-keyring-daemon')) {
    notes.push('no session bus here: one is made for this run, with a keychain (gnome-keyring)');
    const unlock = 'printf labdock | gnome-keyring-daemon --unlock --components=secrets >/dev/null; exec "$@"';
    wrapped = ['dbus-run-session', '--', 'sh', '-c', unlock, 'sh', ...wrapped];
  }
  if (!hasDisplay()) {
    notes.push('no display here: the window opens under Xvfb, where nobody sees it');
    wrapped = ['xvfb-run', '--auto-servernum', '--server-args=-screen 0 1440x900x24', ...wrapped];
  }
  return { command: wrapped, notes };
}
