/**
 * One switch: prepare the far side while the server still runs, save and stop it, carry the files, start there, prove it.
 * Until the files stand on the far side whole and verified, whatever goes wrong leaves the workspace where it was; after
 * that too, since the side it left keeps everything.
 */
import { readFile } from 'node:fs/promises';
import { asError, LabdockError, toProblem } from '../common/problem';
import type { ClusterRuntime, PreflightFinding } from '../runtime/runtime';
import { farFindings, throwBlocking } from './farPreflight';
import { folderProblem } from './folders';
import type { TargetKind, Workspace, WorkspaceId } from './model';
import { previewFirstCopy } from './move/firstCopy';
import { compareSides, moveFiles, type Comparison, type HomeStore, type MoveRequest, type Moved } from './move/moveFiles'; // prettier-ignore
import { lookAhead } from './observer';
import type { Look, Site } from './parts';
import { placeOf } from './place';
import { applyAgain, imageWork, prepareSite } from './prepareSite';
import type { Core } from './serviceParts';
import type { MovePreview, MoveReport, MoveState } from './state';
import type { OnProgress } from './move/progress';
import { timeLeft } from './timeLeft';

export type SwitchProgress = (change: Partial<MoveState>) => void;

const mebibyte = 1024 * 1024;

/** What own images run the agent with; others are asked for theirs. */
const ownPython = '/opt/conda/envs/lab/bin/python';

export async function previewSwitch(
  core: Core,
  id: WorkspaceId,
  to: TargetKind,
  agentFile: string,
  ended: AbortSignal,
): Promise<MovePreview> {
  const workspace = core.saved(id);
  const signal = AbortSignal.any([ended, AbortSignal.timeout(180_000)]);
  const { destination, cluster } = await sides(core, workspace, to);
  const seen = await lookAhead({ ...workspace, target: { kind: to } }, destination, core.engines.local, core.host);
  const findings = await findingsFor(seen, signal);
  const blocked = findings.some((finding) => finding.blocks);
  const comparison = await compareWith(core, workspace, to, blocked ? null : cluster, agentFile, signal);
  const { farSide, ...counts } = comparison;
  // Worth saying, no reason to stop: what is here is copied whole, and nothing counts as deleted.
  if (farSide === 'other') findings.push({ problem: { reason: 'volume-lost', params: { name: workspace.name } }, blocks: false }); // prettier-ignore
  return { to, ...counts, image: imageWork(seen), findings, running: core.controller(id).isLiveNow() };
}

/** Without its objects the far side has nothing to compare with. */
async function compareWith(
  core: Core,
  workspace: Workspace,
  to: TargetKind,
  cluster: ClusterRuntime | null,
  agentFile: string,
  signal: AbortSignal,
): Promise<Comparison> {
  const { id } = workspace;
  if (!cluster || (await cluster.observe(id)) === null) {
    if (to === 'local') throw new LabdockError('removed-outside');
    return previewFirstCopy(whatMoves(workspace), signal);
  }
  const openAgent: MoveRequest['openAgent'] = (command, ending) => cluster.openAgent(id, command, ending);
  const look = async (lease: AbortSignal) => {
    try {
      const asked = { ...(await request(core, workspace, to, agentFile)), openAgent };
      return await compareSides(asked, AbortSignal.any([signal, lease]));
    } finally {
      await leaveHelper(cluster, id, lease);
    }
  };
  try {
    // Looking, too, uses the helper pod, and would end another Labdock's move in it.
    return await cluster.withLease(id, look, signal);
  } catch (error) {
    if (toProblem(error).reason !== 'volume-lost') throw error;
    const copy = to === 'cluster' ? await previewFirstCopy(whatMoves(workspace), signal) : nothingToCopy;
    return { ...copy, farSide: 'other' };
  }
}

