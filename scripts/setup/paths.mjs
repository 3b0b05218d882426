// Where things are: the project, and what set-up keeps outside of it so that a second clone does not fetch it again.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

export const project = resolve(dirname(fileURLToPath(import.meta.url)), '../..');

/** A path in the project. */
export const inProject = (...parts) => join(project, ...parts);

/** The cache of this user: `XDG_CACHE_HOME`, or what the platform has instead. */
export const cache = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'labdock');

/** A path in the cache, its folder made. */
export function inCache(...parts) {
  const path = join(cache, ...parts);
  mkdirSync(dirname(path), { recursive: true });
  return path;
}

/** The text of a file, or undefined when there is none. */
export function textOf(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

/** A parsed JSON file, or undefined when it is missing or broken: stamps may be lost at any time. */
export function jsonOf(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return undefined;
  }
}

export function writeJson(path, value) {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, `${JSON.stringify(value, null, 2)}\n`);
}

/** A short hash over texts and buffers. */
export function hashOf(...parts) {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part).update('\0');
  return hash.digest('hex').slice(0, 12);
}

/** Whether a program is on the PATH (or where administrators' programs are). */
export function whereIs(program) {
  const windows = process.platform === 'win32';
  const folders = (process.env.PATH ?? '').split(delimiter);
  if (!windows) folders.push('/usr/sbin', '/sbin', '/usr/local/sbin');
  const names = windows ? [`${program}.exe`, `${program}.cmd`] : [program];
  return folders.flatMap((folder) => names.map((name) => join(folder, name))).find((path) => existsSync(path));
}
