/** A map of keys and values as rows a person edits: rows may be empty or double for a while, a map never is. Pure. */

export interface Row {
  /** Its own for as long as the editor lives, so that the focus stays where it is. */
  id: number;
  key: string;
  value: string;
}

/** Rows without anything in them count for nothing; of two with one key, the first does. */
export function toMap(rows: readonly Row[]): Record<string, string> {
  const map: Record<string, string> = {};
  for (const { key, value } of rows) {
    if (key === '' && value === '') continue;
    if (!Object.hasOwn(map, key)) map[key] = value;
  }
  return map;
}

/** Rows whose key an earlier row has already. */
export function doubles(rows: readonly Row[]): Set<number> {
  const seen = new Set<string>();
  const found = new Set<number>();
  for (const { id, key, value } of rows) {
    if (key === '' && value === '') continue;
    if (seen.has(key)) found.add(id);
    seen.add(key);
  }
  return found;
}

export function sameMap(a: Record<string, string>, b: Record<string, string>): boolean {
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => Object.hasOwn(b, key) && a[key] === b[key]);
}

/** `a=b` or `a: b`, as pasted from a manifest or a command, is both at once. */
export function splitPair(text: string): { key: string; value: string } | undefined {
  const match = /^\s*([A-Za-z0-9][\w./-]*)\s*(?:=|:\s)\s*(\S.*?)\s*$/.exec(text);
  if (!match?.[1] || match[2] === undefined) return undefined;
  return { key: match[1], value: match[2].replace(/^(["'])(.*)\1$/, '$2') };
}
