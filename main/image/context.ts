/** The build context as an uncompressed tar stream. The same recipe gives the same bytes: builders' caches depend on it. */
import { Readable } from 'node:stream';
import { pack, type Header } from 'tar-stream';
import type { ContextEntry } from './recipe';

/** Any fixed date does. */
const always = { mtime: new Date('2000-01-01T00:00:00Z'), uid: 0, gid: 0 };

export function contextTar(recipe: { files: readonly ContextEntry[] }): Readable {
  const tar = pack();
  for (const directory of directories(recipe.files)) tar.entry(directory);
  for (const { path: name, mode, content } of recipe.files) {
    if (content !== undefined) tar.entry({ ...always, name, mode }, content);
  }
  tar.finalize();
  // tar-stream's own stream is streamx's, which the rest of Node only nearly takes for one.
  return Readable.from(tar, { objectMode: false });
}

/** Every directory, parents first: one that is only implied gets a mode of the builder's choice. */
function directories(files: readonly ContextEntry[]): (Partial<Header> & { name: string })[] {
  const modes = new Map<string, number>();
  for (const { path, mode, content } of files) {
    const parts = path.split('/');
    for (let depth = 1; depth < parts.length; depth++) {
      const parent = parts.slice(0, depth).join('/');
      if (!modes.has(parent)) modes.set(parent, 0o755);
    }
    if (content === undefined) modes.set(path, mode);
  }
  return [...modes]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, mode]) => ({ ...always, name, mode, type: 'directory' }));
}
