/**
 * One workspace's loop: observe, plan, run one step, observe again. Events and the user only wake it; truth is re-read
 * every time. Without anything to do it waits for the next call and holds no timer.
 */
import { LabdockError, toProblem, type Problem } from '../common/problem';
import { conditionsOf, phaseOf, type View } from './conditions';
import { LogFollower } from './logFollower';
import type { LogBuffer } from './logBuffer';
import type { Workspace, WorkspaceId } from './model';
import { isLive } from './observed';
import { look, serverKey, type Memory, type Sources } from './observer';
import { judge } from './outside';
import { Declined, engineReasons, type Local, type Look } from './parts';
import { plan, stageOf } from './plan';
import type { PreflightResult } from './preflight';
import type { Endpoint } from './service';
import type { Condition, Cost, Phase, Progress, StepKind } from './state';
import { runStep, type StepTools } from './steps';

export interface ControllerHost extends Sources, StepTools {
  workspace(id: WorkspaceId): Workspace | undefined;
  /** The engine now; null while there is none. */
  local(): Local | null;
  engine(): View['engine'];
  /** A call said that the engine is gone; the host finds out and wakes everyone. */
  reportLost(): void;
  setWanted(id: WorkspaceId, wanted: Workspace['wanted']): void;
  preflight(workspace: Workspace, ownPort: number | undefined): Promise<PreflightResult>;
  changed(id: WorkspaceId): void;
  /** A server of it came to its end, whoever ended it. */
  ended(id: WorkspaceId): void;
}

export class Controller {
  private readonly memory: Memory = { run: false, apply: false, refreshed: false };
  private readonly logs: LogFollower;
  /** What a step may be interrupted by, and why it then was. */
  private current: { step: StepKind; abort: AbortController } | undefined;
  private running: Promise<void> | undefined;
  private dirty = false;
  private closed = false;
  /** Waits for a wake that changes something, instead of repeating what failed. */
  private halted = false;
  /** The first look after launch decides whether it runs; nothing is started by launching. */
  private launching = true;
  private needsPreflight = false;
  private lastLive = false;
  private engineWasAway = false;
  /** It was ready and is only asked again: not shown as starting. */
  private verifying = false;
  private losses = 0;
  private generation = 0;
  private generationKey: string | undefined;
  private problem: Problem | undefined;
  private failed = false;
  private folderProblem: Problem | undefined;
  private progress: Progress | undefined;
  private seen: Look | undefined;
  private conditions: Condition[] = [];
  private waiters = new Set<() => void>();

  constructor(
    readonly id: WorkspaceId,
    private readonly host: ControllerHost,
    readonly log: LogBuffer,
  ) {
    this.logs = new LogFollower(id, log, () => host.secretWords(id));
  }

  // --- what the user wants -------------------------------------------------------------------------------------------

  start(): void {
    this.intend(true);
    const engine = this.host.engine();
    if (engine.status === 'unavailable') this.fail(engine.problem ?? { reason: 'engine-absent' });
    this.wake();
  }

  stop(): void {
    this.intend(false);
    this.wake();
  }

  /** Brings a running server to the saved settings; a stopped one takes them at its next start anyway. */
  apply(): void {
    if (!this.memory.run) return;
    this.memory.apply = true;
    this.memory.savedKey = undefined;
    this.needsPreflight = true;
    this.clearProblem();
    this.wake();
  }

  /** Takes back what is under way: a start, or an apply whose server still runs. */
  cancel(): void {
    if (this.memory.apply && this.isLiveNow() && this.current && stageOf(this.current.step) === 'image') {
      this.memory.apply = false;
      this.interrupt();
      this.wake();
    } else if (this.memory.run && !this.isReady()) this.stop();
  }

  private intend(run: boolean): void {
    const changes = run !== this.memory.run;
    this.launching = false;
    this.memory.run = run;
    this.memory.apply = false;
    this.memory.savedKey = undefined;
    this.needsPreflight = run;
    this.halted = false;
    this.losses = 0;
    this.clearProblem();
    if (run) this.memory.refreshed = false;
    this.host.setWanted(this.id, run ? 'running' : 'stopped');
    // A stop that has begun is not cut short by a start: it finishes, and then the start begins.
    if (changes) this.interrupt();
    this.publish();
  }

