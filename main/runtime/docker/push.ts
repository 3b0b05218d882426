/** A push: the engine sends, Labdock hands it the user's credentials for that one registry. */
import type Docker from 'dockerode';
import { LabdockError } from '../../common/problem';
import type { LongCall } from '../runtime';
import { registryProblem } from './buildErrors';
import { ask } from './client';
import { dial, wordsOf } from './engineCall';
import { problemFromWords, statusCode } from './errors';
import { engineMessages, type EngineMessage } from './ndjson';
import { withTag } from './pull';
import { PushProgress } from './pushProgress';
import { credentialsFor, type AuthSources } from './registryAuth';

/** Engines want the header even where there is nothing to say. */
const nobody = {};

/**
 * Sends what `reference` names on the engine. Returns the manifest's digest in the registry (`sha256:…`).
 * Rejects with `push-denied`, `network-unreachable`, `disk-full`, `push-failed`, `engine-gone`, `cancelled`.
 */
export async function pushImage(
  docker: Docker,
  reference: string,
  { signal, onProgress }: LongCall,
  auth: AuthSources,
): Promise<string> {
  const { repository, tag } = splitReference(reference);
  const credentials = await credentialsFor(reference, auth, (line) => onProgress({ line }));
  const progress = new PushProgress();
  let digest: string | undefined;
  try {
    const answer = await dial(docker, {
      method: 'POST',
      path: `/images/${repository}/push`,
      query: { tag },
      auth: credentials ?? nobody,
      signal,
    });
    for await (const message of engineMessages(answer)) {
      progress.push(message).forEach(onProgress);
      digest = pushedDigest(message) ?? digest;
    }
  } catch (error) {
    if (signal.aborted) throw new LabdockError('cancelled', undefined, { cause: error });
    throw pushError(error, reference);
  }
  if (signal.aborted) throw new LabdockError('cancelled');
  if (!digest) throw new LabdockError('push-failed', { reference }, { detail: 'the engine named no digest' });
  onProgress({ fraction: 1 });
  return digest;
}

/** What the registry has under this name; null where it has none, or the engine cannot be asked (Podman). */
export async function digestAt(
  docker: Docker,
  reference: string,
  auth: AuthSources,
  signal?: AbortSignal,
): Promise<string | null> {
  const authconfig = (await credentialsFor(reference, auth)) ?? nobody;
  try {
    const answer: unknown = await ask(
      (abortSignal) => docker.getImage(withTag(reference)).distribution({ authconfig, abortSignal } as object),
      { signal },
    );
    const { Descriptor: descriptor } = answer as { Descriptor?: { digest?: unknown } };
    return typeof descriptor?.digest === 'string' ? descriptor.digest : null;
  } catch (error) {
    // Not there, not allowed, not reachable, not supported: the push that follows says which, and in whose words.
    if (statusCode(error) !== undefined) return null;
    throw error;
  }
}

/** Docker's `aux` object; Podman has the digest in its last sentence only, and a local one (of other bytes) in its inspect. */
export function pushedDigest({ aux, status }: EngineMessage): string | undefined {
  const { Digest: digest } = (aux ?? {}) as { Digest?: unknown };
  if (typeof digest === 'string' && /^sha256:[0-9a-f]{64}$/.test(digest)) return digest;
  return /: digest: (sha256:[0-9a-f]{64})(?: |$)/.exec(status ?? '')?.[1];
}

/** Rejects with `push-failed` for a digest: that names content, not a place. */
export function splitReference(reference: string): { repository: string; tag: string } {
  const full = withTag(reference);
  const colon = full.lastIndexOf(':');
  if (full.includes('@')) throw new LabdockError('push-failed', { reference }, { detail: 'a digest is no place' });
  return { repository: full.slice(0, colon), tag: full.slice(colon + 1) };
}

function pushError(error: unknown, reference: string): LabdockError {
  if (error instanceof LabdockError) return error;
  const words = wordsOf(error);
  const make = (problem: ReturnType<typeof problemFromWords>) =>
    new LabdockError(problem.reason, problem.params, { detail: words, cause: error });
  const known = registryProblem(words, reference, 'image-not-found') ?? problemFromWords(words);
  switch (known.reason) {
    case 'network-unreachable':
    case 'disk-full':
      return make(known);
    case 'pull-denied':
      return make({ reason: 'push-denied', params: { reference } });
    default:
      return make({ reason: 'push-failed', params: { reference } });
  }
}
