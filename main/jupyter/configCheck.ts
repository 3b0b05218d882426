/** What can be said about a workspace's server settings before they are used. Pure decisions for the fields. */
import { ownSettings } from './config';
import { currentName } from './configNames';
import { configSettings } from './configStatements';
import { checkPython, lineOf, type PythonProblem } from './pythonSyntax';
import type { ServerSettings } from './model';

/** The custom text's first mistake. Stricter than {@link checkPython} in one thing: it stands in the middle of a file. */
export function checkCustom(text: string): PythonProblem | null {
  const syntax = checkPython(text);
  const future = /^from[ \t]+__future__[ \t]+import\b/m.exec(text);
  if (!future) return syntax;
  const line = lineOf(text, future.index);
  return syntax && syntax.line <= line
    ? syntax
    : { line, message: 'from __future__ imports must occur at the beginning of the file' };
}

const owned = new Set(
  Object.entries(
    ownSettings({
      settings: { ip: '', rootDir: '' } as ServerSettings,
      passwordHash: null,
      token: '',
      port: 0,
      work: '/',
      home: '/',
    }),
  ).flatMap(([section, traits]) => Object.keys(traits).map((trait) => `${section}.${trait}`)),
);

/** Settings in the custom text that will not count, because the launcher needs its own value (part 3 of the file). */
export function findOwned(custom: string): { line: number; setting: string }[] {
  return configSettings(custom).flatMap(({ line, section, trait }) => {
    const name = currentName(section, trait);
    const setting = name && `${name.section}.${name.trait}`;
    return setting && owned.has(setting) ? [{ line, setting }] : [];
  });
}

/**
 * Addresses on which the server would not be reached: a published port and a pod's route arrive at the container's own
 * interface, never at its loopback, and what that interface's address is, only the engine knows.
 */
export function isReachableAddress(ip: string): boolean {
  return ip === '0.0.0.0' || ip === '::' || ip === '*';
}
