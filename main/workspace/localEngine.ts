/** Puts the docker room's parts together into the one engine the heart uses. Imported on first use: it brings dockerode. */
import { userInfo } from 'node:os';
import type { Problem } from '../common/problem';
import { ask, createClient } from '../runtime/docker/client';
import { discoverEngines, type Discovery } from '../runtime/docker/discovery';
import { DockerRuntime } from '../runtime/docker/dockerRuntime';
import { DockerImageStore } from '../runtime/docker/imageStore';
import { portHolder } from '../runtime/docker/ports';
import type { Preferences } from './model';
import type { HomeStore } from './move/home';
import type { Local } from './parts';
import type { EngineCandidate } from './state';

export interface EngineSearch {
  candidates: EngineCandidate[];
  chosen?: EngineCandidate;
  local?: Local;
  problem?: Problem;
}

export async function findEngine(choice: Preferences['engine']): Promise<EngineSearch> {
  const { engines, chosen, problem } = await discoverEngines({ choice });
  return {
    candidates: engines.map(({ candidate }) => candidate),
    ...(chosen && { chosen: chosen.candidate, local: localOn(chosen) }),
    ...(problem && { problem }),
  };
}

/** Beyond these, a copy of HOME is given up. */
const homeTimeoutMs = 300_000;

/** Times of engines are whole milliseconds, those of the mover seconds. */
function homeOf(runtime: DockerRuntime, id: string): HomeStore {
  return {
    async *read(wanted, limit) {
      for await (const file of runtime.readHome(id, wanted, limit, AbortSignal.timeout(homeTimeoutMs))) {
        if (file.content === null) yield file;
        else yield { path: file.path, mode: file.mode, mtime: file.mtimeMs / 1000, content: file.content };
      }
    },
    async write(files) {
      const given = async function* () {
        for await (const { path, mode, mtime, content } of files) yield { path, mode, mtimeMs: mtime * 1000, content };
      };
      await runtime.writeHome(id, given(), AbortSignal.timeout(homeTimeoutMs));
    },
  };
}

function localOn({ candidate, connection, traits: engine }: NonNullable<Discovery['chosen']>): Local {
  const client = createClient(connection);
  const { uid, gid } = userInfo();
  // Windows has no uid: -1.
  const runtime = new DockerRuntime({ client, engine, user: uid < 0 ? undefined : { uid, gid } });
  return {
    host: candidate.host,
    runtime,
    rootInside: runtime.rootInside,
    images: new DockerImageStore(client),
    home: (id) => homeOf(runtime, id),
    atRest: (id) => runtime.beyondImage(id),
    portHolder: async (port) => portHolder(port, await ask((abortSignal) => client.listContainers({ abortSignal }))),
    ping: async () => void (await ask(() => client.ping(), { timeoutMs: 5000 })),
  };
}
