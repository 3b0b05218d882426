/** What follows when a step fails. Pure: the one place that decides whether a server may be taken down for it. */
import type { Problem } from '../common/problem';
import { isTargetGone } from './parts';
import { stageOf } from './plan';
import type { StepKind } from './state';

export interface Circumstances {
  /** The kind of target. */
  on: 'local' | 'cluster';
  /** undefined: it failed before any step, at the preflight or while looking. */
  step?: StepKind;
  /** The step was told to stop. */
  aborted: boolean;
  engineWasAway: boolean;
  run: boolean;
  apply: boolean;
  live: boolean;
  /** This process of the server answered once, or was there before Labdock: people's work may be in it. */
  holdsWork: boolean;
}

export type Consequence =
  /** Somebody's doing: just look again. */
  | 'look-again'
  /** Wait for the engine. */
  | 'wait-for-engine'
  /** The apply is off; the server goes on as it was. */
  | 'keep-server'
  /** Said and not repeated; nothing is taken down. */
  | 'halt'
  /** The start failed: what it made is stopped and cleaned. */
  | 'give-up';

/** Steps whose failure says nothing against the server itself: a way to it that is not free, an answer that is late. */
const harmless: ReadonlySet<StepKind> = new Set(['forward', 'await-ready', 'stop']);

export function afterTrouble({ reason }: Problem, now: Circumstances): Consequence {
  if (now.aborted && (now.engineWasAway || reason === 'cancelled')) return 'look-again';
  if (isTargetGone(now.on, reason)) return 'wait-for-engine';
  if (now.run && now.apply && now.live && (!now.step || stageOf(now.step) === 'image')) return 'keep-server';
  if (!now.run) return 'halt';
  if (now.live && now.holdsWork && (!now.step || harmless.has(now.step))) return 'halt';
  return 'give-up';
}
