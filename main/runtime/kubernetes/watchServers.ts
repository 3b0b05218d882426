/** Tells when something of ours changed in a namespace, and when its API server comes and goes. Truth is read elsewhere. */
import { toProblem, type Problem } from '../../common/problem';
import { labels } from '../runtime';
import { theirs } from './route/routeProblem';
import { keepWatching, type Ask, type WatchedObject, type WatchHandler } from './watch';

export interface ServerListener {
  onChange: (workspaceId: string | null) => void;
  /** @param problem what a person has to mend until it is, told again when that is something else; none: it is away */
  onAvailability: (available: boolean, problem?: Problem) => void;
}

/** Deployments and pods with our label: all that a server's state is made of. */
export function watchServers(ask: Ask, namespace: string, listener: ServerListener): { dispose(): void } {
  const abort = new AbortController();
  const { signal } = abort;
  let told: string | undefined;
  const tell = (available: boolean, problem?: Problem) => {
    const now = problem?.reason ?? String(available);
    if (signal.aborted || told === now) return;
    told = now;
    listener.onAvailability(available, problem);
  };
  /** Watches that hear something. */
  const alive = new Set<string>();
  const handlerOf = (path: string): WatchHandler<WatchedObject> => ({
    synced: () => {
      alive.add(path);
      tell(true);
      if (!signal.aborted) listener.onChange(null);
    },
    changed: (_, { metadata }) => {
      const id = metadata?.labels?.[labels.workspace];
      if (id !== undefined && !signal.aborted) listener.onChange(id);
    },
    failed: (error) => {
      alive.delete(path);
      // The others hear the same API server: one that is late to come back does not make it go away again.
      if (alive.size > 0) return;
      const problem = toProblem(error);
      tell(answers(problem), theirs.has(problem.reason) && !answers(problem) ? problem : undefined);
    },
  });
  const query = { labelSelector: labels.workspace };
  for (const path of [`/apis/apps/v1/namespaces/${namespace}/deployments`, `/api/v1/namespaces/${namespace}/pods`])
    void keepWatching(ask, handlerOf(path), { path, query, signal });
  return { dispose: () => abort.abort() };
}

/** A refusal is an answer: the API server is there, whatever this user may not do. Without credentials nothing can be done. */
function answers({ reason }: Problem): boolean {
  return reason === 'cluster-forbidden';
}
