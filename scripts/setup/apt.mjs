// Debian packages: all that are missing in one apt-get, which never removes any.
import { existsSync, statSync } from 'node:fs';
import { forgetPackages, hasPackage, isDebian } from './debian.mjs';
import { asRoot, run, ticker, tickerEnd } from './shell.mjs';

/** What Electron's window needs. */
export const windowPackages = ['libgtk-3-0', 'libgbm1', 'libasound2', 'libnss3', 'libxss1', 'libatk-bridge2.0-0'];
/** The keychain's client library, and a keychain with its message bus for a machine without a desktop. */
export const keychainPackages = ['libsecret-1-0', 'gnome-keyring', 'dbus', 'dbus-x11'];
/** A display where there is none. */
export const displayPackages = ['xvfb', 'xauth'];
/** Without one, Korean pages are pictures of empty boxes. */
export const fontPackages = ['fonts-nanum'];
/** What only the tests need. */
export const testPackages = [
  'podman',
  'docker-registry',
  'busybox-static',
  'xdotool',
  'debootstrap',
  'containernetworking-plugins',
  'catatonit',
  'iptables',
  'e2fsprogs',
  ...fontPackages,
  'python3-venv',
];

const listAge = 24 * 3600 * 1000;

/** The Ubuntu and trixie name of a package where the plain one is gone. */
async function nameHere(name) {
  const found = await run(['apt-cache', 'policy', `${name}t64`]).catch(() => '');
  return /Candidate: (?!\(none\))/.test(found) ? `${name}t64` : name;
}

function listsAreFresh() {
  const stamp = '/var/lib/apt/lists';
  return existsSync(`${stamp}/lock`) && Date.now() - statSync(stamp).mtimeMs < listAge;
}

/** Installs packages. `--no-remove` makes apt fail rather than remove one that is there. */
export async function aptInstall(names) {
  const tick = ticker('apt-get');
  const env = { DEBIAN_FRONTEND: 'noninteractive' };
  const update = () => run(asRoot(['apt-get', 'update', '-q']), { env, progress: tick });
  const install = async () => {
    const here = [];
    for (const name of names) here.push(await nameHere(name));
    const command = ['apt-get', 'install', '-y', '-q', '--no-install-recommends', '--no-remove', ...here];
    await run(asRoot(['env', 'DEBIAN_FRONTEND=noninteractive', ...command]), { progress: tick });
  };
  if (!listsAreFresh()) await update();
  try {
    await install();
  } catch {
    // The lists may be older than they look, the cause then being a package that moved on.
    await update();
    await install();
  }
  tickerEnd();
  forgetPackages();
}

/** The need for a set of Debian packages; met at once on other systems, which are told what they need elsewhere. */
export function aptNeed(name, packages) {
  const missing = () => packages.filter((candidate) => !hasPackage(candidate));
  return {
    name,
    check: () => !isDebian() || missing().length === 0,
    what: () => `install Debian packages (nothing is removed): ${missing().join(' ')}`,
    install: () => aptInstall(missing()),
  };
}
