/** Where an engine candidate comes from, as a person would call it. Pure. */
import type { EngineCandidate } from '../../main/app/bridge/contract';

/** `well-known:Podman` is `Podman`, `context:build` is `build`; `DOCKER_HOST` and others stay as they are. */
export function sourceName({ source }: Pick<EngineCandidate, 'source'>): string {
  return /^(?:well-known|context):(.+)$/.exec(source)?.[1] ?? source;
}
