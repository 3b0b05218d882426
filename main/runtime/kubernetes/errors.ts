/**
 * What an API server says, in our words. Pure. Its `Status` gives a code, a reason and details; admission (quota, pod
 * security, limits, webhooks) says what it means in the message alone, so those sentences are matched: they are stable
 * (k8s.io/apiserver and plugin/pkg/admission). The original words go into `detail`.
 */
import { LabdockError, type Problem } from '../../common/problem';
import { forbiddenProblem } from './forbidden';
import { networkProblem } from './networkErrors';
import { short, statusOf, type ApiAnswer } from './status';

export { statusCode, statusOf, isNotFound, isConflict, isAlreadyThere } from './status';

/** What was asked of whom; goes into the problem's params where its reason uses them. */
export interface ErrorContext {
  connection: { context: string; server: string; user: string };
  verb?: string;
  /** Plural, with subresource: `pods/exec`. */
  resource?: string;
  namespace?: string;
  /** The object's name. */
  name?: string;
}

/** Anything thrown while speaking to an API server becomes a LabdockError; one that is already passes through. */
export function apiError(error: unknown, about: ErrorContext): LabdockError {
  if (error instanceof LabdockError) return error;
  const make = ({ reason, params, detail }: Problem) =>
    new LabdockError(reason, params, { ...(detail && { detail: withoutSecrets(detail) }), cause: error });
  const answer = statusOf(error);
  return make(answer ? answerProblem(answer, about) : networkProblem(error, about.connection));
}

/** A problem for an answer other than 2xx. */
export function answerProblem(answer: ApiAnswer, about: ErrorContext): Problem {
  const { connection } = about;
  const { code, status } = answer;
  const message = (status?.message ?? answer.text ?? `HTTP ${code}`).trim();
  const detail = message;
  const at = { context: connection.context, server: connection.server };
  if (code === 401)
    return { reason: 'cluster-credentials', params: { context: at.context, user: connection.user }, detail };
  if (code === 403) return forbiddenProblem(message, status, about);
  if (code === 404 && status?.details?.kind === 'namespaces' && about.resource !== 'namespaces')
    return { reason: 'namespace-missing', params: { namespace: status.details.name ?? about.namespace ?? '' }, detail };
  if (code === 409) {
    const conflict = conflictOf(answer);
    if (conflict) return { reason: 'apply-conflict', params: conflict, detail };
  }
  if (/^admission webhook ".*" denied the request|^ValidatingAdmissionPolicy |denied request/.test(message))
    return { reason: 'admission-denied', params: { message: short(message) }, detail };
  // A proxy on the way, or a server that starts, stops or is overloaded: what was asked may well be right.
  if (code === 407 || code === 429 || code === 502 || code === 503 || code === 504)
    return { reason: 'cluster-unreachable', params: at, detail: `HTTP ${code}: ${short(message)}` };
  return { reason: 'cluster-error', params: { message: short(message) }, detail };
}

/** Who else set what (server-side apply), from the causes of a 409; undefined: another kind of conflict. */
function conflictOf({ status }: ApiAnswer): { manager: string; fields: string } | undefined {
  const causes = status?.details?.causes?.filter(({ reason }) => reason === 'FieldManagerConflict') ?? [];
  if (causes.length === 0) return undefined;
  const managers = causes.map(({ message }) => /conflict with "([^"]*)"/.exec(message ?? '')?.[1] ?? '?');
  const fields = causes.map(({ field }) => field ?? '?');
  return { manager: unique(managers).join(', '), fields: short(unique(fields).join(', ')) };
}

const unique = (words: string[]) => [...new Set(words)];

/** Bearer tokens, passwords in URLs, and long base64 runs (certificates, keys) never stand in a log. */
export function withoutSecrets(text: string): string {
  return text
    .replace(/\b(Bearer|Basic)\s+[\w.~+/=-]+/gi, '$1 <hidden>')
    .replace(/\/\/[^/\s:@]+:[^/\s@]+@/g, '//<hidden>@')
    .replace(/\beyJ[\w-]{8,}\.[\w-]+\.[\w-]+/g, '<hidden>')
    .replace(/[A-Za-z0-9+/]{120,}={0,2}/g, '<hidden>');
}
