/**
 * One switch: prepare the far side while the server still runs, save and stop it, carry the files, start there, prove it.
 * Until the files stand on the far side whole and verified, whatever goes wrong leaves the workspace where it was; after
 * that too, since the side it left keeps everything.
 */
import { readFile } from 'node:fs/promises';
import { asError, LabdockError, toProblem } from '../common/problem';
import type { ClusterRuntime, ClusterServerSpec, PreflightFinding } from '../runtime/runtime';
import { folderProblem } from './folders';
import type { TargetKind, Workspace, WorkspaceId } from './model';
import { compareSides, moveFiles, type MoveRequest, type MoveResult } from './move/moveFiles';
import type { Site } from './parts';
import { imageWork, prepareSite } from './prepareSite';
import type { Core } from './serviceParts';
import type { MovePreview, MoveReport, MoveState } from './state';
import { timeLeft } from './timeLeft';

export type SwitchProgress = (change: Partial<MoveState>) => void;

/** Lists in states and reports; counts are whole. */
const listed = 200;
/** What own images run the agent with; others are asked for theirs. */
const ownPython = '/opt/conda/envs/lab/bin/python';

export async function previewSwitch(
  core: Core,
  id: WorkspaceId,
  to: TargetKind,
  agentFile: string,
): Promise<MovePreview> {
  const workspace = core.saved(id);
  const signal = AbortSignal.timeout(180_000);
  const { destination, cluster } = await sides(core, workspace, to);
  const spec = await specFor(core, { ...workspace, target: { kind: to } }, destination);
  const findings = await findingsFor(core, workspace, destination, spec, signal);
  const blocked = findings.some((finding) => finding.blocks);
  // Without its objects the far side has nothing to compare with.
  const there = !blocked && (await cluster.observe(id)) !== null;
  const comparison = await compareSides(
    await request(core, workspace, to, there ? cluster : null, agentFile),
    signal,
  ).finally(() => (there ? cluster.removeHelper(id).catch(() => undefined) : undefined));
  const image = await imageWork(core, { ...workspace, target: { kind: to } }, destination);
  return {
    to,
    ...comparison,
    conflicts: comparison.conflicts.slice(0, listed),
    conflictCount: comparison.conflicts.length,
    leftOut: comparison.leftOut.slice(0, listed),
    leftOutCount: comparison.leftOut.length,
    leftOutBytes: comparison.leftOut.reduce((sum, { bytes }) => sum + bytes, 0),
    image,
    findings,
    running: core.controller(id).isLiveNow(),
  };
}

/** What a finished switch reports. */
export type SwitchResult = Pick<
  MoveReport,
  'files' | 'bytes' | 'conflicts' | 'conflictCount' | 'leftOutCount' | 'problem'
>;

export async function runSwitch(
  core: Core,
  id: WorkspaceId,
  to: TargetKind,
  agentFile: string,
  signal: AbortSignal,
  progress: SwitchProgress,
): Promise<SwitchResult> {
  const workspace = core.saved(id);
  const moved: Workspace = { ...workspace, target: { kind: to } };
  const { destination, cluster } = await sides(core, workspace, to);
  const spec = await specFor(core, moved, destination);
  const findings = await findingsFor(core, workspace, destination, spec, signal);
  const blocking = findings.find((finding) => finding.blocks);
  if (blocking) throw asError(blocking.problem);

  const log = core.controller(id).log;
  progress({ stage: 'image' });
  await prepareSite(core.host, moved, destination, core.engines.local, { signal, log, until: 'image' });
  progress({ stage: 'preparing' });
  await prepareSite(core.host, moved, destination, core.engines.local, { signal, log, until: 'objects' });
  return cluster.withLease(id, async (lease) => {
    const either = AbortSignal.any([signal, lease]);
    try {
      return await carry(core, workspace, to, cluster, agentFile, either, progress);
    } finally {
      await cluster.removeHelper(id).catch(() => undefined);
    }
  });
}

async function carry(
  core: Core,
  workspace: Workspace,
  to: TargetKind,
  cluster: ClusterRuntime,
  agentFile: string,
  signal: AbortSignal,
  progress: SwitchProgress,
): Promise<SwitchResult> {
  const { id, target } = workspace;
  const controller = core.controller(id);
  const ran = controller.isLiveNow();
  progress({ stage: 'saving' });
  await quiesce(core, id);
  await controller.suspend();
  let result: MoveResult;
  try {
    signal.throwIfAborted();
    result = await moveFiles(await request(core, workspace, to, cluster, agentFile), {
      signal,
      onProgress: told(progress),
    });
  } catch (error) {
    progress({ stage: 'returning', cancellable: false });
    controller.resume(ran);
    throw error;
  }
  // From here on the far side is whole: the settings follow the files.
  progress({ stage: 'starting', cancellable: false });
  await settle(core, id, to, target.kind, ran);
  const report = {
    files: result.files,
    bytes: result.bytes,
    conflicts: result.conflicts.slice(0, listed),
    conflictCount: result.conflicts.length,
    leftOutCount: result.leftOut.length,
  };
  if (!ran) return report;
  try {
    await controller.whenReady();
    return report;
  } catch (error) {
    progress({ stage: 'returning' });
    controller.stop();
    await controller.idle();
    await controller.suspend();
    await settle(core, id, target.kind, to, true);
    return { ...report, problem: toProblem(error) };
  }
}

