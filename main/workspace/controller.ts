/**
 * One workspace's loop: observe, plan, run one step, observe again. Events and the user only wake it; truth is re-read
 * every time. Without anything to do it waits for the next call and holds no timer.
 */
import { asError, LabdockError, toProblem, type Problem } from '../common/problem';
import type { HandInstalled } from '../common/handInstalled';
import { afterTrouble } from './afterTrouble';
import { Bell } from './bell';
import { namesOf } from './byHand';
import { pendingCost, type View } from './conditions';
import type { ControllerHost } from './controllerHost';
import { LogFollower } from './logFollower';
import type { LogBuffer } from './logBuffer';
import type { Workspace, WorkspaceId } from './model';
import { isLive, isStaying } from './observed';
import { look, logKey, type Memory } from './observer';
import { requireFar } from './farPreflight';
import { isUp } from './outside';
import { Declined, type Look, type Site } from './parts';
import { partsWithContainer, plan, stageOf } from './plan';
import { Presence } from './presence';
import type { Endpoint } from './service';
import type { Cost, Phase, StepKind } from './state';
import { StatusBoard, type Shown } from './statusBoard';
import { runStep } from './steps';
import { WakeLoop } from './wakeLoop';

export class Controller {
  private memory: Memory = emptyMemory();
  private readonly logs: LogFollower;
  /** What a step may be interrupted by, and why it then was. */
  private current: { step?: StepKind; abort: AbortController } | undefined;
  private readonly loop = new WakeLoop(
    () => this.safeTurn(),
    () => this.rest(),
  );
  private closed = false;
  /** A switch to another target works on the same server and files: the loop rests. */
  private suspended = false;
  /** Waits for a wake that changes something, instead of repeating what failed. */
  private halted = false;
  /** It ran before a switch that did not come about: a target that is away now is waited for, not given up. */
  private patient = false;
  /** Counts what the user said: a look that began before the last word is looked again. */
  private wish = 0;
  /** The first look after launch decides whether it runs; nothing is started by launching. */
  private launching = true;
  private needsPreflight = false;
  /** What a cluster says of it is asked once per start, before time is spent. */
  private needsFarPreflight = false;
  /** Whatever ended the last server may have left half-written files. */
  private scanDue = true;
  private losses = 0;
  private seen: Look | undefined;
  private presence = new Presence(this.memory);
  private readonly board: StatusBoard;
  private readonly changes = new Bell();

  constructor(
    readonly id: WorkspaceId,
    private readonly host: ControllerHost,
    readonly log: LogBuffer,
  ) {
    this.board = new StatusBoard(log);
    this.logs = new LogFollower(id, log, () => host.secretWords(id));
  }

  // --- what the user wants -------------------------------------------------------------------------------------------

  start(): void {
    if (this.memory.run && this.isReady() && !this.halted) return;
    this.intend(true);
    const target = this.host.target(this.host.workspace(this.id));
    if (target.status === 'unavailable') this.fail(target.problem ?? { reason: 'engine-absent' });
    this.wake();
  }

  stop(): void {
    this.intend(false);
    this.wake();
  }

  /** Wanted running as it was: nobody asked for a start, so one that cannot be made now is made later. */
  goOn(): void {
    // A stop that was cut off may still be carried out: what ends now has not been stopped by another hand.
    this.presence.ends();
    this.intend(true);
    this.patient = true;
    this.wake();
  }

  /**
   * Brings a running server to the saved settings; a stopped one takes them at its next start anyway.
   * @param letGo packages installed by hand that the person was told will go
   */
  apply(letGo: readonly HandInstalled[] = []): void {
    if (!this.memory.run) return;
    this.wish++;
    this.halted = false;
    this.memory.apply = true;
    this.forgetAnswers();
    this.memory.forgone = new Set(namesOf(letGo));
    this.needsPreflight = true;
    this.needsFarPreflight = true;
    this.board.clear();
    this.wake();
  }

  /** Takes back what is under way: a start, or an apply whose server still runs. */
  cancel(): void {
    const { step } = this.current ?? {};
    if (this.memory.apply && this.isLiveNow() && step && stageOf(step) === 'image') {
      this.memory.apply = false;
      this.interrupt();
      this.wake();
    } else if (this.memory.run && !this.isReady()) this.stop();
  }

