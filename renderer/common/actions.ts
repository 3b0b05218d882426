/** Calls whose refusal the user must see: it is kept until dismissed, and shown by dialogs/Toasts. */
import { useSyncExternalStore } from 'react';
import type { Input, Output, Problem, ProcedureName } from '../../main/app/bridge/contract';
import { call } from '../bridge';

export interface Toast {
  key: number;
  problem: Problem;
}

let toasts: readonly Toast[] = [];
let nextKey = 1;
const listeners = new Set<() => void>();
const set = (next: readonly Toast[]) => {
  toasts = next;
  for (const listener of listeners) listener();
};

export function complain(problem: Problem) {
  if (problem.reason === 'cancelled') return;
  const twin = toasts.find((t) => t.problem.reason === problem.reason);
  set([...toasts.filter((t) => t !== twin), { key: nextKey++, problem }].slice(-3));
}
export const dismissToast = (key: number) => set(toasts.filter((t) => t.key !== key));

export function useToasts() {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => toasts,
  );
}

/** Runs a procedure; a refusal is shown to the user and comes back as undefined. */
export async function act<P extends ProcedureName>(
  name: P,
  ...input: undefined extends Input<P> ? [] : [Input<P>]
): Promise<{ value: Output<P> } | undefined> {
  const outcome = await call(name, ...input);
  if (outcome.ok) return { value: outcome.value };
  complain(outcome.problem);
  return undefined;
}