  private interrupt(): void {
    if (this.current && this.current.step !== 'stop' && this.current.step !== 'remove') this.current.abort.abort();
  }

  // --- what the world tells ------------------------------------------------------------------------------------------

  wake(): void {
    if (this.closed) return;
    this.dirty = true;
    this.memory.onWake?.();
    this.running ??= this.loop().finally(() => {
      this.running = undefined;
      if (this.dirty && !this.halted) this.wake();
    });
  }

  /** Something happened to the server, according to the engine: what was given up may go on. */
  serverChanged(): void {
    this.halted = false;
    this.wake();
  }

  engineGone(): void {
    this.engineWasAway = true;
    this.current?.abort.abort();
    this.logs.stop();
    this.publish();
  }

  /** Events may have been missed, and with them an engine's restart. */
  streamLost(): void {
    this.engineWasAway = true;
    this.serverChanged();
  }

  engineBack(): void {
    this.halted = false;
    this.losses = 0;
    this.verify();
  }

  /** Asks the server again whether it is there; it stays shown as ready meanwhile. */
  verify(): void {
    if (this.memory.readyKey) this.verifying = true;
    this.memory.readyKey = undefined;
    this.wake();
  }

  async close(): Promise<void> {
    this.closed = true;
    this.current?.abort.abort();
    this.logs.stop();
    await this.running;
    this.notifyWaiters();
  }

  // --- what others see -----------------------------------------------------------------------------------------------

  get phase(): Phase {
    return phaseOf(this.view());
  }

  get wantsToRun(): boolean {
    return this.memory.run;
  }

  isLiveNow(): boolean {
    return isLive(this.seen?.server?.state);
  }

  /** The last look, as long as there is an engine to have looked at. */
  lastLook(): Look | undefined {
    return this.host.local() ? this.seen : undefined;
  }

  endpoint(): Endpoint | null {
    const { server, config } = this.seen ?? {};
    if (this.phase !== 'ready' || !server?.port || !config) return null;
    return { origin: `http://127.0.0.1:${server.port}`, token: config.runningToken, generation: this.generation };
  }

  state(): {
    phase: Phase;
    conditions: Condition[];
    progress?: Progress;
    problem?: Problem;
    pending?: Cost;
  } {
    const view = this.view();
    const phase = phaseOf(view);
    this.conditions = conditionsOf(view, this.conditions, new Date().toISOString());
    const pending = this.pending();
    const problem = this.problem ?? (phase === 'failed' ? view.problem : undefined);
    return {
      phase,
      conditions: this.conditions,
      ...(this.progress && { progress: this.progress }),
      ...(problem && { problem }),
      ...(pending && { pending }),
    };
  }

  async whenReady(signal?: AbortSignal): Promise<Endpoint> {
    for (;;) {
      const endpoint = this.endpoint();
      if (endpoint) return endpoint;
      if (signal?.aborted || this.closed) throw new LabdockError('cancelled');
      if (!this.memory.run && !this.launching) {
        const { reason, params, detail } = this.problem ?? { reason: 'cancelled' as const };
        throw new LabdockError(reason, params, { detail });
      }
      if (this.halted && this.problem)
        throw new LabdockError(this.problem.reason, this.problem.params, { detail: this.problem.detail });
      await new Promise<void>((resolve) => {
        const done = () => {
          signal?.removeEventListener('abort', done);
          this.waiters.delete(done);
          resolve();
        };
        this.waiters.add(done);
        signal?.addEventListener('abort', done, { once: true });
      });
    }
  }

  /** Resolves when nothing is under way. */
  async idle(): Promise<void> {
    while (this.running) await this.running;
  }

  // --- the loop ------------------------------------------------------------------------------------------------------

  private async loop(): Promise<void> {
    while (this.dirty && !this.closed && !this.halted) {
      this.dirty = false;
      const local = this.host.local();
      const workspace = this.host.workspace(this.id);
      if (!local || !workspace) return this.rest();
      try {
        await this.turn(workspace, local);
      } catch (error) {
        this.trouble(error, this.current?.step);
      } finally {
        this.current = undefined;
      }
    }
    this.rest();
  }

