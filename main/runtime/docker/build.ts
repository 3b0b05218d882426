/** One build on one engine: BuildKit where the engine has it, the classic builder (or Podman's) everywhere else. */
import type { Readable } from 'node:stream';
import type Docker from 'dockerode';
import { LabdockError } from '../../common/problem';
import type { BuildRequest, LongCall } from '../runtime';
import { buildkitRefused, buildProblem } from './buildErrors';
import { imageId } from './buildkit';
import { BuildkitReader, ClassicReader, type BuildReader } from './buildProgress';
import { dial, builderTraits, wordsOf, type BuilderTraits } from './engineCall';
import { endPodmanStep } from './podmanStep';
import { engineMessages, EngineStreamError, type EngineMessage } from './ndjson';

export type Builder = 'buildkit' | 'classic';

export interface BuildOptions {
  traits: BuilderTraits;
  /** undefined: BuildKit if the engine has it, with the classic builder as the way out. */
  builder?: Builder | undefined;
}

/**
 * BuildKit came with API 1.39. Engines before 23.0 do not name it as their preference (no header) but have it; `1` means
 * that someone switched it off.
 */
export function hasBuildkit({ podman, builder, api, windows }: BuilderTraits): boolean {
  return !podman && !windows && builder !== '1' && api >= 39;
}

/** Returns the image's id. Rejects as `ImageStore.build` says. */
export async function buildImage(
  docker: Docker,
  request: BuildRequest,
  call: LongCall,
  { traits, builder }: BuildOptions,
): Promise<string> {
  const first = builder ?? (hasBuildkit(traits) ? 'buildkit' : 'classic');
  try {
    return await attempt(docker, request, call, first, traits);
  } catch (error) {
    if (first !== 'buildkit' || builder || !(error instanceof BuildkitRefused)) throw error;
    call.onProgress({ line: `BuildKit: ${error.message}` });
    call.onProgress({ line: 'Trying again with the classic builder' });
    return await attempt(docker, request, call, 'classic', traits);
  }
}

/** Not the Dockerfile's fault; `problem` is there for a caller that asked for BuildKit and nothing else. */
class BuildkitRefused extends LabdockError {}

async function attempt(
  docker: Docker,
  request: BuildRequest,
  { signal, onProgress }: LongCall,
  builder: Builder,
  traits: BuilderTraits,
): Promise<string> {
  const reader: BuildReader = builder === 'buildkit' ? new BuildkitReader() : new ClassicReader();
  const mark = traits.podman ? endPodmanStep.mark() : undefined;
  const context: Readable = request.context();
  let id: string | undefined;
  try {
    const answer = await dial(docker, {
      method: 'POST',
      path: '/build',
      query: {
        t: request.name,
        rm: true,
        forcerm: true,
        buildargs: request.buildArgs,
        labels: request.labels,
        platform: request.platform,
        ...(builder === 'buildkit' && { version: '2' }),
        // Podman keeps each step for the next build only when asked.
        ...(traits.podman && { layers: true }),
        ...(mark && { extrahosts: JSON.stringify([mark.host]) }),
      },
      body: context,
      signal,
    });
    for await (const message of engineMessages(answer)) {
      id = builtId(message) ?? id;
      for (const progress of reader.push(message)) onProgress(progress);
    }
  } catch (error) {
    if (signal.aborted) {
      if (mark) await endPodmanStep.end(mark);
      throw new LabdockError('cancelled', undefined, { cause: error });
    }
    throw await explain(docker, error, reader, builder);
  } finally {
    context.destroy();
  }
  if (id === undefined) {
    throw new LabdockError('engine-gone', undefined, { detail: 'the build ended without a word of its result' });
  }
  return id;
}

function builtId({ id, aux }: EngineMessage): string | undefined {
  if (id !== undefined && id !== imageId) return undefined;
  const value = (aux as { ID?: unknown } | undefined)?.ID;
  return typeof value === 'string' ? value : undefined;
}

async function explain(docker: Docker, error: unknown, reader: BuildReader, builder: Builder): Promise<LabdockError> {
  if (error instanceof LabdockError) return error;
  const words = error instanceof EngineStreamError || error instanceof Error ? wordsOf(error) : String(error);
  const { reason, params, detail } = buildProblem({ words, step: reader.stepOf(words), tail: reader.tail });
  const Kind = builder === 'buildkit' && buildkitRefused(words) ? BuildkitRefused : LabdockError;
  if (reason === 'build-failed' && Kind === LabdockError && (await isGone(docker))) {
    // An engine that is stopped in order ends its builds with a sentence like any other failure.
    return new LabdockError('engine-gone', undefined, { ...(detail && { detail }), cause: error });
  }
  return new Kind(reason, params, { ...(detail && { detail }), cause: error });
}

async function isGone(docker: Docker): Promise<boolean> {
  try {
    await builderTraits(docker, AbortSignal.timeout(5_000));
    return false;
  } catch {
    return true;
  }
}
