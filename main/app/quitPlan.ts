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

/**
 * A switch under way is taken back before Labdock leaves, which nobody has agreed to beforehand: it is asked about, whatever
 * the preference says of servers. At the end of a session nobody is there to ask; the next launch says what became of it.
 */
export const asksAboutMoves = (cause: QuitCause, moving: number) => cause !== 'system' && moving > 0;

/** Milliseconds to save open documents: a person can watch and wait, a shutdown gives few seconds. */
export const saveBudget: Record<QuitCause, number> = { user: 30_000, close: 30_000, system: 4_000 };
