/** A pull: the engine fetches, Labdock hands it the user's credentials for that one registry. */
import type Docker from 'dockerode';
import { LabdockError, type Reason } from '../../common/problem';
import type { LongCall } from '../runtime';
import { registryProblem } from './buildErrors';
import { dial, wordsOf } from './engineCall';
import { problemFromWords } from './errors';
import { engineMessages } from './ndjson';
import { PullProgress } from './pullProgress';
import { credentialsFor, type AuthSources } from './registryAuth';

export interface PullOptions {
  auth: AuthSources;
  platform?: string | undefined;
  /** What it is called when the registry does not have it. */
  missing: Extract<Reason, 'base-not-found' | 'image-not-found'>;
}

/** Rejects with `missing`, `pull-denied`, `network-unreachable`, `disk-full`, `pull-failed`, `engine-gone`, `cancelled`. */
export async function pullImage(
  docker: Docker,
  reference: string,
  { signal, onProgress }: LongCall,
  { auth, platform, missing }: PullOptions,
): Promise<void> {
  const credentials = await credentialsFor(reference, auth, (line) => onProgress({ line }));
  const progress = new PullProgress();
  try {
    const answer = await dial(docker, {
      method: 'POST',
      path: '/images/create',
      query: { fromImage: withTag(reference), platform },
      auth: credentials,
      signal,
    });
    for await (const message of engineMessages(answer)) progress.push(message).forEach(onProgress);
    onProgress({ fraction: 1 });
  } catch (error) {
    if (signal.aborted) throw new LabdockError('cancelled', undefined, { cause: error });
    if (error instanceof LabdockError) throw error;
    const words = wordsOf(error);
    const known = registryProblem(words, reference, missing) ?? problemFromWords(words);
    const { reason, params } =
      known.reason === 'engine-error' ? { reason: 'pull-failed' as const, params: { reference } } : known;
    throw new LabdockError(reason, params, { detail: words, cause: error });
  }
}

/** Without tag or digest an engine pulls every tag there is. */
export function withTag(reference: string): string {
  const name = reference.slice(reference.lastIndexOf('/') + 1);
  return /[:@]/.test(name) ? reference : `${reference}:latest`;
}
