/** The pod a route leads to: asked for once and kept until something says that it may be another. */

export type FindPod = (signal: AbortSignal) => Promise<string | null>;

/** An API server that cannot be reached any more says nothing; the next attempt may find another way. Milliseconds. */
const findMs = 8_000;

export class PodFinder {
  readonly #find: FindPod;
  readonly #signal: AbortSignal;
  #known: string | undefined;
  /** Where the way led last. A server that is too busy to answer its readiness probe is still there to be reached. */
  #last: string | undefined;
  #asking: Promise<string | null> | undefined;

  constructor(find: FindPod, signal: AbortSignal) {
    this.#find = find;
    this.#signal = signal;
  }

  /** null: none is ready, nor was one before that may still be there. Several who ask at once share one answer. Rejects as the given function does. */
  async pod(): Promise<string | null> {
    if (this.#known !== undefined) return this.#known;
    const signal = AbortSignal.any([this.#signal, AbortSignal.timeout(findMs)]);
    this.#asking ??= this.#find(signal).finally(() => (this.#asking = undefined));
    const found = await this.#asking;
    if (found === null) return this.#last ?? null;
    this.#last = this.#known = found;
    return found;
  }

  /** It does not exist any more. */
  gone(pod: string): void {
    this.forget(pod);
    if (pod === this.#last) this.#last = undefined;
  }

  /** @param pod only if it is this one; without: whichever it is */
  forget(pod?: string): void {
    if (pod === undefined || pod === this.#known) this.#known = undefined;
  }
}
