/** The API server's own word: what admission (pod security, limits, policies, webhooks) has against the objects, tried without making them. */
import type { V1Deployment } from '@kubernetes/client-node';
import { LabdockError, type Problem } from '../../../common/problem';
import { apply } from '../apply';
import type { Connection } from '../connection';
import { podOf } from '../manifests/pod';
import type { ServerObject } from '../manifests/objects';
import { placeOf } from '../resource';

/** Problems that others of preflight's checks tell better, or that are no matter of admission. */
const told = new Set<Problem['reason']>(['cluster-forbidden', 'apply-conflict', 'namespace-missing', 'service-account-missing']); // prettier-ignore

/**
 * @param podRuns quota would count the pod twice: it leaves before the next one comes
 * @returns at most one problem per object. Rejects with `cancelled`, `cluster-unreachable` and kin
 */
export async function dryRunProblems(
  connection: Connection,
  objects: readonly ServerObject[],
  podRuns: boolean,
  signal?: AbortSignal,
): Promise<Problem[]> {
  const deployment = objects.find((object): object is V1Deployment => object.kind === 'Deployment');
  const tries = objects.map((object) => apply(connection, object, { dryRun: true, force: true, signal }));
  if (deployment?.spec) tries.push(tryPod(connection, deployment, signal));
  const results = await Promise.allSettled(tries);
  const problems = results.flatMap((result) => {
    if (result.status === 'fulfilled') return [];
    if (!(result.reason instanceof LabdockError)) throw result.reason;
    const { problem } = result.reason;
    if (['cancelled', 'cluster-unreachable', 'cluster-credentials', 'cluster-tls'].includes(problem.reason))
      throw result.reason;
    return told.has(problem.reason) || (podRuns && problem.reason === 'quota-exceeded') ? [] : [problem];
  });
  return problems;
}

/** A Deployment is always admitted; its pod is what may be refused, and then nobody would tell. */
async function tryPod(connection: Connection, deployment: V1Deployment, signal?: AbortSignal) {
  const { name = '', namespace = '' } = deployment.metadata ?? {};
  const pod = podOf(`${name}-check`, namespace, deployment.spec!.template);
  const { collection, resource } = placeOf(pod);
  const query = { dryRun: 'All' };
  await connection.ask({ verb: 'create', resource, namespace, name }, () =>
    connection.request({ method: 'POST', path: collection, query, body: pod, signal }),
  );
  return pod;
}
