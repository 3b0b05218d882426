/** Tells when something of ours changed in a namespace, and when its API server comes and goes. Truth is read elsewhere. */
import { toProblem } from '../../common/problem';
import { labels } from '../runtime';
import { keepWatching, type Ask, type WatchedObject, type WatchHandler } from './watch';

export interface ServerListener {
  onChange: (workspaceId: string | null) => void;
  onAvailability: (available: boolean) => void;
}

/** Deployments and pods with our label: all that a server's state is made of. */
export function watchServers(ask: Ask, namespace: string, listener: ServerListener): { dispose(): void } {
  const abort = new AbortController();
  const { signal } = abort;
  let available: boolean | undefined;
  const tell = (now: boolean) => {
    if (signal.aborted || available === now) return;
    available = now;
    listener.onAvailability(now);
  };
  const handler: WatchHandler<WatchedObject> = {
    synced: () => {
      tell(true);
      if (!signal.aborted) listener.onChange(null);
    },
    changed: (_, { metadata }) => {
      const id = metadata?.labels?.[labels.workspace];
      if (id !== undefined && !signal.aborted) listener.onChange(id);
    },
    failed: (error) => tell(answers(error)),
  };
  const query = { labelSelector: labels.workspace };
  for (const path of [`/apis/apps/v1/namespaces/${namespace}/deployments`, `/api/v1/namespaces/${namespace}/pods`])
    void keepWatching(ask, handler, { path, query, signal });
  return { dispose: () => abort.abort() };
}

/** A refusal is an answer: the API server is there, whatever this user may not do. Without credentials nothing can be done. */
function answers(error: unknown): boolean {
  return toProblem(error).reason === 'cluster-forbidden';
}
