/** Waiting for what a call has set going: bounded, and with the cause where it does not come. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { V1Pod } from '@kubernetes/client-node';
import { asError, LabdockError } from '../../common/problem';
import { isOver, nodeLostProblem } from './observation';
import type { ServerObjects } from './serverObjects';

const lookMs = 300;

/**
 * Resolves when none of these pods has processes any more.
 * Rejects with `node-lost` where kubelet does not answer for its pod: it is not deleted by force, since its processes may
 * still be there and write, and `cluster-error` where it stays for another reason.
 */
export async function podsGone(
  objects: ServerObjects,
  read: () => Promise<V1Pod[]>,
  limitMs: number,
  signal?: AbortSignal,
): Promise<void> {
  const until = performance.now() + limitMs;
  for (;;) {
    if (signal?.aborted) throw new LabdockError('cancelled');
    const [left] = (await read()).filter((pod) => !isOver(pod));
    if (!left) return;
    if (performance.now() > until) throw await whyItStays(objects, left);
    await sleep(lookMs, undefined, { signal }).catch(() => undefined);
  }
}

async function whyItStays(objects: ServerObjects, pod: V1Pod): Promise<LabdockError> {
  const node = pod.spec?.nodeName;
  if (node !== undefined && (await objects.nodeIsLost(node).catch(() => false))) return asError(nodeLostProblem(pod));
  return new LabdockError('cluster-error', { message: `pod ${pod.metadata?.name} does not end` });
}