  private async turn(workspace: Workspace, local: Local): Promise<void> {
    const checking = this.needsPreflight ? this.preflight(workspace) : undefined;
    checking?.catch(() => undefined);
    const seen = await look(workspace, local, this.memory, this.host);
    this.seen = seen;
    this.losses = 0;
    if (!(await this.react(seen))) return;
    await checking;
    const [step] = plan({ run: this.memory.run, apply: this.memory.apply, image: imageWish(seen) }, seen.observed);
    this.followLogs(seen);
    if (!step) return this.arrived();
    await this.perform(step, seen);
    this.dirty = true;
  }

  /** What happened behind our back. false: look again before planning. */
  private async react(seen: Look): Promise<boolean> {
    const live = isLive(seen.server?.state);
    if (this.launching) {
      this.launching = false;
      if (live !== this.memory.run) this.setRun(live);
      if (live) this.dirty = true;
      this.lastLive = live;
      return !live;
    }
    if (this.lastLive && !live) this.host.ended(this.id);
    const verdict = judge(this.memory.run, { live: this.lastLive, engineWasAway: this.engineWasAway }, seen.server);
    if (verdict.kind === 'stopped' && !(await this.confirmed(seen))) return false;
    this.lastLive = live;
    if (live) this.engineWasAway = false;
    switch (verdict.kind) {
      case 'adopt':
        this.clearProblem();
        this.setRun(true);
        this.dirty = true;
        return false;
      case 'restart':
        this.engineWasAway = false;
        this.say('The engine is back; starting the server again');
        return true;
      case 'stopped':
        await this.logs.drained();
        this.fail(this.withLastLines(verdict.problem), verdict.failed);
        this.dirty = true;
        return false;
      default:
        return true;
    }
  }

  /** An engine that shuts down ends its servers a moment before it stops answering: that is not the user's hand. */
  private async confirmed(seen: Look): Promise<boolean> {
    if (seen.server?.outOfMemory) return true;
    await new Promise((resolve) => setTimeout(resolve, 700));
    this.dirty = true;
    if (this.engineWasAway || this.host.local() !== seen.local) return false;
    const again = await seen.local.runtime.observe(this.id);
    return !isLive(again?.state) && !this.engineWasAway;
  }

  private async preflight(workspace: Workspace): Promise<void> {
    const ownPort = this.isLiveNow() ? this.seen?.server?.port : undefined;
    const { problem, folder } = await this.host.preflight(workspace, ownPort);
    this.needsPreflight = false;
    this.folderProblem = folder;
    if (problem) throw new LabdockError(problem.reason, problem.params, { detail: problem.detail });
  }

  private async perform(step: StepKind, seen: Look): Promise<void> {
    const abort = new AbortController();
    this.current = { step, abort };
    this.progress = { step, stage: stageOf(step), since: new Date().toISOString() };
    // Set before, not after: a start that is interrupted may still have happened.
    if (step === 'start') this.lastLive = true;
    this.publish();
    await runStep(step, {
      look: seen,
      memory: this.memory,
      signal: abort.signal,
      tools: this.host,
      log: this.log,
      logs: this.logs,
      report: (progress) => {
        if (this.current?.abort !== abort || !this.progress) return;
        this.progress = { ...this.progress, ...progress };
        this.publish();
      },
    });
    if (step === 'stop' || step === 'remove') this.lastLive = false;
    if (step === 'await-ready') this.nowReady(seen);
  }

  private nowReady(seen: Look): void {
    const key = serverKey(seen.server);
    if (key !== this.generationKey) {
      this.generationKey = key;
      this.generation++;
    }
    this.verifying = false;
  }

  private arrived(): void {
    if (this.memory.apply) this.memory.apply = false;
    this.verifying = false;
    this.progress = undefined;
  }

