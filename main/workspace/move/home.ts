/**
 * What of HOME goes along: Lab's settings and layout, IPython's history and start-up files, and the trust in notebooks.
 * `notebook_secret` is the key of those signatures, without which they mean nothing elsewhere; the server's cookie secret is
 * another file, and stays. Each file is replaced as a whole, the old one goes to the trash in HOME's own `.labdock`.
 * On this computer HOME is a volume inside a container, which only its runtime can reach: hence {@link HomeStore}.
 */
import { createHash } from 'node:crypto';
import { mkdir, readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import type { LeftOut } from '../state';
import type { AgentSession } from './agentSession';
import { commitFar, filesFar } from './far';
import { headBytes, jsonFrame, putHead, textFrame } from './frames';
import { jsonLine } from './lines';
import { pieceBytes, smallBytes } from './localRead';
import { ownPath } from './localSide';
import type { JournalHead, Put } from './model';
import { receivePuts } from './receive';
import { batchFrame } from './send';

export interface HomeFile {
  /** Relative to HOME, with `/`. */
  path: string;
  /** Permission bits. */
  mode: number;
  /** Seconds since 1970. */
  mtime: number;
  content: Buffer;
}

/** HOME on this computer's side. */
export interface HomeStore {
  /** The regular files at or below these paths, one at a time; what is absent yields nothing. Larger than `limit` bytes: without content, see `size`. */
  read(
    paths: readonly string[],
    limit: number,
  ): AsyncIterable<HomeFile | { path: string; size: number; content: null }>;
  /** Writes files and the folders around them, owned by whoever the server runs as. */
  write(files: AsyncIterable<HomeFile>): Promise<void>;
}

/** In order of worth: where the bound is met, the last ones stay behind. */
export const homePaths = [
  '.jupyter/lab/user-settings',
  '.jupyter/lab/workspaces',
  '.local/share/jupyter/notebook_secret',
  '.local/share/jupyter/nbsignatures.db',
  '.ipython/profile_default/startup',
  '.ipython/profile_default/history.sqlite',
] as const;

/** Bytes: of one file (it is held in memory once), and of all. */
export const homeFileLimit = 64 * 1024 * 1024;
export const homeLimit = 256 * 1024 * 1024;

const tree = 'home';
const sha256 = (content: Buffer) => createHash('sha256').update(content).digest('hex');
const left = (file: string, bytes: number): LeftOut => ({ path: `~/${file}`, bytes, why: 'too-large' });

export interface HomeMove {
  files: number;
  leftOut: LeftOut[];
  /** Makes it take effect; harmless where nothing is to be done. */
  commit(): Promise<void>;
}

export interface HomeRequest {
  session: AgentSession;
  home: HomeStore;
  farHome: string;
  workspace: string;
  /** Relative, as the move's. */
  trash: string;
  label: string;
  move: string;
  signal: AbortSignal;
}

/** Carries this computer's HOME into the cluster's staging. */
export async function homeToCluster(request: HomeRequest): Promise<HomeMove> {
  const { session, home, trash, label, move, signal } = request;
  const leftOut: LeftOut[] = [];
  if (!(await openHome(request))) return { files: 0, leftOut, commit: async () => undefined };
  const known = new Map((await filesFar(session, tree, homePaths, homeFileLimit)).map((file) => [file.path, file]));
  await session.request({ op: 'begin', tree });
  const head: JournalHead = { version: 1, move, base: '', label };
  let journal = jsonLine(head);
  let number = 0;
  let total = 0;
  for await (const file of home.read(homePaths, homeFileLimit)) {
    signal.throwIfAborted();
    if (file.content === null || total + file.content.length > homeLimit) {
      leftOut.push(left(file.path, file.content === null ? file.size : file.content.length));
      continue;
    }
    total += file.content.length;
    const hash = sha256(file.content);
    if (known.get(file.path)?.hash === hash) continue;
    await sendBuffer(session, number, file, hash);
    const folder = path.posix.dirname(file.path);
    if (folder !== '.') journal += jsonLine(['mkdir', folder, -1]);
    journal += jsonLine(['put', number, file.path, `${trash}/${file.path}`, '']);
    number += 1;
  }
  if (number) await session.write(textFrame('L', journal));
  const commit = async () => {
    if (number) await commitFar(session, tree);
  };
  return { files: number, leftOut, commit };
}

async function sendBuffer(session: AgentSession, number: number, file: HomeFile, hash: string): Promise<void> {
  const mtimeNs = String(Math.round(file.mtime * 1e6) * 1000);
  const row = [number, 'f', file.content.length, file.mode & 0o777, mtimeNs, hash];
  if (file.content.length <= smallBytes) return session.write(batchFrame([row], [file.content]));
  await session.write(jsonFrame('F', [number, file.content.length]));
  for (let start = 0; start < file.content.length; start += pieceBytes) {
    const piece = file.content.subarray(start, start + pieceBytes);
    const frame = Buffer.allocUnsafe(headBytes + piece.length);
    putHead(frame, 'D', piece.length);
    piece.copy(frame, headBytes);
    await session.write(frame);
  }
  await session.write(jsonFrame('E', row));
}

/** Carries the cluster's HOME into this computer's staging (the folder's `.labdock`), and from there into the store. */
export async function homeToLocal(request: HomeRequest, root: string): Promise<HomeMove> {
  const { session, home, trash, signal } = request;
  const leftOut: LeftOut[] = [];
  const nothing = { files: 0, leftOut, commit: async () => undefined };
  if (!(await openHome(request))) return nothing;
  const mine = new Map<string, string>();
  for await (const file of home.read(homePaths, homeFileLimit)) {
    signal.throwIfAborted();
    mine.set(file.path, file.content === null ? '' : sha256(file.content));
  }
  let total = 0;
  const puts: Put[] = [];
  for (const { path: file, size, mode, mtimeNs, hash } of await filesFar(session, tree, homePaths, homeFileLimit)) {
    if (hash === null || total + size > homeLimit) {
      leftOut.push(left(file, size));
      continue;
    }
    total += size;
    if (mine.get(file) === hash) continue;
    const entry = { path: file, kind: 'f' as const, mode, size, mtimeNs, signature: '', hash };
    puts.push({ number: puts.length, entry, keep: '', expected: '' });
  }
  if (!puts.length) return nothing;
  const staging = homeStaging(root);
  await rm(staging, { recursive: true, force: true });
  await mkdir(staging, { recursive: true, mode: 0o700 });
  const sent = await receivePuts(session, tree, root, staging, puts, { signal, onProgress: () => undefined });
  const arrived = puts.filter(({ number }) => sent.get(number)?.kind === 'file');
  const commit = async () => {
    const replaced = arrived.map(({ entry }) => entry.path).filter((file) => mine.has(file));
    if (replaced.length) await home.write(inTrash(home, replaced, trash));
    await home.write(staged(staging, arrived));
    await rm(staging, { recursive: true, force: true });
  };
  return { files: arrived.length, leftOut, commit };
}

export const homeStaging = (root: string) => ownPath(root, 'staging-home');

async function* inTrash(home: HomeStore, paths: readonly string[], trash: string): AsyncGenerator<HomeFile> {
  for await (const file of home.read(paths, homeFileLimit))
    if (file.content !== null) yield { ...file, path: `${trash}/${file.path}` };
}

async function* staged(staging: string, puts: readonly Put[]): AsyncGenerator<HomeFile> {
  for (const { number, entry } of puts) {
    const content = await readFile(path.join(staging, String(number)));
    yield { path: entry.path, mode: entry.mode, mtime: Number(entry.mtimeNs) / 1e9, content };
  }
}

/** False where there is no HOME over there. */
async function openHome({ session, farHome, workspace }: HomeRequest): Promise<boolean> {
  const answer = await session.request({ op: 'open', tree, root: farHome, workspace, write: true, optional: true });
  return answer['missing'] !== true;
}