  private intend(run: boolean): void {
    const changes = run !== this.memory.run;
    this.wish++;
    this.launching = false;
    this.patient = false;
    this.memory.run = run;
    this.memory.apply = false;
    this.forgetAnswers();
    this.needsPreflight = run;
    this.needsFarPreflight = run;
    this.halted = false;
    this.losses = 0;
    this.board.clear();
    if (run) this.memory.refreshed = false;
    this.host.setWanted(this.id, run ? 'running' : 'stopped');
    // A stop that has begun is not cut short by a start: it finishes, and then the start begins.
    if (changes) this.interrupt();
    this.publish();
  }

  /** What was saved and agreed to for a stop or a change was so for that one. */
  private forgetAnswers(): void {
    this.memory.savedKey = undefined;
    this.memory.partedKey = undefined;
    this.memory.forgone = undefined;
  }

  private interrupt(): void {
    if (this.current?.step !== 'stop' && this.current?.step !== 'remove') this.current?.abort.abort();
  }

  // --- what the world tells ------------------------------------------------------------------------------------------

  wake(): void {
    this.memory.onWake?.();
    if (!this.halted) this.loop.wake();
  }

  /** Something happened to the server, according to the engine: what was given up may go on. */
  serverChanged(): void {
    this.halted = false;
    this.wake();
  }

  engineGone(problem: Problem): void {
    this.presence.lost();
    // A start that waited for an engine to be found: there is none.
    if (this.memory.run && !this.seen && !this.patient) this.fail(problem);
    this.current?.abort.abort();
    this.logs.stop();
    this.publish();
  }

  /** Events may have been missed, and with them an engine's restart. */
  streamLost(): void {
    this.presence.engineWasAway = true;
    this.serverChanged();
  }

  engineBack(): void {
    this.halted = false;
    this.verify();
  }

  /** Asks the server again whether it is there; it stays shown as ready meanwhile. */
  verify(): void {
    this.presence.verify();
    this.wake();
  }

  /** Resolves when nothing is under way; until {@link resume} nothing begins. */
  async suspend(): Promise<void> {
    this.suspended = true;
    await this.loop.idle();
  }

  /**
   * Goes on, knowing nothing any more: the workspace may have another target.
   * @param run start what is there now; `as-before`: it ran there before, see {@link goOn}
   */
  resume(run: boolean | 'as-before'): void {
    this.logs.stop();
    const { generation } = this.presence;
    this.memory = emptyMemory();
    this.presence = new Presence(this.memory);
    // Whoever is logged in was so at another server.
    this.presence.generation = generation;
    this.seen = undefined;
    this.suspended = false;
    this.halted = false;
    this.losses = 0;
    this.launching = !run;
    this.board.clear();
    this.board.progress = undefined;
    if (run === 'as-before') this.goOn();
    else if (run) this.start();
    else this.wake();
  }

  async close(): Promise<void> {
    this.closed = true;
    this.current?.abort.abort();
    this.logs.stop();
    await this.loop.close();
    this.changes.ring();
  }

  // --- what others see -----------------------------------------------------------------------------------------------

  get phase(): Phase {
    return this.board.phase(this.world());
  }

  isLiveNow(): boolean {
    return isLive(this.seen?.server?.state);
  }

  /** The last look, as long as the target is there to have been looked at. */
  lastLook(): Look | undefined {
    return this.site() ? this.seen : undefined;
  }

  private site(): Site | null {
    const workspace = this.host.workspace(this.id);
    return workspace ? this.host.site(workspace) : null;
  }

  endpoint(): Endpoint | null {
    const { server, config } = this.seen ?? {};
    if (this.phase !== 'ready' || !server?.port || !config) return null;
    return {
      origin: `http://127.0.0.1:${server.port}`,
      token: config.runningToken,
      generation: this.presence.generation,
    };
  }

  state(): Shown & { pending?: Cost } {
    const look = this.memory.apply ? undefined : this.lastLook();
    const pending = look && pendingCost(look);
    return { ...this.board.show(this.world()), ...(pending && { pending }) };
  }

  async whenReady(signal?: AbortSignal): Promise<Endpoint> {
    for (;;) {
      const endpoint = this.endpoint();
      if (endpoint) return endpoint;
      if (signal?.aborted || this.closed) throw new LabdockError('cancelled');
      const over = this.halted || (!this.memory.run && !this.launching);
      if (over) throw asError(this.board.problem ?? { reason: 'cancelled' });
      await this.changes.next(signal);
    }
  }

  idle(): Promise<void> {
    return this.loop.idle();
  }

  // --- the loop ------------------------------------------------------------------------------------------------------

  private async safeTurn(): Promise<void> {
    const workspace = this.host.workspace(this.id);
    const site = workspace && this.host.site(workspace);
    if (!site || this.halted || this.suspended) return;
    try {
      await this.turn(workspace, site);
    } catch (error) {
      this.trouble(error);
    } finally {
      this.current = undefined;
    }
  }

