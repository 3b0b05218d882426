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

export function planQuit(cause: QuitCause, onQuit: Preferences['onQuit'], phases: readonly Phase[]): QuitPlan {
  if (cause !== 'user' || !phases.some(isRunning)) return 'keep';
  return onQuit;
}

/** Milliseconds to save open documents: a person can watch and wait, a shutdown gives few seconds. */
export const saveBudget: Record<QuitCause, number> = { user: 30_000, close: 30_000, system: 4_000 };
