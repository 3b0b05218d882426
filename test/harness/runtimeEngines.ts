/** The engines that servers are tested on, each with a runtime that acts for an ordinary user, and ways around it. */
import { chownSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { randomBytes } from 'node:crypto';
import type Docker from 'dockerode';
import { createClient } from '../../main/runtime/docker/client';
import { askEngine } from '../../main/runtime/docker/discovery';
import { DockerRuntime } from '../../main/runtime/docker/dockerRuntime';
import type { EngineTraits } from '../../main/runtime/docker/engineTraits';
import { labels, type LogLine, type ServerSpec } from '../../main/runtime/runtime';
import { machineEngine } from './engine';
import { startPodman } from './podman';
import { putTinyImage } from './tinyImage';

/** Neither root nor the uid images like best. */
export const person = { uid: 1234, gid: 1235 };
export const serverImage = 'labdock-test/server:tiny';

export interface RuntimeEngine {
  client: Docker;
  traits: EngineTraits;
  runtime: DockerRuntime;
  /** A server that runs `script` in the tiny image; give what differs. */
  spec(script: string, changes?: Partial<ServerSpec>): Promise<ServerSpec>;
  /** Removes what the specs of this run made, and no more. */
  clean(): Promise<void>;
  close(): Promise<void>;
}

export async function openRuntime(name: 'docker' | 'podman'): Promise<RuntimeEngine> {
  if (name === 'docker') return runtimeOn(await machineEngine());
  const podman = await startPodman();
  return runtimeOn(podman.socket, podman.stop);
}

export async function runtimeOn(socket: string, stop: () => Promise<void> = async () => {}): Promise<RuntimeEngine> {
  const connection = { host: `unix://${socket}` };
  const client = createClient(connection);
  const traits = await askEngine(connection);
  await putTinyImage(client, serverImage);
  const image = (await client.getImage(serverImage).inspect()).Id;
  const runtime = new DockerRuntime({ client, engine: traits, user: person });
  const root = mkdtempSync(join(tmpdir(), 'labdock-server-'));
  const ids = new Set<string>();
  const clean = async () => {
    for (const id of ids) {
      await runtime.remove(id);
      await runtime.removeHome(id);
    }
    ids.clear();
  };
  return {
    client,
    traits,
    runtime,
    spec: async (script, changes = {}) => {
      const workspaceId = changes.workspaceId ?? newId();
      ids.add(workspaceId);
      return {
        workspaceId,
        workspaceName: 'Test lab',
        image,
        configHash: randomBytes(16).toString('hex'),
        command: ['/bin/sh', '-c', script],
        init: false,
        env: {},
        folder: changes.folder ?? folderIn(root, workspaceId),
        port: await freePort(),
        resources: { memoryMiB: 0, cpus: 0, gpu: 'none' },
        allowRoot: false,
        ...changes,
      };
    },
    clean,
    close: async () => {
      await clean();
      rmSync(root, { recursive: true, force: true });
      await stop();
    },
  };
}

export const newId = () => randomBytes(6).toString('hex');

/** A folder of the person's. */
export function folderIn(root: string, name: string): string {
  const folder = join(root, name);
  mkdirSync(folder, { recursive: true });
  chownSync(folder, person.uid, person.gid);
  return folder;
}

export async function freePort(): Promise<number> {
  const server = await listenOn(0);
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

export function listenOn(port: number, host = '127.0.0.1'): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.destroy());
    server.once('error', reject);
    server.listen(port, host, () => resolve(server));
  });
}

/** Everything a server printed until it ended or `milliseconds` passed. */
export async function logOf(runtime: DockerRuntime, id: string, milliseconds = 5_000): Promise<LogLine[]> {
  const lines: LogLine[] = [];
  const signal = AbortSignal.timeout(milliseconds);
  await runtime.followLogs(id, (line) => lines.push(line), { tail: 10_000, signal });
  return lines;
}

/** Creates and starts. */
export async function launch({ runtime }: RuntimeEngine, spec: ServerSpec): Promise<void> {
  const { signal } = new AbortController();
  await runtime.create(spec, signal);
  await runtime.start(spec.workspaceId, signal);
}

/** Waits until the server has ended by itself. */
export async function ended({ client }: RuntimeEngine, spec: ServerSpec): Promise<void> {
  const [container] = await client.listContainers({
    all: true,
    filters: { label: [`${labels.workspace}=${spec.workspaceId}`] },
  });
  await client.getContainer(container!.Id).wait();
}
