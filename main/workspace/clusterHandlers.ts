/** What the procedures about clusters and switches do. */
import { LabdockError } from '../common/problem';
import type {
  ClusterRuntime,
  ClusterServerSpec,
  ManifestFolder,
  PreflightFinding,
  ServerFile,
} from '../runtime/runtime';
import { look } from './observer';
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
    'cluster.adopt': ({ id }) => core.controller(id).adopt(),
    'move.preview': ({ id, to }) => switcher.preview(id, to),
    'move.start': ({ id, to }) => switcher.start(id, to),
    'move.cancel': ({ id }) => switcher.cancel(id),
    'move.dismiss': ({ id }) => switcher.dismiss(id),
    'move.forget': ({ id, typedName }) => switcher.forget(id, typedName),
  };
}

async function preflight(core: Core, id: WorkspaceId, draft: WorkspaceDraft): Promise<PreflightFinding[]> {
  const { spec, runtime } = await asOnCluster(core, id, draft);
  const findings: PreflightFinding[] = [];
  if (draft.image.kind !== 'published' && spec.settings.repository === '')
    findings.push({ problem: { reason: 'repository-missing' }, blocks: true });
  const change = await runtime.immutableChange(spec);
  if (change) findings.push({ problem: change, blocks: true });
  return [...findings, ...(await runtime.preflight(spec, AbortSignal.timeout(preflightTimeoutMs)))];
}

async function manifests(core: Core, id: WorkspaceId, draft: WorkspaceDraft): Promise<ManifestFolder> {
  const { spec, runtime, files } = await asOnCluster(core, id, draft);
  return runtime.manifests(spec, files);
}

/** The draft as it would stand on the cluster. Rejects with why that cannot be asked. */
async function asOnCluster(
  core: Core,
  id: WorkspaceId,
  draft: WorkspaceDraft,
): Promise<{ spec: ClusterServerSpec; runtime: ClusterRuntime; files: ServerFile[] }> {
  if (!draft.cluster) throw new LabdockError('cluster-settings-missing');
  const runtime = await core.clusters.reach(draft.cluster);
  const workspace: Workspace = { ...draft, id, wanted: 'stopped', target: { kind: 'cluster' } };
  const site = { kind: 'cluster', settings: draft.cluster, runtime } as const;
  const memory = { run: true, apply: false, refreshed: false };
  const { spec, config } = await look(workspace, site, core.engines.local, memory, core.host);
  const files = config?.files ?? [];
  if (spec && 'settings' in spec) return { spec, runtime, files };
  // Not pushed yet: the rest of the objects can be read all the same.
  const { repository } = draft.cluster;
  const { launchOf, wantedImage } = core.host;
  const { command, init, env } = launchOf(null, await wantedImage(workspace, site)) ?? {
    command: [],
    init: false,
    env: {},
  };
  const base = { workspaceId: id, workspaceName: draft.name, command, init, env };
  const image = `${repository || 'registry.example/labdock'}:not-pushed-yet`;
  return {
    spec: { ...base, image, configHash: '', settings: draft.cluster, pullPolicy: 'IfNotPresent', architecture: '' },
    runtime,
    files,
  };
}
