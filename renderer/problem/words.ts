/** From a problem to its words: the most telling variant whose parameters are all known. */
import type { Problem } from '../../main/app/bridge/contract';

export type Field = 'title' | 'cause' | 'next';
/** Entry of problems.json: `title`, `cause`, `next`, and variants such as `cause_holder` that need parameters. */
export type Entry = Readonly<Record<string, string>>;
export type Params = NonNullable<Problem['params']>;

export function placeholders(text: string): string[] {
  return [...text.matchAll(/\{\{\s*(\w+)\s*\}\}/g)].map((match) => match[1] ?? '');
}

const known = (params: Params, name: string) => params[name] !== undefined && params[name] !== '';

/** Key of the variant to speak, or undefined when the entry has no words for the field. */
export function pickVariant(entry: Entry, field: Field, params: Params = {}): string | undefined {
  const candidates = Object.keys(entry).filter((key) => key === field || key.startsWith(`${field}_`));
  const needs = (key: string) => new Set(placeholders(entry[key] ?? ''));
  const speakable = candidates.filter((key) => [...needs(key)].every((name) => known(params, name)));
  speakable.sort((a, b) => needs(b).size - needs(a).size || a.localeCompare(b));
  return speakable[0] ?? candidates[0];
}
