/**
 * Returns `next`, built from the parts of `previous` that did not change, so that React skips what stayed the same.
 * Every snapshot from main is a fresh copy; without this each one would redraw every row.
 * For JSON-like values only.
 */
export function reuse<T>(previous: unknown, next: T): T {
  if (Object.is(previous, next)) return next;
  if (Array.isArray(previous) && Array.isArray(next)) {
    const merged = next.map((value, index) => reuse(previous[index], value as unknown));
    const same = previous.length === merged.length && merged.every((value, index) => Object.is(value, previous[index]));
    return (same ? previous : merged) as T;
  }
  if (isRecord(previous) && isRecord(next)) {
    const keys = Object.keys(next);
    const merged = Object.fromEntries(keys.map((key) => [key, reuse(previous[key], next[key])]));
    const same =
      Object.keys(previous).length === keys.length &&
      keys.every((key) => key in previous && Object.is(previous[key], merged[key]));
    return (same ? previous : merged) as T;
  }
  return next;
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
