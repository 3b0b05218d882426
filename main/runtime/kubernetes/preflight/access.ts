/** May this user do what Labdock does? Asked of the API server, verb by verb. */
import type { Problem } from '../../../common/problem';
import type { PreflightFinding } from '../../runtime';
import { bounded, type Connection } from '../connection';
import { mapBounded } from './mapBounded';
import type { Question } from './permissions';

export interface Answer extends Question {
  allowed: boolean;
  /** The authorizer's own words, where it has any. */
  words: string;
}

/** Rejects with LabdockError where the API server cannot be asked. */
export async function askAccess(
  connection: Connection,
  namespace: string,
  questions: readonly Question[],
  signal?: AbortSignal,
): Promise<Answer[]> {
  return mapBounded(questions, 8, async (question) => {
    const { group, resource, subresource, verb } = question;
    const resourceAttributes = { namespace, group, resource, verb, ...(subresource && { subresource }) };
    const body = {
      apiVersion: 'authorization.k8s.io/v1',
      kind: 'SelfSubjectAccessReview',
      spec: { resourceAttributes },
    };
    const { status } = await connection.ask({ verb: 'create', resource: 'selfsubjectaccessreviews' }, () =>
      connection.authorization.createSelfSubjectAccessReview({ body }, bounded(signal)),
    );
    return { ...question, allowed: status?.allowed ?? false, words: status?.reason ?? '' };
  });
}

/** Pure: one finding per missing verb; a single one where nothing at all is allowed (another namespace was meant). */
export function accessFindings(answers: readonly Answer[], namespace: string): PreflightFinding[] {
  const missing = answers.filter(({ allowed }) => !allowed);
  if (missing.length > 0 && missing.length === answers.length) {
    const problem: Problem = { reason: 'cluster-forbidden', params: { verb: '*', resource: '*', namespace } };
    return [{ problem, blocks: true }];
  }
  return missing.map(({ verb, resource, subresource, needed, words }) => ({
    problem: {
      reason: 'cluster-forbidden',
      params: { verb, resource: subresource ? `${resource}/${subresource}` : resource, namespace },
      ...(words && { detail: words }),
    },
    blocks: needed,
  }));
}
