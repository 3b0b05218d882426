/** The engines whose images are tested, each with a client, and what only a look from outside can tell. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type Docker from 'dockerode';
import { createClient } from '../../main/runtime/docker/client';
import { machineEngine } from './engine';
import { startPodman } from './podman';

export interface ImageEngine {
  docker: Docker;
  /** Its address, as DOCKER_HOST has it. */
  host: string;
  /** Ids of containers that builds left, those included that only Podman's own command lists. */
  buildContainers: () => Promise<string[]>;
  stop: () => Promise<void>;
}

export async function openEngine(name: 'docker' | 'podman'): Promise<ImageEngine> {
  if (name === 'docker') {
    const host = `unix://${await machineEngine()}`;
    const docker = createClient({ host });
    return {
      docker,
      host,
      // The engine is shared: only what comes from this test's images counts.
      buildContainers: async () => {
        const all = await docker.listContainers({ all: true });
        return all.filter(({ Command }) => Command.includes(buildMark)).map(({ Id }) => Id);
      },
      stop: () => Promise.resolve(),
    };
  }
  const folder = mkdtempSync(join(tmpdir(), 'labdock-registries-'));
  const registries = join(folder, 'registries.conf');
  // Docker takes a registry on the loopback over plain HTTP; Podman has to be told.
  writeFileSync(registries, '[[registry]]\nlocation = "127.0.0.1"\ninsecure = true\n');
  process.env['CONTAINERS_REGISTRIES_CONF'] = registries;
  const podman = await startPodman();
  const external = async () => (await podman.podman('ps', '-a', '--external', '-q')).split('\n').filter(Boolean);
  // The storage outlives runs: what one that was killed left behind is not this one's.
  const before = new Set(await external());
  const host = `unix://${podman.socket}`;
  return {
    docker: createClient({ host }),
    host,
    buildContainers: async () => (await external()).filter((id) => !before.has(id)),
    stop: async () => {
      await podman.stop();
      delete process.env['CONTAINERS_REGISTRIES_CONF'];
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Stands in the commands of tests' builds, so that their containers are known. */
export const buildMark = 'labdock-test-build';

/** Pids of processes of this machine with just this command line. */
export function processesWith(command: string[]): number[] {
  const wanted = `${command.join('\0')}\0`;
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8') === wanted;
      } catch {
        return false;
      }
    })
    .map(Number);
}

/** Removes images by name; those that are gone are no error. */
export async function removeImages(docker: Docker, names: string[]): Promise<void> {
  for (const name of names) {
    await docker
      .getImage(name)
      .remove({ force: true })
      .catch(() => undefined);
  }
}
