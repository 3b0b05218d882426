/** Questions main asks through the window: one at a time, answered with `app.answer`. */
import type { AppState } from '../workspace/state';
import type { Input } from '../workspace/procedures';

type Question = NonNullable<AppState['question']>;
/** A question before it has its id. */
export type Asked = Question extends infer Q ? (Q extends Question ? Omit<Q, 'id'> : never) : never;
export type Choice = Input<'app.answer'>['choice'];

/** What may be answered to what; anything else is ignored, the question stands. */
const choices: Record<Question['kind'], readonly Choice[]> = {
  quit: ['stop', 'keep', 'cancel'],
  unsaved: ['proceed', 'discard', 'cancel'],
  'busy-kernels': ['proceed', 'cancel'],
  'hand-installed': ['keep', 'discard', 'cancel'],
  move: ['proceed', 'cancel'],
};

export class Questions {
  #queue: { question: Question; resolve: (choice: Choice) => void }[] = [];
  #next = 1;
  readonly #changed: () => void;

  /** `changed` is called whenever {@link current} is another one. */
  constructor(changed: () => void) {
    this.#changed = changed;
  }

  get current(): Question | undefined {
    return this.#queue[0]?.question;
  }

  /** When the signal aborts the question has lost its point: it is cancelled. */
  ask(asked: Asked, signal?: AbortSignal): Promise<Choice> {
    const question = { id: String(this.#next++), ...asked };
    const withdraw = () => this.#withdraw((entry) => entry === question);
    signal?.addEventListener('abort', withdraw, { once: true });
    return new Promise<Choice>((resolve) => {
      this.#queue.push({ question, resolve });
      this.#changed();
      if (signal?.aborted) withdraw();
    }).finally(() => signal?.removeEventListener('abort', withdraw));
  }

  /** False when there is no such question or the choice does not fit it. */
  answer(id: string, choice: Choice): boolean {
    const index = this.#queue.findIndex((entry) => entry.question.id === id);
    const entry = this.#queue[index];
    if (!entry || !choices[entry.question.kind].includes(choice)) return false;
    this.#queue.splice(index, 1);
    entry.resolve(choice);
    this.#changed();
    return true;
  }

  /** Questions of this kind have lost their point: they are cancelled. */
  withdraw(kind: Question['kind']): void {
    this.#withdraw((question) => question.kind === kind);
  }

  #withdraw(pointless: (question: Question) => boolean): void {
    const gone = this.#queue.filter((entry) => pointless(entry.question));
    if (gone.length === 0) return;
    this.#queue = this.#queue.filter((entry) => !gone.includes(entry));
    for (const entry of gone) entry.resolve('cancel');
    this.#changed();
  }

  /** Nobody is left to answer (the system is ending the session): everything is cancelled. */
  cancelAll(): void {
    const queue = this.#queue;
    this.#queue = [];
    for (const entry of queue) entry.resolve('cancel');
    this.#changed();
  }
}
