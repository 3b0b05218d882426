/** Everything that stands in the way of a server on a cluster, found before anything is made. */
import type { V1LimitRange, V1Namespace, V1Node, V1PersistentVolumeClaim, V1Pod, V1ResourceQuota } from '@kubernetes/client-node'; // prettier-ignore
import type { Problem } from '../../../common/problem';
import type { ClusterServerSpec, PreflightFinding } from '../../runtime';
import { foreignFindings } from './foreign';
import { bounded, type Connection } from '../connection';
import { volumeDifference } from '../immutable';
import type { ServerObject } from '../manifests/objects';
import { labelSelector, selectorLabels, serverSelector } from '../names';
import { amount } from '../times';
import { accessFindings, askAccess } from './access';
import { containerDemand, quotaDemand } from './demand';
import { dryRunProblems } from './dryRun';
import { look, lookAtList } from './look';
import { nodeFindings } from './nodes';
import { questions } from './permissions';
import { limitProblems, quotaProblems, withDefaults } from './quota';
import { referenceFindings } from './references';

/**
 * Worst first: what blocks, then what only may fail later. Empty: it will do.
 * @param objects as they would be applied (without the files' values, which do not matter here)
 * Rejects where the API server cannot be asked (`cluster-unreachable`, `cluster-credentials`, `cluster-tls`, `cancelled`).
 */
export async function preflight(
  connection: Connection,
  spec: ClusterServerSpec,
  objects: readonly ServerObject[],
  signal?: AbortSignal,
): Promise<PreflightFinding[]> {
  const { settings } = spec;
  const { namespace } = settings;
  const place = await namespaceFindings(connection, spec, signal);
  if (place.findings.length > 0 || !place.exists) {
    // What is in a namespace, and who may do what there, can only be asked once it is there.
    const nodes = await lookAtList<V1Node>(connection, 'nodes', '/api/v1/nodes', signal);
    return worstFirst([...place.findings, ...nodeFindings(spec, nodes)]);
  }
  const answers = await askAccess(connection, namespace, questions(settings.ingress !== null, await minor(connection, signal)), signal); // prettier-ignore
  const access = accessFindings(answers, namespace);
  // Nothing is allowed here: whatever else was asked would be refused as well.
  if (answers.every(({ allowed }) => !allowed)) return access;
  const may = (verb: string, resource: string) =>
    answers.some(
      (answer) => answer.allowed && answer.verb === verb && answer.resource === resource && !answer.subresource,
    );
  const present = await presentOf(connection, spec, may, signal);
  const [nodes, references, limits, foreign] = await Promise.all([
    lookAtList<V1Node>(connection, 'nodes', '/api/v1/nodes', signal),
    referenceFindings(connection, spec, present.claim !== undefined, signal),
    budgetProblems(connection, spec, present, signal),
    foreignFindings(connection, spec, objects, signal),
  ]);
  const volume = present.claim && volumeDifference(present.claim, settings);
  // Without `patch` and `create` the answers would only be their absence.
  const admission =
    foreign.length === 0 && may('patch', 'deployments') && may('create', 'pods')
      ? await dryRunProblems(connection, withoutClaim(objects, volume), present.pods.length > 0, signal)
      : [];
  const arithmetic = new Set(limits.map(({ reason }) => reason));
  const blocking = [
    ...limits,
    ...(volume ? [volume] : []),
    ...admission.filter(({ reason }) => !arithmetic.has(reason)),
  ];
  return worstFirst([
    ...access,
    ...foreign,
    ...references,
    ...distinct(blocking).map((problem) => ({ problem, blocks: true })),
    ...nodeFindings(spec, nodes),
  ]);
}

/** A claim that cannot be changed as wanted would only be refused in worse words. */
function withoutClaim(objects: readonly ServerObject[], volume: Problem | undefined): ServerObject[] {
  return objects.filter(({ kind }) => !volume || kind !== 'PersistentVolumeClaim');
}

/** Pure; keeps the order otherwise. */
export function worstFirst(findings: readonly PreflightFinding[]): PreflightFinding[] {
  return [...findings.filter(({ blocks }) => blocks), ...findings.filter(({ blocks }) => !blocks)];
}

