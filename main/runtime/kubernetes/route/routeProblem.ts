/** Why a route leads nowhere, for the condition `Route`. Pure. */
import { toProblem, type Problem, type Reason } from '../../../common/problem';

/** What a person has to mend; everything else mends itself, and is a lost connection meanwhile. */
export const theirs: ReadonlySet<Reason> = new Set<Reason>([
  'cluster-credentials',
  'cluster-forbidden',
  'cluster-tls',
  'credential-plugin-missing',
  'credential-plugin-failed',
  'credential-plugin-slow',
  'kubeconfig-invalid',
  'kubeconfig-missing',
  'context-missing',
  'namespace-missing',
]);

export function routeProblem(error: unknown, port: number): Problem {
  const problem = toProblem(error);
  if (theirs.has(problem.reason)) return problem;
  const detail = problem.detail ?? problem.reason;
  return { reason: 'route-lost', params: { port }, detail };
}
