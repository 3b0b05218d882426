/**
 * Files of a HOME volume, read and written through the server's container, running or not: engines mount a container's
 * volumes for as long as a copy takes. Links are neither read nor followed: a link in HOME may lead to the user's folder.
 */
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, posix } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type Docker from 'dockerode';
import { extract, pack } from 'tar-stream';
import { LabdockError } from '../../common/problem';
import { paths, type HomeFile, type LargeHomeFile } from '../runtime';
import { ask } from './client';
import { engineError } from './errors';
import { orNull } from './ownContainers';
import type { Owner } from './serverFiles';

const copyMs = 600_000;

/**
 * Regular files at these paths (relative to HOME; folders with all that is in them), one at a time. What is not there or a
 * link yields nothing; a file larger than `limit` bytes comes without its content.
 */
export async function* readHome(
  container: Docker.Container,
  wanted: readonly string[],
  limit: number,
  signal: AbortSignal,
): AsyncGenerator<HomeFile | LargeHomeFile> {
  const kinds = new Kinds(container, signal);
  for (const path of wanted.map(inside)) {
    const kind = await kinds.of(path);
    if (kind !== 'folder' && kind !== 'file') continue;
    // Fetched to its end before anybody sees of it: until then Docker answers nothing else about the container.
    const folder = await mkdtemp(join(tmpdir(), 'labdock-home-'));
    try {
      const copy = join(folder, 'home.tar');
      if (await fetchArchive(container, path, copy, signal)) yield* filesOf(copy, posix.dirname(path), limit);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }
}

/** false: it went away meanwhile. */
async function fetchArchive(container: Docker.Container, path: string, copy: string, signal: AbortSignal) {
  const get = (abortSignal: AbortSignal) =>
    orNull(container.getArchive({ path: posix.join(paths.home, path), abortSignal }));
  const archive = await ask(get, { signal, timeoutMs: copyMs });
  if (!archive) return false;
  try {
    await pipeline(archive, createWriteStream(copy, { mode: 0o600 }), { signal });
  } catch (error) {
    if (signal.aborted) throw new LabdockError('cancelled', undefined, { cause: error });
    throw engineError(error);
  }
  return true;
}

async function* filesOf(copy: string, folder: string, limit: number): AsyncGenerator<HomeFile | LargeHomeFile> {
  const entries = extract();
  const source = createReadStream(copy);
  source.on('error', (error) => entries.destroy(error));
  source.pipe(entries);
  try {
    for await (const entry of entries) {
      const { header } = entry;
      const size = header.size ?? 0;
      const path = header.type === 'file' ? inside(posix.join(folder, header.name)) : '';
      const chunks: Buffer[] = [];
      for await (const chunk of entry) if (path && size <= limit) chunks.push(chunk as Buffer);
      if (!path) continue;
      if (size > limit) {
        yield { path, size, content: null };
        continue;
      }
      const mode = (header.mode ?? 0o644) & 0o777;
      yield { path, mode, mtimeMs: header.mtime?.getTime() ?? 0, content: Buffer.concat(chunks) };
    }
  } catch (error) {
    // A connection that ended too early ends like one that is done.
    throw engineError(error);
  } finally {
    source.destroy();
  }
}

/** Bytes of files sent as one archive. */
const batchBytes = 8 * 1024 * 1024;

/**
 * Writes the files over what is there, whole seconds of their times kept. Folders that are missing are made. A file whose
 * way leads through a link, or to a folder of its name, is left out and returned. Holds some 8 MiB, or one file, at a time.
 */
export async function writeHome(
  container: Docker.Container,
  owner: Owner,
  files: AsyncIterable<HomeFile> | Iterable<HomeFile>,
  signal: AbortSignal,
): Promise<{ skipped: string[] }> {
  const kinds = new Kinds(container, signal);
  const skipped: string[] = [];
  // Looked at before it is sent: during a copy Docker answers nothing else about the container.
  let batch = new Batch(owner);
  for await (const file of files) {
    if (signal.aborted) throw new LabdockError('cancelled');
    const path = inside(file.path);
    const missing = await missingFolders(path, kinds);
    const target = missing?.length === 0 ? await kinds.of(path) : 'missing';
    if (!missing || (target !== 'missing' && target !== 'file')) {
      skipped.push(path);
      continue;
    }
    for (const folder of missing) {
      batch.addFolder(folder);
      kinds.made(folder);
    }
    batch.addFile(path, file);
    if (batch.bytes < batchBytes) continue;
    await batch.send(container, signal);
    batch = new Batch(owner);
  }
  await batch.send(container, signal);
  return { skipped };
}

class Batch {
  readonly #tar = pack();
  /** Counted with what a tar spends on each. */
  bytes = 0;
  constructor(private readonly owner: Owner) {}

  addFolder(path: string): void {
    this.#tar.entry({ name: `${path}/`, type: 'directory', mode: 0o755, ...this.owner });
    this.bytes += 1024;
  }

  addFile(path: string, { mode, mtimeMs, content }: HomeFile): void {
    this.#tar.entry({ name: path, mode: mode & 0o777, mtime: new Date(mtimeMs), ...this.owner }, content);
    this.bytes += 1024 + content.length;
  }

  async send(container: Docker.Container, signal: AbortSignal): Promise<void> {
    if (this.bytes === 0) return;
    this.#tar.finalize();
    const chunks: Buffer[] = [];
    for await (const chunk of this.#tar) chunks.push(chunk as Buffer);
    const archive = Buffer.concat(chunks);
    // At HOME, not at `/`: there Podman would write beside a volume that is not mounted yet.
    await ask((abortSignal) => container.putArchive(archive, { path: paths.home, abortSignal }), {
      signal,
      timeoutMs: copyMs,
    });
  }
}

/** Those of its parents that are not there, from the outside in; null where one is no folder. */
async function missingFolders(path: string, kinds: Kinds): Promise<string[] | null> {
  const missing: string[] = [];
  const parts = posix
    .dirname(path)
    .split('/')
    .filter((part) => part !== '.');
  for (let depth = 1; depth <= parts.length; depth += 1) {
    const folder = parts.slice(0, depth).join('/');
    const kind = missing.length > 0 ? 'missing' : await kinds.of(folder);
    if (kind === 'missing') missing.push(folder);
    else if (kind !== 'folder') return null;
  }
  return missing;
}

/** A normal relative path. Throws for one that leads out of HOME: no caller means that. */
function inside(path: string): string {
  const normal = posix.normalize(path).replace(/\/$/, '');
  if (
    normal === '.' ||
    normal === '..' ||
    normal.startsWith('../') ||
    normal.startsWith('/') ||
    normal.includes('\0')
  ) {
    throw new TypeError(`not a path in HOME: ${path}`);
  }
  return normal;
}

type Kind = 'folder' | 'file' | 'link' | 'other' | 'missing';

/** What is at a path, every part of the way looked at once. An engine takes its time for each: it mounts the container. */
class Kinds {
  readonly #known = new Map<string, Kind>();
  constructor(
    private readonly container: Docker.Container,
    private readonly signal: AbortSignal,
  ) {}

  async of(path: string): Promise<Kind> {
    const parent = posix.dirname(path);
    if (parent !== '.') {
      const above = await this.of(parent);
      if (above !== 'folder') return above === 'missing' ? 'missing' : 'other';
    }
    const known = this.#known.get(path);
    if (known) return known;
    const kind = await this.#look(path);
    this.#known.set(path, kind);
    return kind;
  }

  made(folder: string): void {
    this.#known.set(folder, 'folder');
  }

  async #look(path: string): Promise<Kind> {
    const full = posix.join(paths.home, path);
    const answer = (await orNull(
      ask((abortSignal) => this.container.infoArchive({ path: full, abortSignal }) as Promise<unknown>, {
        signal: this.signal,
      }),
    )) as { headers: Record<string, string | undefined>; resume(): void } | null;
    if (!answer) return 'missing';
    answer.resume();
    return kindOf(full, answer.headers['x-docker-container-path-stat'] ?? '');
  }
}

/** From the header `X-Docker-Container-Path-Stat`: base64 JSON with Go's FileMode. */
export function kindOf(path: string, header: string): Kind {
  let stat: { mode?: unknown; linkTarget?: unknown };
  try {
    stat = JSON.parse(Buffer.from(header, 'base64').toString('utf8')) as typeof stat;
  } catch {
    return 'other';
  }
  const { mode, linkTarget } = stat;
  if (typeof mode !== 'number') return 'other';
  const bit = (n: number) => Math.floor(mode / 2 ** n) % 2 === 1;
  // Docker tells of the link itself; Podman of what it leads to, and where that is, for everything.
  if (bit(27) || (typeof linkTarget === 'string' && linkTarget !== '' && linkTarget !== path)) return 'link';
  if (bit(31)) return 'folder';
  // Devices, pipes, sockets, irregular.
  return [26, 25, 24, 21, 19].some(bit) ? 'other' : 'file';
}
