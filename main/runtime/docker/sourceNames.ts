/**
 * Names for images that a build copies from. Asked for `labdock/workspace:…`, some builders (BuildKit on containerd's image
 * store) look at the public registry first: offline that takes long, and whoever had the name there would be believed.
 * For `localhost/…` none leaves this computer. The names stay only as long as a build needs them.
 */
import type Docker from 'dockerode';
import { localName } from '../../common/localName';
import { ask } from './client';
import { splitReference } from './push';

export class SourceNames {
  /** Builds that need a name. */
  readonly #needed = new Map<string, number>();

  constructor(private readonly docker: Docker) {}

  /** Rejects with what the engine says when an image is not there. */
  async during<T>(images: readonly string[], build: () => Promise<T>): Promise<T> {
    const named: string[] = [];
    try {
      for (const image of images) {
        this.#needed.set(image, (this.#needed.get(image) ?? 0) + 1);
        named.push(image);
        const { repository: repo, tag } = splitReference(localName(image));
        await ask((abortSignal) => this.docker.getImage(image).tag({ repo, tag, abortSignal }));
      }
      return await build();
    } finally {
      for (const image of named) await this.#release(image);
    }
  }

  async #release(image: string): Promise<void> {
    const left = this.#needed.get(image)! - 1;
    this.#needed.set(image, left);
    if (left > 0) return;
    this.#needed.delete(image);
    const name = localName(image);
    // A name that stays does no harm; it goes with the image.
    await ask((abortSignal) => this.docker.getImage(name).remove({ noprune: true, abortSignal })).catch(
      () => undefined,
    );
  }
}
