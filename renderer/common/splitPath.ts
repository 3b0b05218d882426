/** Splits a path so that its middle can be shortened: the last part stays readable, the rest gives way. */
export function splitPath(path: string): { head: string; tail: string } {
  const trimmed = path.length > 1 ? path.replace(/[\\/]+$/, '') : path;
  const cut = Math.max(trimmed.lastIndexOf('/'), trimmed.lastIndexOf('\\'));
  if (cut <= 0) return { head: '', tail: trimmed || path };
  return { head: trimmed.slice(0, cut), tail: trimmed.slice(cut) };
}
