// What this Debian says about itself: its mirror, and which packages are installed.
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { textOf, whereIs } from './paths.mjs';

/** Debian and what descends from it, with apt. */
export const isDebian = () =>
  process.platform === 'linux' && existsSync('/etc/debian_version') && Boolean(whereIs('apt-get'));

/** The fields of os-release. */
export function osRelease() {
  const lines = (textOf('/etc/os-release') ?? '').split('\n');
  return Object.fromEntries(
    lines
      .filter((line) => line.includes('='))
      .map((line) => [line.split('=')[0], line.split('=')[1].replaceAll('"', '')]),
  );
}

let installed;

/** Whether a package is installed, by dpkg's own status file: no program is run. `t64` names are the same package. */
export function hasPackage(name) {
  installed ??= new Set(
    (textOf('/var/lib/dpkg/status') ?? '')
      .split('\n\n')
      .filter((entry) => /^Status: \S+ ok installed$/m.test(entry))
      .map((entry) => /^Package: (\S+)$/m.exec(entry)?.[1]),
  );
  return installed.has(name) || installed.has(`${name}t64`);
}

export const forgetPackages = () => (installed = undefined);

/** `{uri, suites, components}` of every `deb` source, from both of apt's formats. */
export function aptSources() {
  const folder = '/etc/apt/sources.list.d';
  const names = existsSync(folder) ? readdirSync(folder) : [];
  const files = ['/etc/apt/sources.list', ...names.map((name) => join(folder, name))];
  return files.flatMap((file) =>
    file.endsWith('.sources') ? deb822(textOf(file) ?? '') : oneLine(textOf(file) ?? ''),
  );
}

function oneLine(text) {
  return text.split('\n').flatMap((line) => {
    const found = /^\s*deb\s+(?:\[[^\]]*\]\s+)?(\S+)\s+(\S+)\s+(.*)$/.exec(line.replace(/#.*/, ''));
    return found ? [{ uri: found[1], suites: [found[2]], components: found[3].trim().split(/\s+/) }] : [];
  });
}

function deb822(text) {
  return text.split(/\n\s*\n/).flatMap((entry) => {
    const lines = entry.split('\n').filter((line) => !line.startsWith('#'));
    const field = (name) => {
      const line = lines.find((candidate) => candidate.startsWith(`${name}:`));
      return line
        ? line
            .slice(name.length + 1)
            .trim()
            .split(/\s+/)
        : [];
    };
    if (!field('Types').includes('deb') || field('Enabled')[0] === 'no') return [];
    return field('URIs').map((uri) => ({ uri, suites: field('Suites'), components: field('Components') }));
  });
}

/** The mirror this Debian installs from; undefined on anything but Debian. */
export function debianMirror() {
  const release = osRelease();
  if (release.ID !== 'debian') return undefined;
  const source = aptSources().find(
    ({ suites, components }) => suites.includes(release.VERSION_CODENAME) && components.includes('main'),
  );
  return source?.uri.replace(/\/$/, '');
}