/** Whoever has the Lease by now may have begun in the same pod. */
async function leaveHelper(cluster: ClusterRuntime, id: WorkspaceId, lease: AbortSignal): Promise<void> {
  if (!lease.aborted) await cluster.removeHelper(id).catch(() => undefined);
}

/** The volume is gone, and with it what was there: what is here stays as it is. */
const nothingToCopy: Omit<Comparison, 'farSide'> = {
  files: 0,
  bytes: 0,
  unchanged: 0,
  deletions: 0,
  conflicts: [],
  conflictCount: 0,
  leftOut: [],
  leftOutCount: 0,
  leftOutBytes: 0,
  firstCopy: false,
};

/** What a finished switch reports. */
export type SwitchResult = Pick<
  MoveReport,
  'files' | 'bytes' | 'conflicts' | 'conflictCount' | 'leftOut' | 'leftOutCount' | 'leftOutBytes' | 'problem'
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
  throwBlocking(await findingsFor(await lookAhead(moved, destination, core.engines.local, core.host), signal));

  // Said before time is spent; what counts is the Lease further down.
  await cluster.requireNoMove(id, signal);

  const { log } = core.controller(id);
  const prepare = (until: 'image' | 'objects' | 'rest', ending = signal) =>
    prepareSite(core.host, moved, destination, core.engines.local, { signal: ending, log, until });
  progress({ stage: 'image' });
  await prepare('image');
  progress({ stage: 'preparing' });
  // The Lease has the name of the objects: a first switch makes them. Nothing is stopped without it.
  if (to === 'cluster' && !(await cluster.observe(id))) await prepare('objects');
  const work = async (lease: AbortSignal) => {
    const either = AbortSignal.any([signal, lease]);
    try {
      await prepare('rest', either);
      return await carry(core, workspace, to, cluster, agentFile, either, progress);
    } catch (error) {
      // Nobody took it back: the Lease was lost.
      const lost = lease.aborted && !signal.aborted && toProblem(error).reason === 'cancelled';
      throw lost ? new LabdockError('move-interrupted', undefined, { cause: error }) : error;
    } finally {
      await leaveHelper(cluster, id, lease);
    }
  };
  return cluster.withLease(id, work, signal);
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
  try {
    await quiesce(core, id);
  } catch (error) {
    // Who declined runs on; what a fault kept from being stopped well is wanted as before.
    if (core.saved(id).wanted !== 'running') controller.goOn();
    throw asInterrupted(error);
  }
  await controller.suspend();
  let result: Moved;
  try {
    signal.throwIfAborted();
    const asked = await request(core, workspace, to, agentFile);
    const openAgent = agentOn(core, workspace, cluster);
    result = await moveFiles({ ...asked, openAgent }, { signal, onProgress: told(progress) });
  } catch (error) {
    progress({ stage: 'returning', cancellable: false });
    controller.resume(ran && 'as-before');
    throw asInterrupted(error);
  }
  if (result.homeProblem) {
    const { reason, detail } = result.homeProblem;
    controller.log.say(["Lab's own settings did not go along", reason, detail].filter(Boolean).join(': '), true);
  }
  // From here on the far side is whole: the settings follow the files.
  progress({ stage: 'starting', cancellable: false });
  await settle(core, id, to, target.kind, ran);
  const report = {
    files: result.files,
    bytes: result.bytes,
    conflicts: result.conflicts,
    conflictCount: result.conflictCount,
    leftOut: result.leftOut,
    leftOutCount: result.leftOutCount,
    leftOutBytes: result.leftOutBytes,
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
    await settle(core, id, target.kind, to, 'as-before');
    return { ...report, problem: toProblem(error) };
  }
}