  private async turn(workspace: Workspace, site: Site): Promise<void> {
    const { wish } = this;
    const needed = this.needsPreflight;
    // Beside the look, except for the first one: a port our own running server holds must not count as taken.
    const early = needed && this.seen ? this.preflight(workspace) : undefined;
    early?.catch(() => undefined);
    // A cluster may answer before this computer's engine does, whose images a start there needs.
    const local = this.memory.run ? await this.host.localFound() : this.host.local();
    const seen = await look(workspace, site, local, this.memory, this.host);
    this.seen = seen;
    const checking = early ?? (needed ? this.preflight(workspace) : undefined);
    checking?.catch(() => undefined);
    // What was stopped by another hand leaves its port to the next start.
    if (site.kind === 'cluster' && !isLive(seen.server?.state)) await site.runtime.closeRoute(this.id);
    if (!(await this.react(seen))) return this.loop.wake();
    if (wish === this.wish) {
      this.needsPreflight = false;
      await checking;
    }
    // The user said something else meanwhile, and this look may not have looked for it.
    if (wish !== this.wish) return this.loop.wake();
    const { run, apply } = this.memory;
    const wanted = { run, apply, on: site.kind, image: seen.wish };
    const steps = plan(wanted, seen.observed);
    const [step] = steps;
    if (isLive(seen.server?.state)) this.logs.follow(site.runtime, logKey(seen.server, site.kind));
    if (!step) return this.arrived();
    // Before time is spent on an image, and before anything is stopped.
    if (partsWithContainer(steps, wanted, seen.observed) && !(await this.part(seen, wish))) return this.loop.wake();
    await this.perform(step, seen);
    this.losses = 0;
    this.loop.wake();
  }

  /** What happened behind our back. false: look again before planning. */
  private async react(seen: Look): Promise<boolean> {
    if (this.launching) {
      this.launching = false;
      this.setRun(isStaying(seen.server));
      this.presence.found(seen.server);
      return true;
    }
    const { verdict, ended } = this.presence.judge(this.memory.run, seen.server);
    if (verdict.kind === 'stopped' && !(await this.confirmed(seen))) return false;
    if (verdict.kind === 'adopt' && !(await this.stillLive(seen))) return false;
    this.presence.accept(verdict, seen.server);
    if (ended) this.scanDue = true;
    switch (verdict.kind) {
      case 'adopt':
        this.board.clear();
        this.setRun(true);
        return false;
      case 'restart':
        this.board.say('The engine is back; starting the server again');
        return true;
      case 'stopped':
        await this.logs.drained();
        this.fail(this.board.withLastLines(verdict.problem), verdict.failed);
        return false;
      default:
        return true;
    }
  }

  /** An engine that shuts down ends its servers a moment before it stops answering: that is not the user's hand. */
  private async confirmed(seen: Look): Promise<boolean> {
    if (seen.server?.outOfMemory) return true;
    await new Promise((resolve) => setTimeout(resolve, 700));
    if (this.presence.engineWasAway || this.site()?.runtime !== seen.site.runtime) return false;
    const again = await seen.site.runtime.observe(this.id);
    return !isUp(again) && !this.presence.engineWasAway;
  }

  /** Just after a stop a cluster's pods may be seen gone before its Deployment is seen scaled: nobody started that. */
  private async stillLive({ site }: Look): Promise<boolean> {
    if (site.kind !== 'cluster') return true;
    await new Promise((resolve) => setTimeout(resolve, 700));
    return isUp(await site.runtime.observe(this.id));
  }

  private async preflight(workspace: Workspace): Promise<void> {
    const ownPort = this.isLiveNow() ? this.seen?.server?.port : undefined;
    const { problem, folder } = await this.host.preflight(workspace, ownPort);
    this.board.folderProblem = folder;
    if (problem) throw asError(problem);
  }

  /** false: look again before going on. Rejects with Declined when the container shall stay. */
  private async part(seen: Look, wish: number): Promise<boolean> {
    const abort = new AbortController();
    this.current = { abort };
    try {
      return (await this.host.part(seen, this.memory, abort.signal)) === 'go' && wish === this.wish;
    } catch (error) {
      // Declined, and something else asked for meanwhile: that counts.
      if (error instanceof Declined && wish !== this.wish) return false;
      throw error;
    }
  }

