import { readFileSync } from 'node:fs';

/** A JSON file's object, or undefined without a path. Throws when it is broken: a bench on wrong defaults says nothing. */
export function jsonOf(path: string | undefined): Record<string, unknown> | undefined {
  return path ? (JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>) : undefined;
}
