/**
 * On a launch straight to Lab, when the window's own page loads. Its process and scripts compete with Lab's for the same
 * cores: loaded at once they keep Lab from being usable for a third of a second. So it comes when Lab can be used, or when
 * somebody needs it sooner: to answer a question, or because there is no Lab on its way. Pure decision, small keeper.
 */

/** `none`: nothing is known of a server yet; `coming`: Lab's page loads; `gone`: there will be none just now. */
export type LabComing = 'none' | 'coming' | 'shown' | 'gone';

/** Milliseconds. A server that runs is found and proven in less, on slow machines, too. */
const searchMs = 600;
/** Milliseconds; a Lab that takes longer is waited for with the bar above it. */
const patienceMs = 4000;

export function isPagesTurn(lab: LabComing, asked: boolean, waitedMs: number): boolean {
  if (asked || lab === 'shown' || lab === 'gone') return true;
  return waitedMs >= (lab === 'coming' ? patienceMs : searchMs);
}

export class PageTurn {
  /** Resolves when the page is to load. */
  readonly come: Promise<void>;
  readonly #began = Date.now();
  #lab: LabComing = 'none';
  #asked = false;
  #resolve: () => void = () => undefined;

  constructor() {
    this.come = new Promise((resolve) => (this.#resolve = resolve));
    for (const delay of [searchMs, patienceMs]) setTimeout(() => this.#look(), delay).unref();
  }

  /** @param asked a question waits for an answer */
  follow(lab: LabComing, asked: boolean): void {
    this.#lab = lab;
    this.#asked = asked;
    this.#look();
  }

  #look(): void {
    if (isPagesTurn(this.#lab, this.#asked, Date.now() - this.#began)) this.#resolve();
  }
}
