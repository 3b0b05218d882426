// The needs of the application itself, shared by `npm start` and `npm test`.
import { aptNeed, displayPackages, keychainPackages, windowPackages } from './apt.mjs';
import { decideBase, knownBase } from './base-image.mjs';
import { debianMirror, hasPackage, isDebian } from './debian.mjs';
import { electron } from './electron.mjs';
import { engine, engineAccess } from './engine.mjs';
import { findEngine } from './engine-api.mjs';
import { nodeModules } from './node-modules.mjs';
import { say } from './shell.mjs';

/** The packages of Debian an ordinary run needs. A desktop brings display, bus and keychain along. */
export function systemPackages() {
  const bare = !process.env.DISPLAY && !process.env.WAYLAND_DISPLAY;
  return [...windowPackages, ...(bare ? [...displayPackages, ...keychainPackages] : ['libsecret-1-0']), 'unzip'];
}

/** The base image: nothing to do once it is known which one this machine uses. */
export const baseImage = {
  name: 'base image',
  check: async () => {
    const { host } = await findEngine();
    return host ? Boolean(await knownBase(host)) : false;
  },
  what: 'find out whether the public base image can be reached; build a stand-in if it cannot (3 minutes, 600 MB)',
  async install() {
    const { host } = await findEngine();
    if (!host) {
      say(
        '  The engine cannot be asked yet (log in again for the new group to count); the public base image is assumed.',
      );
      return;
    }
    if (!debianMirror()) {
      // Only a Debian can build the stand-in, so there is nothing to decide.
      return;
    }
    if (!hasPackage('debootstrap')) await aptNeed('debootstrap', ['debootstrap']).install();
    await decideBase(host);
  },
};

/** Everything the application needs on this machine, in the order it is installed. */
export function productNeeds() {
  const needs = [aptNeed('Debian packages', systemPackages()), nodeModules, electron, engine, engineAccess];
  // Elsewhere the public base is the only one: the app itself says so when it cannot be reached.
  if (debianMirror()) needs.push(baseImage);
  return needs;
}

/** What set-up leaves to the person on this system; printed once, before the first install. */
export function systemNote() {
  if (isDebian()) return undefined;
  if (process.platform === 'linux') {
    return 'This is not a Debian: GTK 3, NSS, libsecret and ALSA must be installed with the system’s own package manager.';
  }
  return 'Install a container engine if there is none: Docker Desktop, Podman Desktop, Colima, OrbStack or Rancher Desktop.';
}
