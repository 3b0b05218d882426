/** What main checks before it believes a call from the window. Pure: tested without electron. */
import type { z } from 'zod';
import type { Problem } from '../../common/problem';
import { procedureInputs, type Outcome, type ProcedureName } from '../../workspace/procedures';

export const appOrigin = 'app://labdock';

/** The parts of Electron's `WebFrameMain` that say who is calling. */
export interface Sender {
  url: string;
  origin: string;
  isTopFrame: boolean;
  /** Is it the trusted window's own page, not another WebContents. */
  isTrustedPage: boolean;
}

/** Exactly the trusted page in the trusted window's top frame; a prefix such as app://labdock.example is somebody else. */
export function isTrustedSender(sender: Sender | null): boolean {
  return (
    sender !== null &&
    sender.isTrustedPage &&
    sender.isTopFrame &&
    sender.origin === appOrigin &&
    sender.url.startsWith(`${appOrigin}/`)
  );
}

export function isProcedureName(name: unknown): name is ProcedureName {
  return typeof name === 'string' && Object.hasOwn(procedureInputs, name);
}

export type Checked<P extends ProcedureName> =
  | { ok: true; value: z.output<(typeof procedureInputs)[P]> }
  | { ok: false; problem: Problem; fields: Record<string, Problem> };

/** Runs the procedure's schema. Field names are dotted paths, without the envelope's own `draft.`, as the forms know them. */
export function checkInput<P extends ProcedureName>(name: P, input: unknown): Checked<P> {
  const result = procedureInputs[name].safeParse(input);
  if (result.success) return { ok: true, value: result.data as z.output<(typeof procedureInputs)[P]> };
  const fields: Record<string, Problem> = {};
  for (const issue of result.error.issues) {
    const path = issue.path
      .map(String)
      .join('.')
      .replace(/^draft\./, '');
    // The first rule a field breaks is the one worth saying.
    fields[path] ??= { reason: 'field-invalid', params: { rule: rule(issue) } };
  }
  return { ok: false, problem: { reason: 'field-invalid', params: { rule: Object.keys(fields)[0] ?? '' } }, fields };
}

/** Our schemas' messages are rule keys (`port`, `too-long`); zod's own English becomes its code in the same form. */
function rule(issue: { code: string; message: string }): string {
  return /^[a-z0-9]+(?:-[a-z0-9]+)*$/.test(issue.message) ? issue.message : issue.code.replaceAll('_', '-');
}

/** An Outcome as it crosses the bridge: `detail` bounded, so that a build's whole log never rides on an error. */
export function boundOutcome<T>(outcome: Outcome<T>): Outcome<T> {
  if (outcome.ok || (outcome.problem.detail?.length ?? 0) <= maxDetail) return outcome;
  return { ...outcome, problem: { ...outcome.problem, detail: outcome.problem.detail?.slice(-maxDetail) } };
}
const maxDetail = 20_000;
