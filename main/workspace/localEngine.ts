/** Puts the docker room's parts together into the one engine the heart uses. Imported on first use: it brings dockerode. */
import { userInfo } from 'node:os';
import type { Problem } from '../common/problem';
import { ask, createClient } from '../runtime/docker/client';
import { DockerRuntime } from '../runtime/docker/dockerRuntime';
import { engineTraits, type InfoAnswer, type VersionAnswer } from '../runtime/docker/engineTraits';
import { DockerImageStore } from '../runtime/docker/imageStore';
import { portHolder } from '../runtime/docker/ports';
import type { Preferences } from './model';
import type { Local } from './parts';
import type { EngineCandidate } from './state';

export interface FoundEngine {
  candidates: EngineCandidate[];
  chosen?: EngineCandidate;
  local?: Local;
  problem?: Problem;
}

export async function findEngine(preference: Preferences['engine']): Promise<FoundEngine> {
  const host = preference === 'auto' ? (process.env.DOCKER_HOST ?? 'unix:///var/run/docker.sock') : preference;
  const client = createClient({ host });
  const version = await ask<VersionAnswer>(() => client.version() as Promise<VersionAnswer>);
  const info = await ask<InfoAnswer>(() => client.info() as Promise<InfoAnswer>);
  const engine = engineTraits(version, info, process.platform);
  const chosen: EngineCandidate = { host, source: 'setting', info: engine };
  const { uid, gid } = userInfo();
  const runtime = new DockerRuntime({ client, engine, user: uid < 0 ? undefined : { uid, gid } });
  return {
    candidates: [chosen],
    chosen,
    local: {
      host,
      runtime,
      rootInside: runtime.rootInside,
      images: new DockerImageStore(client),
      portHolder: async (port) => portHolder(port, await ask((abortSignal) => client.listContainers({ abortSignal }))),
      ping: async () => void (await ask(() => client.ping(), { timeoutMs: 5000 })),
    },
  };
}
