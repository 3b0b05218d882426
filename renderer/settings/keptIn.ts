import type { AppState } from '../../main/app/bridge/contract';

type Secrets = AppState['secrets'];

/** Where secrets are kept, as far as it has to be said; undefined: not known yet, or the problem says it itself. */
export function keptIn({ store, problem }: Secrets): Secrets['store'] | undefined {
  if (store === 'memory' && !problem) return undefined;
  return problem?.reason === 'keychain-memory-only' ? undefined : store;
}