  private async perform(step: StepKind, seen: Look): Promise<void> {
    const abort = new AbortController();
    this.current = { step, abort };
    this.board.begin(step);
    if (this.needsFarPreflight && seen.site.kind === 'cluster' && makesSomething(step)) {
      this.publish();
      await requireFar(seen, abort.signal);
      this.needsFarPreflight = false;
    }
    if (step === 'start') this.presence.starts();
    this.publish();
    await runStep(step, {
      look: seen,
      memory: this.memory,
      signal: abort.signal,
      tools: this.host,
      log: this.log,
      logs: this.logs,
      report: (progress) => {
        if (this.current?.abort !== abort) return;
        this.board.report(progress);
        this.publish();
      },
    });
    if (step === 'stop' || step === 'remove') this.presence.ends();
    if (step === 'stop') this.scanDue = true;
    if (step === 'await-ready') {
      this.presence.answers(seen.server);
      // Now, not after the next look: somebody waits for the page.
      this.publish();
    }
  }

  private arrived(): void {
    if (this.memory.apply) this.memory.apply = false;
    this.presence.verified();
    this.board.progress = undefined;
  }

  private trouble(error: unknown): void {
    if (this.closed) return;
    this.loop.wake();
    if (error instanceof Declined) {
      // The user would rather have it as it is: what runs goes on, what is at rest stays so.
      this.memory.apply = false;
      return this.setRun(this.isLiveNow());
    }
    const problem = toProblem(error);
    // Whatever keeps it from being seen at all (credentials that ran out) may be mended, too.
    if (this.patient && !this.seen) return this.lost(problem);
    const consequence = afterTrouble(problem, {
      on: this.host.workspace(this.id)?.target.kind ?? 'local',
      ...(this.current && { step: this.current.step }),
      aborted: this.current?.abort.signal.aborted ?? false,
      engineWasAway: this.presence.engineWasAway,
      run: this.memory.run,
      apply: this.memory.apply,
      live: this.isLiveNow(),
      holdsWork: this.presence.holdsWork(this.seen?.server),
    });
    switch (consequence) {
      case 'look-again':
        return;
      case 'wait-for-engine':
        return this.lost(problem);
      case 'keep-server':
        this.memory.apply = false;
        return this.board.set(problem, true);
      case 'halt':
        this.halted = true;
        return this.board.set(problem, true);
      case 'give-up':
        return this.fail(problem);
    }
  }

  private lost(problem: Problem): void {
    this.presence.engineWasAway = true;
    this.loop.hush();
    const workspace = this.host.workspace(this.id);
    if (++this.losses <= 3 && workspace) return this.host.reportLost(workspace);
    // It answers when asked and goes away when used: said, not tried for ever.
    this.halted = true;
    this.board.set(problem, true);
  }

  private rest(): void {
    this.board.progress = undefined;
    this.presence.verified();
    if (this.scanDue && this.seen && !this.isLiveNow()) {
      this.scanDue = false;
      this.host.ended(this.id);
    }
    this.publish();
  }

  // --- small things --------------------------------------------------------------------------------------------------

  private fail(problem: Problem, failed = true): void {
    if (problem.reason === 'cancelled') this.board.clear();
    else this.board.set(problem, failed);
    this.memory.apply = false;
    this.setRun(false);
  }

  private setRun(run: boolean): void {
    this.memory.run = run;
    this.host.setWanted(this.id, run ? 'running' : 'stopped');
  }

  private isReady(): boolean {
    return this.presence.isReady(this.seen?.server);
  }

  private world(): Omit<View, 'problem' | 'failed' | 'folderProblem'> {
    const { server, image, site } = this.seen ?? {};
    const route = site?.kind === 'cluster' ? site.runtime.route(this.id) : undefined;
    return {
      engine: this.host.target(this.host.workspace(this.id)),
      ...(route && { route }),
      run: this.memory.run,
      // Between two steps the last one still says what is going on.
      step: this.current?.step ?? this.board.progress?.step,
      server,
      ready: this.presence.isShownReady(server),
      image: this.imageKnown(image),
    };
  }

  /** undefined: not looked at. */
  private imageKnown(image: Look['image']): boolean | undefined {
    const pushed = this.seen?.observed.image.pushed;
    if (pushed !== undefined) return pushed;
    return image === undefined ? undefined : image !== null;
  }

  private publish(): void {
    this.host.changed(this.id);
    this.changes.ring();
  }
}

/** Steps that take time or change something on the way up. */
function makesSomething(step: StepKind): boolean {
  return stageOf(step) === 'image' || step === 'create' || step === 'configure';
}

function emptyMemory(): Memory {
  return { run: false, apply: false, refreshed: false };
}