  private trouble(error: unknown, step: StepKind | undefined): void {
    const aborted = this.current?.abort.signal.aborted ?? false;
    if (this.closed) return;
    this.dirty = true;
    if (error instanceof Declined) {
      // The user would rather go on working: it runs, and stays as it is.
      this.setRun(true);
      this.memory.apply = false;
      return;
    }
    const problem = toProblem(error);
    if (aborted && (this.engineWasAway || problem.reason === 'cancelled')) return;
    if (engineReasons.has(problem.reason)) return this.lost(problem);
    if (this.memory.apply && this.isLiveNow() && (!step || stageOf(step) === 'image')) {
      // The old server still runs, and goes on running.
      this.memory.apply = false;
      this.setProblem(problem, true);
      return;
    }
    if (!this.memory.run || (step === 'await-ready' && !this.memory.startedHere)) {
      // A stop that failed, or a server full of work that does not answer: neither is repeated, neither is killed.
      this.halted = true;
      this.setProblem(problem, true);
      return;
    }
    this.fail(problem);
  }

  private lost(problem: Problem): void {
    this.engineWasAway = true;
    if (++this.losses > 3) {
      // It answers when asked and goes away when used: said, not tried for ever.
      this.halted = true;
      return this.setProblem(problem, true);
    }
    this.dirty = false;
    this.host.reportLost();
  }

  private rest(): void {
    this.progress = undefined;
    if (!this.dirty || this.halted) this.verifying = false;
    this.publish();
  }

  // --- small things --------------------------------------------------------------------------------------------------

  private fail(problem: Problem, failed = true): void {
    if (problem.reason === 'cancelled') this.clearProblem();
    else this.setProblem(problem, failed);
    this.memory.apply = false;
    this.setRun(false);
  }

  private setRun(run: boolean): void {
    this.memory.run = run;
    this.host.setWanted(this.id, run ? 'running' : 'stopped');
  }

  private setProblem(problem: Problem, failed: boolean): void {
    this.problem = problem;
    this.failed = failed;
    this.say([problem.reason, problem.detail].filter(Boolean).join(': '), true);
  }

  private clearProblem(): void {
    this.problem = undefined;
    this.failed = false;
  }

  private say(text: string, error = false): void {
    for (const line of text.split('\n'))
      this.log.append({ source: 'labdock', time: new Date().toISOString(), text: line, ...(error && { error }) });
  }

  private withLastLines(problem: Problem): Problem {
    const lines = this.log.lastLines(20).filter((line) => line.source === 'server');
    return lines.length > 0 ? { ...problem, detail: lines.map((line) => line.text).join('\n') } : problem;
  }

  private followLogs(seen: Look): void {
    if (isLive(seen.server?.state)) this.logs.follow(seen.local.runtime, serverKey(seen.server));
  }

  private isReady(): boolean {
    return this.memory.readyKey !== undefined && this.memory.readyKey === serverKey(this.seen?.server);
  }

  private pending(): Cost | undefined {
    const server = this.lastLook()?.observed.server;
    if (!server || !isLive(server.state) || this.memory.apply) return undefined;
    if (server.shape === 'unknown') return this.seen?.image === null ? 'rebuild' : undefined;
    if (server.shape === 'differs') return 'recreate';
    return server.config === 'same' ? undefined : 'restart';
  }

  private view(): View {
    const engine = this.host.engine();
    const away = engine.status === 'unavailable' && this.memory.run ? engine.problem : undefined;
    const problem = this.problem ?? away;
    const { server, image } = this.seen ?? {};
    return {
      engine,
      run: this.memory.run,
      step: this.current?.step,
      problem,
      failed: this.failed || away !== undefined,
      server,
      ready: this.isReady() || this.verifying,
      image: image === undefined ? undefined : image !== null,
      folderProblem: this.folderProblem,
    };
  }

  private publish(): void {
    this.host.changed(this.id);
    this.notifyWaiters();
  }

  private notifyWaiters(): void {
    for (const waiter of [...this.waiters]) waiter();
  }
}

function imageWish({ wantedImage }: Look): { by: 'build-image' | 'pull-image' | 'load-image'; refresh: boolean } {
  return { by: wantedImage?.by ?? 'build-image', refresh: wantedImage?.refresh ?? false };
}
