/** What quitting means now. Pure. */
import type { Preferences } from '../workspace/model';
import type { Phase } from '../workspace/state';

/**
 * Who wants to leave: the user (menu, tray, Ctrl+Q), a window closed where there is no tray to live in, or the system
 * (session end, shutdown, SIGTERM), which waits for nobody.
 */
export type QuitCause = 'user' | 'close' | 'system';

/** `keep`: leave, the servers run on and are adopted next time. */
export type QuitPlan = 'keep' | 'stop' | 'ask';

const running: readonly Phase[] = ['preparing', 'starting', 'ready', 'stopping'];
export const isRunning = (phase: Phase) => running.includes(phase);

/** `moving`: a workspace is on its way to another target. Quitting takes that back, which nobody has agreed to beforehand. */
export function planQuit(
  cause: QuitCause,
  onQuit: Preferences['onQuit'],
  phases: readonly Phase[],
  moving = false,
): QuitPlan {
  if (cause !== 'system' && moving) return 'ask';
  if (cause !== 'user' || !phases.some(isRunning)) return 'keep';
  return onQuit;
}

/** Milliseconds to save open documents: a person can watch and wait, a shutdown gives few seconds. */
export const saveBudget: Record<QuitCause, number> = { user: 30_000, close: 30_000, system: 4_000 };
