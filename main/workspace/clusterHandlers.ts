/** What the procedures about clusters and switches do. */
import { LabdockError } from '../common/problem';
import type { ManifestFolder, PreflightFinding } from '../runtime/runtime';
import { farFindings, specToAsk } from './farPreflight';
import { lookAhead } from './observer';
import type { Workspace, WorkspaceDraft, WorkspaceId } from './model';
import type { Handlers } from './procedureTable';
import type { Core } from './serviceParts';

type ClusterProcedure = Extract<keyof Handlers, `cluster.${string}` | `move.${string}`>;

/** Asking an API server everything takes a second; one that hangs is not waited for. */
const preflightTimeoutMs = 60_000;

export function clusterHandlers(core: Core): Pick<Handlers, ClusterProcedure> {
  const { switcher, clusters } = core;
  return {
    'cluster.contexts': () => clusters.contexts(),
    'cluster.offer': (place) => clusters.offer(place),
    'cluster.preflight': ({ id, draft }) => preflight(core, id, draft),
    'cluster.manifests': ({ id, draft }) => manifests(core, id, draft),
    'cluster.adopt': ({ id }) => {
      const { target } = core.saved(id);
      core.adopted.add(id);
      // One that was to be switched there is switched again by the user.
      if (target.kind === 'cluster') core.controller(id).start();
    },
    'move.preview': ({ id, to }) => switcher.preview(id, to),
    'move.start': ({ id, to }) => switcher.start(id, to),
    'move.cancel': ({ id }) => switcher.cancel(id),
    'move.dismiss': ({ id }) => switcher.dismiss(id),
    'move.forget': ({ id, typedName }) => switcher.forget(id, typedName),
  };
}

async function preflight(core: Core, id: WorkspaceId, draft: WorkspaceDraft): Promise<PreflightFinding[]> {
  const { workspace, site, seen } = await asOnCluster(core, id, draft);
  return farFindings(workspace, site, seen, AbortSignal.timeout(preflightTimeoutMs));
}

/** Not pushed yet: the rest of the objects can be read all the same. */
async function manifests(core: Core, id: WorkspaceId, draft: WorkspaceDraft): Promise<ManifestFolder> {
  const { workspace, site, seen } = await asOnCluster(core, id, draft);
  return site.runtime.manifests(specToAsk(workspace, site, seen), seen.config?.files ?? []);
}

/** The draft as it would stand on the cluster. Rejects with why that cannot be asked. */
async function asOnCluster(core: Core, id: WorkspaceId, draft: WorkspaceDraft) {
  if (!draft.cluster) throw new LabdockError('cluster-settings-missing');
  const runtime = await core.clusters.reach(draft.cluster);
  const workspace: Workspace = { ...draft, id, wanted: 'stopped', target: { kind: 'cluster' } };
  const site = { kind: 'cluster', settings: draft.cluster, runtime } as const;
  const seen = await lookAhead(workspace, site, core.engines.local, core.host);
  return { workspace, site, seen };
}
