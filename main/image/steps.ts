/** What a build step of the shipped Dockerfile is about, and what its failure means beyond the engine's words. Pure. */
import type { Problem } from '../common/problem';

/** `base`: what comes before any environment; `lab`: JupyterLab's; `assemble`: copies and settings of the last stage. */
export type StepSubject =
  { part: 'base' } | { part: 'kernel'; kernel: string } | { part: 'lab' } | { part: 'assemble' };

/**
 * @param label a step as any builder says it: `RUN ["/bin/sh", …, "py313"]`, `COPY kernels/py313/ …`, `FROM ground AS kernel-py313`,
 * BuildKit's `[kernel-py313 2/3] RUN …`.
 */
export function explainStep(label: string): StepSubject {
  const environment =
    /make-environment"?,? "?([a-z0-9][\w.-]*)/.exec(label)?.[1] ??
    /^\[kernel-([a-z0-9][\w.-]*) \d+\/\d+\]/.exec(label)?.[1] ??
    /^FROM ground AS kernel-([a-z0-9][\w.-]*)/i.exec(label)?.[1] ??
    /^(?:\[[^\]]*\] )?COPY kernels\/([^/\s]+)\//.exec(label)?.[1];
  if (environment) return { part: 'kernel', kernel: environment };
  if (/make-lab|^\[lab |COPY lab\/|FROM ground AS lab\b/i.test(label)) return { part: 'lab' };
  if (/COPY (?:--from=|system\/)|^\[workspace |FROM lab AS workspace|exporting|writing image|naming to/i.test(label))
    return { part: 'assemble' };
  return { part: 'base' };
}

/** Conda's solvers and pip's resolver, when every package exists but not together. */
const conflict =
  /LibMambaUnsatisfiableError|UnsatisfiableError|The following packages are incompatible|ResolutionImpossible|conflicting dependencies/;

/** Names what the engine cannot know: a base without conda, packages that do not fit together. Others pass unchanged. */
export function explainBuildProblem(problem: Problem, base: string): Problem {
  const detail = problem.detail ?? '';
  if (problem.reason !== 'build-failed' && problem.reason !== 'package-not-found') return problem;
  if (detail.includes('labdock: base-without-conda'))
    return { ...problem, reason: 'base-without-conda', params: { reference: base } };
  if (problem.reason === 'build-failed' && conflict.test(detail)) {
    const subject = explainStep(String(problem.params?.['instruction'] ?? ''));
    const kernel = subject.part === 'kernel' ? subject.kernel : subject.part;
    return { ...problem, reason: 'packages-conflict', params: { kernel } };
  }
  return problem;
}
