/** What the cluster was doing when a test failed, beside the test's own error: a failed run is often all there is to read. */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach } from 'vitest';
import { clusterDescription, runKubectl } from './cluster';

const patienceMs = 20_000;
const lineLength = 300;

afterEach(async ({ task }) => {
  if (task.result?.state === 'fail') throw new Error(await clusterTrouble());
});

async function clusterTrouble(): Promise<string> {
  const { kubeconfig, kubectl, root } = clusterDescription();
  const ask = (...args: string[]) => runKubectl(kubectl, kubeconfig, args, { timeout: patienceMs }).catch(String);
  const logged = (part: string, telling: RegExp, count: number) =>
    lines(readFileSync(join(root, 'logs', `${part}.log`), 'utf8').slice(-1_000_000), telling).slice(-count);
  return [
    'the cluster meanwhile:',
    ...lines(await ask('get', 'pods', '-A', '-o', 'wide')).slice(0, 20),
    ...lines(await ask('get', 'events', '-A', '--sort-by=.lastTimestamp', '--field-selector=type=Warning'))
      .filter((line) => !line.includes('MissingClusterDNS'))
      .slice(-8),
    // Waiting for a disk, or ended and not waited for.
    ...lines((await promisify(execFile)('ps', ['-eo', 'pid,stat,wchan:24,args'])).stdout, /^\s*\d+ [DZ]/).slice(0, 8),
    // A container that is asked for just after it went is nothing to tell of.
    ...logged('kubelet', /^[EF](?!.*NotFound)|PLEG is not|skipping pod/, 12),
    ...logged('containerd', /level=(error|fatal)(?!.*NotFound)/, 5),
  ].join('\n');
}

const lines = (text: string, telling = /./) =>
  text
    .split('\n')
    .filter((line) => telling.test(line))
    .map((line) => line.slice(0, lineLength));