/** The workspace is at `to` from now on; `from` keeps its files until the user removes them. */
async function settle(
  core: Core,
  id: WorkspaceId,
  to: TargetKind,
  from: TargetKind,
  run: boolean | 'as-before',
): Promise<void> {
  try {
    await core.change((settings) => ({
      ...settings,
      workspaces: settings.workspaces.map((one) => (one.id === id ? { ...one, target: { kind: to } } : one)),
    }));
    const { cluster } = core.saved(id);
    const place = from === 'cluster' && cluster ? placeOf(cluster) : undefined;
    core.remembered.setLeftBehind(id, { side: from, ...(place && { place }) });
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
  // Still wanted running: the user's word at a question.
  const reason = core.saved(id).wanted === 'running' ? 'cancelled' : 'move-interrupted';
  throw asError(controller.state().problem ?? { reason });
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

/** What stands in the way of a start there, worst first. */
async function findingsFor(seen: Look, signal: AbortSignal): Promise<PreflightFinding[]> {
  const { workspace, site } = seen;
  const folder = await folderProblem(workspace.folder);
  const own: PreflightFinding[] = folder ? [{ problem: folder, blocks: true }] : [];
  return site.kind === 'local' ? own : [...own, ...(await farFindings(workspace, site, seen, signal))];
}

async function request(
  core: Core,
  workspace: Workspace,
  to: TargetKind,
  agentFile: string,
): Promise<Omit<MoveRequest, 'openAgent'> & { home?: HomeStore }> {
  const { id, image } = workspace;
  const { local } = core.engines;
  // Lab's settings are in the container's own volume; without a container there are none.
  const home = local && (await local.runtime.observe(id).catch(() => null)) ? local.home(id) : undefined;
  return {
    ...whatMoves(workspace),
    direction: to === 'cluster' ? 'to-cluster' : 'to-local',
    agentSource: await readFile(agentFile, 'utf8'),
    ...(home && { home }),
    ...(image.kind === 'build' && { pythonPath: ownPython }),
  };
}

function whatMoves({ id, folder, cluster }: Workspace) {
  return { workspaceId: id, folder, sizeLimitBytes: (cluster?.moveLimitMiB ?? 0) * mebibyte };
}

/** A volume that was removed by another hand is made anew; the mover then finds it new, and takes nothing for deleted. */
function agentOn(core: Core, workspace: Workspace, cluster: ClusterRuntime): MoveRequest['openAgent'] {
  return async (command, signal) => {
    try {
      return await cluster.openAgent(workspace.id, command, signal);
    } catch (error) {
      if (toProblem(error).reason !== 'volume-lost' || !workspace.cluster) throw error;
      const site = { kind: 'cluster', settings: workspace.cluster, runtime: cluster } as const;
      const { log } = core.controller(workspace.id);
      await applyAgain(core.host, { ...workspace, target: { kind: 'cluster' } }, site, core.engines.local, {
        signal,
        log,
      });
      return cluster.openAgent(workspace.id, command, signal);
    }
  };
}

/** Losing the far side in the middle is no more than that: the files are where they were. */
function asInterrupted(error: unknown): unknown {
  const { reason, detail } = toProblem(error);
  if (reason !== 'cluster-unreachable') return error;
  return new LabdockError('move-interrupted', undefined, { ...(detail && { detail }), cause: error });
}

function told(progress: SwitchProgress): OnProgress {
  const left = timeLeft();
  return (stage, filesDone, filesTotal, bytesDone, bytesTotal) => {
    const secondsLeft = stage === 'copying' ? left(bytesDone, bytesTotal) : undefined;
    const cancellable = stage !== 'committing';
    progress({ stage, filesDone, filesTotal, bytesDone, bytesTotal, secondsLeft, cancellable });
  };
}

/** Removes a side a workspace was switched away from: server, volumes. Rejects when it does not answer. */
export async function removeSide(core: Core, workspace: Workspace, side: TargetKind): Promise<void> {
  const { destination, cluster } = await sides(core, workspace, side);
  if (side === 'cluster') await cluster.requireNoMove(workspace.id);
  await destination.runtime.stop(workspace.id, 10);
  await destination.runtime.remove(workspace.id);
  await destination.runtime.removeHome(workspace.id);
}
