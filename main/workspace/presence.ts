/** What a controller knows of the one process its server is: whether it answered, is only asked again, or was lost sight of. */
import type { ServerObservation } from '../runtime/runtime';
import { isStaying } from './observed';
import { serverKey, type Memory } from './observer';
import { isUp, judge, type Verdict } from './outside';

type Server = ServerObservation | null | undefined;

export class Presence {
  /** The engine was away since the server was last seen alive. */
  engineWasAway = false;
  /** Counts the processes that answered: whoever logged in at another one has to do it again. */
  generation = 0;
  private live = false;
  private answered: string | undefined;
  private verifying: string | undefined;

  constructor(private readonly memory: Memory) {}

  isReady(server: Server): boolean {
    const key = serverKey(server);
    return key !== undefined && this.memory.readyKey === key;
  }

  /** While a ready server is only asked again, nothing flickers. */
  isShownReady(server: Server): boolean {
    return this.isReady(server) || (this.verifying !== undefined && this.verifying === serverKey(server));
  }

  /** People's work may be in it: it answered once, or was there before Labdock. */
  holdsWork(server: Server): boolean {
    return !this.memory.startedHere || this.answered === serverKey(server);
  }

  answers(server: Server): void {
    const key = serverKey(server);
    if (key !== this.answered) this.generation++;
    this.answered = key;
    this.verifying = undefined;
  }

  verify(): void {
    this.verifying ??= this.memory.readyKey;
    this.memory.readyKey = undefined;
  }

  /** Out of sight: what comes back has to answer before it is shown as ready. */
  lost(): void {
    this.engineWasAway = true;
    this.memory.readyKey = undefined;
    this.verifying = undefined;
  }

  verified(): void {
    this.verifying = undefined;
  }

  /** The first look at it. */
  found(server: Server): void {
    this.live = isStaying(server);
  }

  /** Before a start, not after it: one that is interrupted may still have happened. */
  starts(): void {
    this.live = true;
  }

  ends(): void {
    this.live = false;
  }

  /** What was last seen, compared with what is seen now. Ask once per look. */
  judge(run: boolean, server: ServerObservation | null): { verdict: Verdict; ended: boolean } {
    const ended = this.live && !isUp(server);
    return { verdict: judge(run, { live: this.live, engineWasAway: this.engineWasAway }, server), ended };
  }

  /** The verdict stands. */
  accept(verdict: Verdict, server: ServerObservation | null): void {
    this.live = isStaying(server);
    if (this.live || verdict.kind === 'restart') this.engineWasAway = false;
  }
}
