import type { Problem } from '../../main/app/bridge/contract';
import { useProblemWords } from '../problem/useProblemWords';

/** One line for the place below a field: the cause, and what to do where there is more to say than the rule. */
export function useFieldWords(): (problem: Problem | undefined) => string | undefined {
  const words = useProblemWords();
  return (problem) => {
    if (!problem) return undefined;
    const { title, cause, next } = words(problem);
    return [cause || title, next].filter(Boolean).join(' ');
  };
}
