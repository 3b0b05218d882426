/** What a cluster says of a server before anything is built, pushed or applied for it. */
import { asError } from '../common/problem';
import type { ClusterServerSpec, PreflightFinding } from '../runtime/runtime';
import type { Workspace } from './model';
import type { Look, Site } from './parts';

type ClusterSite = Extract<Site, { kind: 'cluster' }>;

/** Stands in for a reference that only the push tells. */
const notPushed = 'not-pushed-yet';

/** The server as it would be there. Permissions, quota and storage can be asked about before there is an image. */
export function specToAsk(
  workspace: Workspace,
  site: ClusterSite,
  seen: Pick<Look, 'spec' | 'launch'>,
): ClusterServerSpec {
  const { spec, launch } = seen;
  if (spec && 'settings' in spec) return spec;
  const { command, init, env } = launch ?? { command: [], init: false, env: {} };
  const { repository } = site.settings;
  return {
    workspaceId: workspace.id,
    workspaceName: workspace.name,
    image: `${repository || 'registry.example/labdock'}:${notPushed}`,
    command,
    init,
    env,
    configHash: '',
    settings: site.settings,
    pullPolicy: 'IfNotPresent',
    architecture: '',
  };
}

/** Worst first. */
export async function farFindings(
  workspace: Workspace,
  site: ClusterSite,
  seen: Pick<Look, 'spec' | 'launch'>,
  signal: AbortSignal,
): Promise<PreflightFinding[]> {
  const findings: PreflightFinding[] = [];
  if (workspace.image.kind !== 'published' && site.settings.repository === '')
    findings.push({ problem: { reason: 'repository-missing' }, blocks: true });
  const spec = specToAsk(workspace, site, seen);
  const [change, found] = await Promise.all([site.runtime.immutableChange(spec), site.runtime.preflight(spec, signal)]);
  if (change) findings.push({ problem: change, blocks: true });
  return [...findings, ...found];
}

/** Rejects with what blocks. */
export async function requireFar(seen: Look, signal: AbortSignal): Promise<void> {
  if (seen.site.kind === 'cluster') throwBlocking(await farFindings(seen.workspace, seen.site, seen, signal));
}

/** @throws LabdockError the worst of what blocks */
export function throwBlocking(findings: readonly PreflightFinding[]): void {
  const blocking = findings.find((finding) => finding.blocks);
  if (blocking) throw asError(blocking.problem);
}