/** The workspace is at `to` from now on; `from` keeps its files until the user removes them. */
async function settle(core: Core, id: WorkspaceId, to: TargetKind, from: TargetKind, run: boolean): Promise<void> {
  try {
    await core.change((settings) => ({
      ...settings,
      workspaces: settings.workspaces.map((one) => (one.id === id ? { ...one, target: { kind: to } } : one)),
    }));
    core.remembered.setLeftBehind(id, from);
  } finally {
    core.controller(id).resume(run);
  }
}

/** Saves what is open, asks about busy kernels, stops. Rejects with `cancelled` when the user would rather go on working. */
async function quiesce(core: Core, id: WorkspaceId): Promise<void> {
  const controller = core.controller(id);
  if (!controller.isLiveNow()) return;
  controller.stop();
  await controller.idle();
  if (!controller.isLiveNow()) return;
  throw asError(controller.state().problem ?? { reason: 'cancelled' });
}

interface Sides {
  destination: Site;
  cluster: ClusterRuntime;
}

/** Both ends, reached. Rejects with why one of them cannot be. */
async function sides(core: Core, workspace: Workspace, to: TargetKind): Promise<Sides> {
  const { cluster: settings } = workspace;
  if (!settings) throw new LabdockError('cluster-settings-missing');
  const cluster = await core.clusters.reach(settings);
  if (to === 'cluster') return { destination: { kind: 'cluster', settings, runtime: cluster }, cluster };
  const { local } = core.engines;
  if (!local) throw asError(core.engines.state.problem ?? { reason: 'engine-absent' });
  return { destination: { kind: 'local', local, runtime: local.runtime }, cluster };
}

/** The server as it would be there; undefined where its image is not known yet, or the target is local. */
async function specFor(core: Core, moved: Workspace, destination: Site): Promise<ClusterServerSpec | undefined> {
  if (destination.kind === 'local') return undefined;
  const { look } = await import('./observer');
  const memory = { run: true, apply: false, refreshed: false };
  const { spec } = await look(moved, destination, core.engines.local, memory, core.host);
  if (spec && 'settings' in spec) return spec;
  // Permissions, quota and storage can be asked about before there is an image.
  const base = { workspaceId: moved.id, workspaceName: moved.name, image: 'not-pushed-yet', command: [], init: false, env: {} }; // prettier-ignore
  return { ...base, configHash: '', settings: destination.settings, pullPolicy: 'IfNotPresent', architecture: '' };
}

async function findingsFor(
  core: Core,
  workspace: Workspace,
  destination: Site,
  spec: ClusterServerSpec | undefined,
  signal: AbortSignal,
): Promise<PreflightFinding[]> {
  const folder = await folderProblem(workspace.folder);
  const own: PreflightFinding[] = folder ? [{ problem: folder, blocks: true }] : [];
  if (destination.kind === 'local' || !spec) return own;
  if (workspace.image.kind !== 'published' && destination.settings.repository === '')
    own.push({ problem: { reason: 'repository-missing' }, blocks: true });
  return [...own, ...(await destination.runtime.preflight(spec, signal))];
}

/** @param cluster null: nothing of the workspace is there yet */
async function request(
  core: Core,
  { id, folder, image }: Workspace,
  to: TargetKind,
  cluster: ClusterRuntime | null,
  agentFile: string,
): Promise<MoveRequest> {
  const { local } = core.engines;
  // Lab's settings are in the container's own volume; without a container there are none.
  const home = local && (await local.runtime.observe(id).catch(() => null)) ? local.home(id) : undefined;
  return {
    workspaceId: id,
    folder,
    direction: to === 'cluster' ? 'to-cluster' : 'to-local',
    openAgent: cluster && ((command, signal) => cluster.openAgent(id, command, signal)),
    agentSource: await readFile(agentFile, 'utf8'),
    ...(home && { home }),
    ...(image.kind === 'build' && { pythonPath: ownPython }),
  };
}

function told(progress: SwitchProgress) {
  const left = timeLeft();
  return (
    stage: 'comparing' | 'copying' | 'committing',
    filesDone: number,
    filesTotal: number,
    bytesDone: number,
    bytesTotal: number,
  ) => {
    const secondsLeft = stage === 'copying' ? left(bytesDone, bytesTotal) : undefined;
    progress({ stage, filesDone, filesTotal, bytesDone, bytesTotal, secondsLeft, cancellable: stage !== 'committing' });
  };
}

/** Removes a side a workspace was switched away from: server, volumes. Rejects when it does not answer. */
export async function removeSide(core: Core, workspace: Workspace, side: TargetKind): Promise<void> {
  const { destination } = await sides(core, workspace, side);
  await destination.runtime.stop(workspace.id, 10);
  await destination.runtime.remove(workspace.id);
  await destination.runtime.removeHome(workspace.id);
}
