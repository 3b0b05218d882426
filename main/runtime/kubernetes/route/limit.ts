/** So many at a time; the rest waits in order, and beyond `waiting` nobody does. */
export class Limit {
  #running = 0;
  readonly #queue: (() => void)[] = [];

  constructor(
    readonly most: number,
    readonly waiting: number = Infinity,
  ) {}

  /** @returns undefined, without a call, where too many wait already */
  async run<T>(work: () => Promise<T>): Promise<T | undefined> {
    if (this.#running >= this.most) {
      if (this.#queue.length >= this.waiting) return undefined;
      // Whoever leaves hands the place on, so that nobody slips in between.
      await new Promise<void>((resolve) => this.#queue.push(resolve));
    } else this.#running += 1;
    try {
      return await work();
    } finally {
      const next = this.#queue.shift();
      if (next) next();
      else this.#running -= 1;
    }
  }
}