function distinct(problems: readonly Problem[]): Problem[] {
  const seen = new Set<string>();
  return problems.filter(({ reason, params }) => {
    const key = JSON.stringify([reason, params]);
    return !seen.has(key) && seen.add(key);
  });
}

async function minor(connection: Connection, signal?: AbortSignal): Promise<number> {
  const found = await connection.version.getCode({}, bounded(signal)).catch(() => undefined);
  return Number.parseInt(found?.minor ?? '', 10);
}

interface Place {
  /** As far as may be seen: a namespace that may not be looked at counts as there. */
  exists: boolean;
  findings: PreflightFinding[];
}

async function namespaceFindings(
  connection: Connection,
  spec: ClusterServerSpec,
  signal?: AbortSignal,
): Promise<Place> {
  const { namespace, createNamespace } = spec.settings;
  const found = await look(connection, 'get', 'namespaces', `/api/v1/namespaces/${namespace}`, signal);
  if (found === undefined) return { exists: true, findings: [] };
  const finding = (problem: Problem): Place => ({ exists: found !== null, findings: [{ problem, blocks: true }] });
  if (found !== null) {
    const { status } = found as V1Namespace;
    if (status?.phase === 'Terminating') return finding({ reason: 'namespace-terminating', params: { namespace } });
    return { exists: true, findings: [] };
  }
  if (!createNamespace) return finding({ reason: 'namespace-missing', params: { namespace } });
  const question = { group: '', resource: 'namespaces', subresource: '', needed: true };
  const answers = await askAccess(connection, '', [{ ...question, verb: 'create' }, { ...question, verb: 'patch' }], signal); // prettier-ignore
  const missing = answers.find(({ allowed }) => !allowed);
  if (!missing) return { exists: false, findings: [] };
  return finding({
    reason: 'cluster-forbidden',
    params: { verb: missing.verb, resource: 'namespaces', namespace: '' },
  });
}

interface PresentObjects {
  claim?: V1PersistentVolumeClaim;
  pods: V1Pod[];
}

/** What the workspace has there already. */
async function presentOf(
  connection: Connection,
  { workspaceId, settings }: ClusterServerSpec,
  may: (verb: string, resource: string) => boolean,
  signal?: AbortSignal,
): Promise<PresentObjects> {
  const root = `/api/v1/namespaces/${settings.namespace}`;
  const list = async <T>(resource: string, labels: Record<string, string>) => {
    if (!may('list', resource)) return [];
    const query = `labelSelector=${encodeURIComponent(labelSelector(labels))}`;
    return (await lookAtList<T>(connection, resource, `${root}/${resource}?${query}`, signal)) ?? [];
  };
  const [claims, pods] = await Promise.all([
    list<V1PersistentVolumeClaim>('persistentvolumeclaims', selectorLabels(workspaceId)),
    list<V1Pod>('pods', serverSelector(workspaceId)),
  ]);
  const [claim] = claims;
  return { ...(claim && { claim }), pods };
}

async function budgetProblems(
  connection: Connection,
  spec: ClusterServerSpec,
  { claim, pods }: PresentObjects,
  signal?: AbortSignal,
): Promise<Problem[]> {
  const { namespace, storage } = spec.settings;
  const root = `/api/v1/namespaces/${namespace}`;
  const [quotas = [], ranges = []] = await Promise.all([
    lookAtList<V1ResourceQuota>(connection, 'resourcequotas', `${root}/resourcequotas`, signal),
    lookAtList<V1LimitRange>(connection, 'limitranges', `${root}/limitranges`, signal),
  ]);
  const volumeGiB = amount(claim?.spec?.resources?.requests?.['storage']) / 2 ** 30;
  const container = withDefaults(containerDemand(spec), ranges);
  const demand = quotaDemand(spec, container, { pod: pods.length > 0, volumeGiB, others: claim !== undefined });
  return [
    ...quotaProblems(quotas, demand, container),
    ...limitProblems(ranges, container, volumeGiB === 0 ? storage.sizeGiB : Math.max(volumeGiB, storage.sizeGiB)),
  ];
}
