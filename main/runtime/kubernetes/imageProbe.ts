/** Looks into an image with a pod that is thrown away: for images that no engine of this computer has. */
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { V1Pod } from '@kubernetes/client-node';
import { asError, LabdockError } from '../../common/problem';
import { containerSecurity, placement, podSecurity } from './manifests/pod';
import type { ClusterSettings } from './model';
import { isOver, podWait, questionsOf, serverStatus } from './observation';
import { serverContainer } from './names';
import { PatienceMemory } from './patienceMemory';
import { openStream } from './responseStream';
import { cluesFor } from './serverLook';
import type { ServerObjects } from './serverObjects';
import { timeMs } from './times';

export interface ProbeRequest {
  image: string;
  pullPolicy: 'Always' | 'IfNotPresent';
  settings: ClusterSettings;
  script: string;
}

/** Seconds the script may take; pulling the image comes before, and is bounded apart. */
const scriptSeconds = 120;
const pullMs = 900_000;
const lookMs = 400;
/** What a probe prints is a few lines. */
const mostOutput = 64 * 1024;

const probeLabels = {
  'app.kubernetes.io/component': 'probe',
  'app.kubernetes.io/part-of': 'labdock',
  'app.kubernetes.io/managed-by': 'labdock',
};

/** Pure. As restricted as a server and labelled as its pod by the user, without volumes, token or secrets. */
export function probePod(
  { image, pullPolicy, settings, script }: ProbeRequest,
  name: string,
  namespace: string,
): V1Pod {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name,
      namespace,
      labels: { ...settings.podLabels, ...probeLabels },
      annotations: settings.podAnnotations,
    },
    spec: {
      restartPolicy: 'Never',
      activeDeadlineSeconds: pullMs / 1000 + scriptSeconds,
      terminationGracePeriodSeconds: 1,
      ...placement(settings, ''),
      securityContext: podSecurity(settings),
      containers: [
        {
          name: serverContainer,
          image,
          imagePullPolicy: pullPolicy,
          // Both streams come back as one: what the script complains of must not be taken for its answer.
          command: ['/bin/sh', '-c', `exec 2>/dev/null\n${script}`],
          securityContext: containerSecurity,
          resources: {
            requests: { cpu: '50m', memory: '64Mi' },
            limits: { memory: '512Mi', ...(settings.cpuLimit > 0 && { cpu: '1' }) },
          },
        },
      ],
    },
  };
}

/** Rejects as a start does: `image-pull-failed`, `unschedulable`, `pod-security`, … */
export async function probeImage(
  objects: ServerObjects,
  request: ProbeRequest,
  signal: AbortSignal,
): Promise<{ code: number; stdout: string }> {
  await sweep(objects).catch(() => undefined);
  const name = `labdock-probe-${randomBytes(5).toString('hex')}`;
  const body = probePod(request, name, objects.namespace);
  // Not cancelled on the way: the API server would make it although nobody removes it any more.
  await objects.ask('create', 'pods', { method: 'POST', path: objects.path('', 'pods'), body });
  try {
    const code = await ending(objects, name, request.image, signal);
    return { code, stdout: await output(objects, name, signal) };
  } finally {
    await objects.delete('', 'pods', name, { gracePeriodSeconds: 0 }).catch(() => undefined);
  }
}

async function ending(objects: ServerObjects, name: string, image: string, signal: AbortSignal): Promise<number> {
  const memory = new PatienceMemory();
  let until = performance.now() + pullMs;
  for (;;) {
    if (signal.aborted) throw new LabdockError('cancelled');
    const pod = await objects.pod(name, signal);
    if (!pod) throw new LabdockError('removed-outside');
    const ended = serverStatus(pod)?.state?.terminated;
    if (ended && ended.reason !== 'StartError' && ended.reason !== 'ContainerCannotRun') return ended.exitCode;
    if (serverStatus(pod)?.state?.running) until = Math.min(until, performance.now() + scriptSeconds * 1000);
    const since = timeMs(pod.metadata?.creationTimestamp) || 0;
    const clues = await cluesFor(objects, questionsOf(pod, true, memory), pod, '', since);
    const { problem } = podWait(pod, [pod], { image, memoryLimitMiB: 512 }, clues, memory);
    if (problem) throw asError(problem);
    if (isOver(pod) || performance.now() > until)
      throw new LabdockError('container-refused', { message: pod.status?.message ?? pod.status?.phase ?? '' });
    await sleep(lookMs, undefined, { signal }).catch(() => undefined);
  }
}

async function output(objects: ServerObjects, name: string, signal: AbortSignal): Promise<string> {
  const path = `${objects.path('', 'pods')}/${name}/log`;
  const body = await openStream(
    objects.connection,
    path,
    { container: serverContainer, limitBytes: String(mostOutput) },
    signal,
  );
  const chunks: Buffer[] = [];
  for await (const chunk of body as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}

/** What a Labdock that crashed left behind, once it has surely ended. */
async function sweep(objects: ServerObjects): Promise<void> {
  const labelSelector = Object.entries(probeLabels)
    .map(([key, value]) => `${key}=${value}`)
    .join(',');
  const path = objects.path('', 'pods');
  const { items } = (await objects.ask('list', 'pods', { method: 'GET', path, query: { labelSelector } })) as {
    items: V1Pod[];
  };
  for (const pod of items.filter(isOver))
    if (Date.now() - timeMs(pod.metadata?.creationTimestamp) > 2 * pullMs)
      await objects.delete('', 'pods', pod.metadata?.name ?? '');
}
