/** Messages for the whole application, one per reason, until dismissed. */
import { isDeepStrictEqual } from 'node:util';
import type { Problem } from '../common/problem';

export class Notices {
  private items: { id: string; problem: Problem }[] = [];
  private count = 0;

  constructor(private readonly onChange: () => void) {}

  get list(): { id: string; problem: Problem }[] {
    return this.items;
  }

  add(problem: Problem): void {
    if (this.items.some((item) => isDeepStrictEqual(item.problem, problem))) return;
    // The newest of a kind stands for the older ones.
    const others = this.items.filter((item) => item.problem.reason !== problem.reason);
    this.items = [...others, { id: `${problem.reason}-${++this.count}`, problem }];
    this.onChange();
  }

  dismiss(id: string): void {
    this.items = this.items.filter((item) => item.id !== id);
    this.onChange();
  }

  /** What it said is no longer so. */
  clear(reason: Problem['reason']): void {
    if (!this.items.some((item) => item.problem.reason === reason)) return;
    this.items = this.items.filter((item) => item.problem.reason !== reason);
    this.onChange();
  }
}
