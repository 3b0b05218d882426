/** What all bench cases share: the packaged application, the bare Electron beside it, one image, throw-away folders. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { randomBytes } from 'node:crypto';
import type { Workspace } from '../../main/workspace/model';
import { settingsVersion } from '../../main/workspace/model';
import { publicDefaults } from '../../main/workspace/provisioned';
import { defaultServerSettings } from '../../main/jupyter/model';
import { DebuggedProcess } from './devtools';
import { jsonOf } from './json';

export interface World {
  /** The packaged application's executable (the test artefact). */
  app: string;
  /** The bare window's executable, on the same Electron. */
  bare: string;
  /** Throw-away; everything of this run is below it. */
  root: string;
  /** Times each pair is measured. */
  pairs: number;
}

export interface Bench {
  userData: string;
  workspaces: Workspace[];
}

/** A settings file as the app would have written it, with `count` stopped workspaces of one kernel each, or as `changes` say. */
export async function settings(
  world: World,
  name: string,
  count: number,
  changes: Partial<Workspace> = {},
): Promise<Bench> {
  const userData = mkdtempSync(join(world.root, `${name}-`));
  const defaults = jsonOf(process.env.LABDOCK_DEFAULTS);
  const build = { ...publicDefaults.build, ...(defaults?.build as object | undefined) };
  const workspaces: Workspace[] = [];
  for (let i = 0; i < count; i++) {
    const folder = join(userData, 'folders', String(i));
    mkdirSync(folder, { recursive: true });
    workspaces.push({
      id: randomBytes(6).toString('hex'),
      name: `Bench ${i + 1}`,
      folder,
      target: { kind: 'local' },
      kernels: publicDefaults.kernels,
      image: { kind: 'build' },
      port: await freePort(),
      resources: { memoryMiB: 0, cpus: 0, gpu: 'none' },
      server: defaultServerSettings,
      cluster: null,
      wanted: 'stopped',
      ...changes,
    });
  }
  const preferences = { language: 'en', theme: 'light', onQuit: 'keep', engine: 'auto', build };
  writeFileSync(join(userData, 'settings.json'), JSON.stringify({ version: settingsVersion, preferences, workspaces }));
  return { userData, workspaces };
}

export const startApp = (world: World, bench: Bench, ...args: string[]): Promise<DebuggedProcess> =>
  DebuggedProcess.start(world.app, [...sandbox(), `--user-data-dir=${bench.userData}`, ...args], process.env);

export const startBare = (world: World, userData: string, ...args: string[]): Promise<DebuggedProcess> =>
  DebuggedProcess.start(world.bare, [...sandbox(), `--user-data=${userData}`, ...args], process.env);

/** Chromium refuses its sandbox to root; both sides run alike. */
const sandbox = () => (process.getuid?.() === 0 ? ['--no-sandbox'] : []);

export const docker = (...args: string[]): string =>
  execFileSync('docker', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).trim();

const containersOf = (id: string): string[] =>
  docker('ps', '-aq', '--filter', `label=io.labdock.workspace=${id}`).split('\n').filter(Boolean);

/** Stops and keeps the containers of these workspaces. */
export function stopServers(ids: string[]): void {
  for (const container of ids.flatMap(containersOf)) docker('stop', container);
}

/** Containers and HOME volumes of these workspaces, by label; nothing else is touched. */
export function removeServers(ids: string[]): void {
  for (const id of ids) {
    const filter = `label=io.labdock.workspace=${id}`;
    const containers = containersOf(id);
    if (containers.length) docker('rm', '-f', ...containers);
    const volumes = docker('volume', 'ls', '-q', '--filter', filter).split('\n').filter(Boolean);
    if (volumes.length) spawnSync('docker', ['volume', 'rm', ...volumes]);
  }
}

export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}

export async function withWorld<T>(parts: Omit<World, 'root'>, work: (world: World) => Promise<T>): Promise<T> {
  const root = mkdtempSync(join(tmpdir(), 'labdock-bench-'));
  try {
    return await work({ ...parts, root });
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}
