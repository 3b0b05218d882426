/** Is there a node for the server? Pure. What is found here may still change (autoscalers), so that it only blocks where the image cannot run. */
import type { V1Node } from '@kubernetes/client-node';
import type { Problem } from '../../../common/problem';
import type { ClusterServerSpec, PreflightFinding } from '../../runtime';
import { amount } from '../times';
import { containerDemand } from './demand';
import { show } from './quota';

const archLabel = 'kubernetes.io/arch';

export function architectureOf(node: V1Node): string {
  return node.status?.nodeInfo?.architecture ?? node.metadata?.labels?.[archLabel] ?? '';
}

/** @param nodes undefined where they may not be listed: then the setting says what they are */
export function nodeFindings(spec: ClusterServerSpec, nodes: readonly V1Node[] | undefined): PreflightFinding[] {
  const { architecture, image, settings } = spec;
  const wrong = (there: string): PreflightFinding => ({
    problem: { reason: 'image-architecture', params: { image, nodes: there } },
    blocks: true,
  });
  if (!nodes) {
    const told = settings.architecture;
    return told && architecture && told !== architecture ? [wrong(told)] : [];
  }
  const chosen = nodes.filter((node) => matches(node, settings.nodeSelector));
  if (chosen.length === 0) {
    if (nodes.length === 0) return [waits('the cluster has no nodes')];
    const selector = Object.entries(settings.nodeSelector).map(([key, value]) => `${key}=${value}`);
    return [waits(`no node has ${selector.join(', ')}`)];
  }
  const fitting = architecture === '' ? chosen : chosen.filter((node) => architectureOf(node) === architecture);
  if (fitting.length === 0) return [wrong([...new Set(chosen.map(architectureOf))].sort().join(', '))];
  return shortage(spec, fitting);
}

function matches(node: V1Node, selector: Record<string, string>): boolean {
  return Object.entries(selector).every(([key, value]) => node.metadata?.labels?.[key] === value);
}

/** No node is large enough, even when it is empty. */
function shortage(spec: ClusterServerSpec, nodes: readonly V1Node[]): PreflightFinding[] {
  const { requests } = containerDemand(spec);
  return Object.entries(requests).flatMap(([name, wanted]) => {
    const most = Math.max(...nodes.map(({ status }) => amount(status?.allocatable?.[name])));
    return wanted > most
      ? [waits(`${name}: ${show(name, wanted)} wanted, no node has more than ${show(name, most)}`)]
      : [];
  });
}

const waits = (message: string): PreflightFinding => {
  const problem: Problem = { reason: 'unschedulable', params: { message } };
  return { problem, blocks: false };
};
