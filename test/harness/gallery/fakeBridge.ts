/**
 * Test equipment: a stand-in for `window.labdock` that plays a scene. It answers from a table and remembers what it was
 * asked. Runs in the page as an init script, so it may use nothing from outside its own body.
 */
import type { AppState, LogEntry, Outcome } from '../../../main/app/bridge/contract';

/** `never`: it is still being worked on. */
export type Reply = Outcome<unknown> | 'never';

export interface Play {
  state: AppState;
  /** Answers by procedure; what has none answers `undefined`. */
  replies: Record<string, Reply>;
  log: LogEntry[];
}

export interface Stage {
  push(state: AppState): void;
  say(id: string, lines: LogEntry[]): void;
  calls: { name: string; input: unknown }[];
}

export function installFakeBridge(play: Play): void {
  const listeners: Record<string, ((payload: unknown) => void)[]> = { state: [], log: [] };
  const stage: Stage = {
    calls: [],
    push: (state) => listeners['state']?.forEach((listener) => listener(state)),
    say: (id, lines) => listeners['log']?.forEach((listener) => listener({ id, lines, dropped: 0 })),
  };
  const bridge = {
    call: async (name: string, input: unknown) => {
      stage.calls.push({ name, input });
      if (name === 'app.state') return { ok: true, value: play.state };
      if (name === 'logs.open') return { ok: true, value: { lines: play.log, dropped: 0 } };
      const reply = play.replies[name];
      if (reply === 'never') return new Promise(() => undefined);
      return reply ?? { ok: true, value: undefined };
    },
    on: (name: string, listener: (payload: unknown) => void) => {
      listeners[name]?.push(listener);
      return () => {
        listeners[name] = (listeners[name] ?? []).filter((other) => other !== listener);
      };
    },
  };
  Object.assign(window, { labdock: bridge, stage });
}
