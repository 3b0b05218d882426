/** What the window is told: the heart's snapshot with the window's own parts, pushed only when it says something new. */
import type { ServiceState } from '../workspace/service';
import type { AppState } from '../workspace/state';

export type WindowParts = Pick<
  AppState,
  'version' | 'platform' | 'locale' | 'theme' | 'view' | 'question' | 'downloads'
>;

export function buildState(service: ServiceState, parts: WindowParts): AppState {
  const { preferences, engine, secrets, workspaces, notices } = service;
  return { preferences, engine, secrets, workspaces, notices, ...parts };
}

/** Milliseconds; several changes of one moment are one push, and a person sees no difference. */
const together = 30;

export class StatePusher {
  #timer: NodeJS.Timeout | null = null;
  #last = '';
  readonly #build: () => AppState | null;
  readonly #send: (state: AppState) => void;

  /** `build` answers null while there is nobody to tell. */
  constructor(build: () => AppState | null, send: (state: AppState) => void) {
    this.#build = build;
    this.#send = send;
  }

  changed(): void {
    if (this.#timer) return;
    this.#timer = setTimeout(() => {
      this.#timer = null;
      const state = this.#build();
      if (!state) return;
      const text = JSON.stringify(state);
      if (text === this.#last) return;
      this.#last = text;
      this.#send(state);
    }, together);
  }

  /** A new page has asked for the whole state itself. */
  forget(): void {
    this.#last = '';
  }
}
