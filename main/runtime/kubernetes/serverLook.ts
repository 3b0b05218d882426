/** One look at a server: Deployment and pods, and what explains them where something waits. */
import type { V1Pod } from '@kubernetes/client-node';
import { claimName, questionsOf, serverPods, serverStatus, startOf, toObservation, wantsPod, type Clues, type Questions, type Seen } from './observation'; // prettier-ignore
import type { PatienceMemory } from './patienceMemory';
import type { ServerObjects } from './serverObjects';

export async function lookAtServer(
  objects: ServerObjects,
  workspaceId: string,
  memory: PatienceMemory,
  known: Set<string>,
): Promise<(Seen & { name: string }) | null> {
  const asked = objects.pods(workspaceId);
  // Both are asked at once; where neither may be read, the same permission is named every time.
  asked.catch(() => undefined);
  const deployment = await objects.deployment(workspaceId);
  if (!deployment) return null;
  const pods = serverPods(deployment, await asked);
  for (const pod of pods) {
    const restarts = serverStatus(pod)?.restartCount ?? 0;
    memory.sawFirst(pod.metadata?.uid ?? '', known.has(workspaceId) ? 0 : restarts);
  }
  known.add(workspaceId);
  const questions = questionsOf(pods[0], wantsPod(deployment), memory);
  const clues = await cluesFor(objects, questions, pods[0], claimName(deployment), startOf(deployment));
  return { ...toObservation(deployment, pods, clues, memory), name: deployment.metadata?.name ?? '' };
}

/** Who may not see events, claims or nodes is told what the pod itself says. */
export async function cluesFor(
  objects: ServerObjects,
  questions: Questions,
  pod: V1Pod | undefined,
  claim: string,
  since: number,
): Promise<Clues> {
  const [ofPod, ofClaim, claimLook, missingPullSecrets, nodeLost] = await Promise.all([
    questions.events ? objects.eventsOf(pod?.metadata?.name ?? '') : [],
    questions.events && questions.claim ? objects.eventsOf(claim) : [],
    questions.claim && claim !== '' ? objects.claim(claim).catch(() => undefined) : undefined,
    objects.missingSecrets(questions.pullSecrets),
    questions.node === undefined ? false : objects.nodeIsLost(questions.node).catch(() => undefined),
  ]);
  const events = [...ofPod, ...ofClaim.filter(({ time }) => time >= since)];
  // Where nodes may not be read: the node controller writes it on the pods it takes for lost.
  const toldByEvent = ofPod.some(({ reason }) => reason === 'NodeNotReady');
  const silent = nodeLost ?? (questions.node !== undefined && (toldByEvent || questions.nodeSilent === true));
  return { events, missingPullSecrets, nodeLost: silent, ...(claimLook && { claim: claimLook }) };
}
