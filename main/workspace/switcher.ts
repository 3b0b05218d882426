/** Switches of workspaces between targets, as the heart sees them: one per workspace, its progress, its report. */
import { LabdockError, toProblem } from '../common/problem';
import type { TargetKind, Workspace, WorkspaceId } from './model';
import type { Place } from './place';
import type { Core } from './serviceParts';
import type { MovePreview, MoveReport, MoveState, WorkspaceState } from './state';
import type { SwitchProgress } from './switchRun';

interface Running {
  state: MoveState;
  abort: AbortController;
  over: Promise<void>;
}

/** What a switch adds to a workspace's state. */
export type SwitchState = Pick<WorkspaceState, 'move' | 'moved' | 'leftBehind' | 'addresses'>;

/** The mover and its protocol are needed by the first switch, not before. */
const room = () => import('./switchRun');

export class Switcher {
  private readonly running = new Map<WorkspaceId, Running>();
  private readonly previews = new Map<WorkspaceId, AbortController>();
  private readonly reports = new Map<WorkspaceId, MoveReport>();

  /** @param agentFile the program that is sent to the far side */
  constructor(
    private readonly core: Core,
    private readonly agentFile: string,
  ) {}

  /**
   * Says of switches that an earlier run of Labdock did not finish that they were cut off: the workspace is where it was.
   * What they left in the folder is finished or dropped at once, and not only by the next switch.
   */
  recall(): void {
    for (const [id, { to, at }] of Object.entries(this.core.remembered.moving())) {
      this.core.remembered.setMoving(id, undefined);
      const workspace = this.core.settings.workspaces.find((one) => one.id === id);
      if (workspace) void this.finish(workspace);
      if (workspace?.target.kind !== to)
        this.reports.set(id, { ...emptyReport(to), at, problem: { reason: 'move-interrupted' } });
    }
  }

  private async finish({ id, folder }: Workspace): Promise<void> {
    try {
      const { finishInterrupted } = await import('./move/moveFiles');
      await finishInterrupted(folder);
    } catch (error) {
      // The next contact tries again, and says so where a person can see it.
      this.core.controllers.get(id)?.log.say(`after the interrupted switch: ${toProblem(error).reason}`, true);
    }
  }

  state(id: WorkspaceId): SwitchState {
    const move = this.running.get(id)?.state;
    const moved = this.reports.get(id);
    const leftBehind = this.core.remembered.leftBehind(id)?.side;
    const look = this.core.controllers.get(id)?.lastLook();
    const addresses =
      look?.site.kind === 'cluster' && look.spec && 'settings' in look.spec
        ? look.site.runtime.addresses(look.spec)
        : undefined;
    return {
      ...(move && { move }),
      ...(moved && { moved }),
      ...(leftBehind && { leftBehind }),
      ...(addresses && { addresses }),
    };
  }

  isMoving(id: WorkspaceId): boolean {
    return this.running.has(id);
  }

  /** @throws LabdockError `workspace-moving` */
  refuseWhileMoving(id: WorkspaceId): void {
    if (this.running.has(id)) throw new LabdockError('workspace-moving');
  }

  async preview(id: WorkspaceId, to: TargetKind): Promise<MovePreview> {
    this.refuseWhileMoving(id);
    this.endPreview(id);
    const abort = new AbortController();
    this.previews.set(id, abort);
    try {
      const { previewSwitch } = await room();
      return await previewSwitch(this.core, id, to, this.agentFile, abort.signal);
    } finally {
      if (this.previews.get(id) === abort) this.previews.delete(id);
    }
  }

  /** Nobody waits for a preview any more once there is another one, or the switch itself. */
  private endPreview(id: WorkspaceId): void {
    this.previews.get(id)?.abort();
    this.previews.delete(id);
  }

  /** Returns at once; the state tells how it goes. */
  start(id: WorkspaceId, to: TargetKind): void {
    this.refuseWhileMoving(id);
    const { target } = this.core.saved(id);
    if (target.kind === to) return;
    this.endPreview(id);
    this.reports.delete(id);
    const since = new Date().toISOString();
    const abort = new AbortController();
    const state = { to, stage: 'checking', ...nothing, cancellable: true, since } as const satisfies MoveState;
    const running: Running = { state, abort, over: Promise.resolve() };
    this.running.set(id, running);
    this.core.remembered.setMoving(id, { to, at: since });
    running.over = this.run(id, to, running).finally(() => {
      this.running.delete(id);
      this.core.remembered.setMoving(id, undefined);
      this.core.publish();
    });
    this.core.publish();
  }

  cancel(id: WorkspaceId): void {
    const running = this.running.get(id);
    if (running?.state.cancellable) running.abort.abort();
  }

  dismiss(id: WorkspaceId): void {
    this.reports.delete(id);
    this.core.publish();
  }

  /** Removes what the workspace left on the target it was switched away from; the user's folder never. */
  async forget(id: WorkspaceId, typedName: string): Promise<void> {
    this.refuseWhileMoving(id);
    const workspace = this.core.saved(id);
    if (typedName.trim() !== workspace.name) throw new LabdockError('name-mismatch', { name: workspace.name });
    const left = this.core.remembered.leftBehind(id);
    if (!left) return;
    const { removeSide } = await room();
    await removeSide(this.core, atPlace(workspace, left.place), left.side);
    this.core.remembered.setLeftBehind(id, undefined);
    this.core.publish();
  }

  /** Takes back what can be taken back, and waits for the rest. */
  async close(): Promise<void> {
    for (const id of [...this.previews.keys()]) this.endPreview(id);
    for (const { abort } of this.running.values()) abort.abort();
    await Promise.all([...this.running.values()].map(({ over }) => over));
  }

  private async run(id: WorkspaceId, to: TargetKind, running: Running): Promise<void> {
    const report = emptyReport(to);
    const progress: SwitchProgress = (change) => {
      running.state = { ...running.state, ...change };
      this.core.publish();
    };
    const { cluster } = this.core.saved(id);
    const release = cluster && this.core.clusters.hold(cluster);
    try {
      const { runSwitch } = await room();
      const result = await runSwitch(this.core, id, to, this.agentFile, running.abort.signal, progress);
      this.reports.set(id, { ...report, ...result, at: new Date().toISOString() });
    } catch (error) {
      const problem = toProblem(error);
      const words = [`switch to ${to}: ${problem.reason}`, problem.detail].filter(Boolean).join(': ');
      this.core.controllers.get(id)?.log.say(words, true);
      // Whoever took it back knows.
      if (problem.reason !== 'cancelled') this.reports.set(id, { ...report, problem, at: new Date().toISOString() });
    } finally {
      release?.();
    }
  }
}

/** The workspace as it was when it left that place. */
export function atPlace(workspace: Workspace, place: Place | undefined): Workspace {
  const { cluster } = workspace;
  return cluster && place ? { ...workspace, cluster: { ...cluster, ...place } } : workspace;
}

const nothing = { filesDone: 0, filesTotal: 0, bytesDone: 0, bytesTotal: 0 };

function emptyReport(to: TargetKind): MoveReport {
  const nothing = {
    files: 0,
    bytes: 0,
    conflicts: [],
    conflictCount: 0,
    leftOut: [],
    leftOutCount: 0,
    leftOutBytes: 0,
  };
  return { to, ...nothing, at: new Date().toISOString() };
}
