/** What a controller shows of itself: phase, conditions, progress and problem. */
import type { Problem } from '../common/problem';
import { conditionsOf, phaseOf, type View } from './conditions';
import type { LogBuffer } from './logBuffer';
import { stageOf } from './plan';
import type { Condition, Phase, Progress, StepKind } from './state';

export interface Shown {
  phase: Phase;
  conditions: Condition[];
  progress?: Progress;
  problem?: Problem;
}

export class StatusBoard {
  problem: Problem | undefined;
  /** `problem` is why it failed, not why it stopped by itself. */
  failed = false;
  folderProblem: Problem | undefined;
  progress: Progress | undefined;
  private conditions: Condition[] = [];

  constructor(private readonly log: LogBuffer) {}

  /** Shown until cleared, and kept in the log. */
  set(problem: Problem, failed: boolean): void {
    this.problem = problem;
    this.failed = failed;
    this.say([problem.reason, problem.detail].filter(Boolean).join(': '), true);
  }

  say(text: string, error = false): void {
    this.log.say(text, error);
  }

  withLastLines(problem: Problem): Problem {
    const lines = this.log.lastLines(20).filter((line) => line.source === 'server');
    return lines.length > 0 ? { ...problem, detail: lines.map((line) => line.text).join('\n') } : problem;
  }

  clear(): void {
    this.problem = undefined;
    this.failed = false;
  }

  begin(step: StepKind): void {
    this.progress = { step, stage: stageOf(step), since: new Date().toISOString() };
  }

  report(progress: Partial<Progress>): void {
    if (this.progress) this.progress = { ...this.progress, ...progress };
  }

  phase(world: Omit<View, 'problem' | 'failed' | 'folderProblem'>): Phase {
    return phaseOf(this.view(world));
  }

  show(world: Omit<View, 'problem' | 'failed' | 'folderProblem'>): Shown {
    const view = this.view(world);
    this.conditions = conditionsOf(view, this.conditions, new Date().toISOString());
    return {
      phase: phaseOf(view),
      conditions: this.conditions,
      ...(this.progress && { progress: this.progress }),
      ...(view.problem && { problem: view.problem }),
    };
  }

  /** While the engine is away, that is what is wrong with a workspace that should run. */
  private view(world: Omit<View, 'problem' | 'failed' | 'folderProblem'>): View {
    const away = world.engine.status === 'unavailable' && world.run ? world.engine.problem : undefined;
    return {
      ...world,
      problem: this.problem ?? away,
      failed: this.failed || away !== undefined,
      folderProblem: this.folderProblem,
    };
  }
}
