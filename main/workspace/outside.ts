/**
 * Labdock does not fight the user. This pure function reads what happened to a server behind Labdock's back and says
 * what follows from it: the wish changes, or the same loop starts the server again.
 */
import type { Problem } from '../common/problem';
import type { ServerObservation } from '../runtime/runtime';
import { isStaying } from './observed';

export interface Before {
  /** The server was last seen alive. */
  live: boolean;
  /** The engine itself was away since then: what ended, ended with it. */
  engineWasAway: boolean;
}

export type Verdict =
  | { kind: 'as-wanted' }
  /** It ended with its engine: start it again. */
  | { kind: 'restart' }
  /** Someone started it outside: it is wanted now. */
  | { kind: 'adopt' }
  | { kind: 'stopped'; problem: Problem; failed: boolean };

/** Exit codes of a server that was told to stop: cleanly, by SIGTERM, by SIGKILL after the grace period. */
const toldToStop = new Set([0, 130, 137, 143]);

/**
 * Only for moments at which the controller itself has nothing under way; its own steps explain their own endings.
 * @param run what the user wants
 */
export function judge(run: boolean, before: Before, server: ServerObservation | null): Verdict {
  const live = isUp(server);
  if (!run) return live && !before.live ? { kind: 'adopt' } : { kind: 'as-wanted' };
  if (live || !before.live) return { kind: 'as-wanted' };
  if (before.engineWasAway && server) return { kind: 'restart' };
  return { kind: 'stopped', ...endingOf(server) };
}

/** A cluster would start what has ended again and again; for a person it has ended. A node that is away may come back. */
function hasEnded(server: ServerObservation | null | undefined): boolean {
  return server?.problem !== undefined && server.problem.reason !== 'node-lost';
}

/** It is there for a person: alive, or on its way. */
export function isUp(server: ServerObservation | null | undefined): boolean {
  return isStaying(server) && !hasEnded(server);
}

/** Why a server that should run does not. */
export function endingOf(server: ServerObservation | null): { problem: Problem; failed: boolean } {
  if (server?.problem && hasEnded(server))
    return { problem: server.problem, failed: server.problem.reason !== 'stopped-outside' };
  // Removal by force first ends the server: seen half-way, it has no exit code worth a word.
  if (!server || server.state === 'removing' || server.state === 'dead')
    return { problem: { reason: 'removed-outside' }, failed: false };
  if (server.outOfMemory)
    return {
      problem: { reason: 'out-of-memory', params: { limitMiB: server.memoryLimitMiB } },
      failed: true,
    };
  const code = server.exitCode ?? -1;
  if (server.leaving || toldToStop.has(code)) return { problem: { reason: 'stopped-outside' }, failed: false };
  return { problem: { reason: 'server-exited', params: { code } }, failed: true };
}

/** The same question for a server that ended before it ever answered. */
export function endingWhileStarting(server: ServerObservation | null): Problem {
  const { problem } = endingOf(server);
  if (problem.reason === 'out-of-memory' || problem.reason === 'removed-outside') return problem;
  // Exit 0 without ever answering is a crash too: nobody asked it to end.
  return { reason: 'server-crashed-while-starting', params: { code: server?.exitCode ?? -1 } };
}
