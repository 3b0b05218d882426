/** Lets images go that no workspace wants any more, some time after a start, so that disks do not fill for ever. */
import { recipeRepository } from '../image/recipe';
import type { Local } from './parts';

/** How many unwanted ones stay: a kernel that is changed back is there at once. */
const newest = 3;
/** Another Labdock on the same engine may be about to start a young one. */
const olderThanMs = 24 * 3600_000;
/** A start is no time for it: removing gigabytes of small files keeps the disk busy. */
const delayMs = 60_000;

interface Given {
  local: () => Local | undefined;
  /** Names of the images that workspaces are to be started from. Rejects where one of them cannot be told. */
  wanted: () => Promise<string[]>;
  log?: ((kind: string, error: unknown) => void) | undefined;
}

export class OldImages {
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> = Promise.resolve();

  constructor(
    private readonly given: Given,
    private readonly delay = delayMs,
  ) {}

  /** After a server was started. Once for several starts in a row. */
  soon(): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void (this.running = this.look()), this.delay);
    this.timer.unref();
  }

  /** Resolves when nothing is under way any more. */
  async close(): Promise<void> {
    clearTimeout(this.timer);
    await this.running;
  }

  private async look(): Promise<void> {
    try {
      const keep = new Set(await this.given.wanted());
      await this.given.local()?.images.removeOld({ repository: recipeRepository, keep, newest, olderThanMs });
    } catch (error) {
      // Nothing that a person must know: the next start looks again.
      this.given.log?.('old images', error);
    }
  }
}
