/** Files into and out of containers as tar, which is how engines take and give them. */
import { posix } from 'node:path';
import { extract, pack } from 'tar-stream';
import { LabdockError } from '../../common/problem';
import type { ServerFile } from '../runtime';

export interface Owner {
  uid: number;
  gid: number;
}

export interface ArchiveDirectory {
  path: string;
  mode: number;
  owner: Owner;
}

/** A tar to be unpacked at `/`. Ids are those inside the container; modes and ids arrive as given on Docker and Podman. */
export async function packFiles(
  files: ServerFile[],
  owner: Owner,
  directories: ArchiveDirectory[] = [],
): Promise<Buffer> {
  const archive = pack();
  for (const { path, mode, owner: own } of directories) {
    archive.entry({ name: `${relative(path)}/`, type: 'directory', mode, ...own });
  }
  for (const { path, content, mode } of files) archive.entry({ name: relative(path), mode, ...owner }, content);
  archive.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of archive) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

function relative(path: string): string {
  const normal = posix.normalize(path);
  if (!normal.startsWith('/') || normal === '/') throw new TypeError(`not an absolute path of a file: ${path}`);
  return normal.slice(1).replace(/\/$/, '');
}

/** Files read back are configurations and logs. */
const maxFileBytes = 16 * 1024 * 1024;

/** Content of the one regular file of an archive; null when it holds something else. Rejects above 16 MiB. */
export async function unpackFile(archive: NodeJS.ReadableStream): Promise<Buffer | null> {
  const entries = extract();
  archive.on('error', (error: Error) => entries.destroy(error));
  archive.pipe(entries);
  let content: Buffer | null = null;
  for await (const entry of entries) {
    const wanted = content === null && entry.header.type === 'file';
    if (wanted && (entry.header.size ?? 0) > maxFileBytes) {
      throw new LabdockError('engine-error', undefined, { detail: `${entry.header.name} is larger than 16 MiB` });
    }
    const chunks: Buffer[] = [];
    for await (const chunk of entry) if (wanted) chunks.push(chunk as Buffer);
    if (wanted) content = Buffer.concat(chunks);
  }
  return content;
}

/** Parent directories of the files from the outside in, without `/`. */
export function parentsOf(files: ServerFile[]): string[] {
  const found = new Set(files.flatMap(({ path }) => withParents(posix.dirname(posix.normalize(path)))));
  return [...found].sort((a, b) => a.split('/').length - b.split('/').length);
}

/** A directory and those around it, from the outside in, without `/`. */
export function withParents(directory: string): string[] {
  const parts = directory.split('/').filter(Boolean);
  return parts.map((_, index) => `/${parts.slice(0, index + 1).join('/')}`);
}
