/** A workspace of the whole heart with a place on the test cluster, and what tests of switches do with it. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { defaultClusterSettings, type ClusterSettings } from '../../../main/runtime/kubernetes/model';
import type { TargetKind } from '../../../main/workspace/model';
import type { Endpoint } from '../../../main/workspace/service';
import type { MoveReport, MoveState } from '../../../main/workspace/state';
import { testBase } from '../../harness/baseImage';
import { testCluster, testNamespace, type NamespaceOptions, type TestNamespace } from '../../harness/cluster';
import { machineEngine } from '../../harness/engine';
import { runCell } from '../../docker/service/kernelClient';
import { ok, openBench, type Bench } from '../../docker/service/workbench';

export interface ClusterBench {
  bench: Bench;
  namespace: TestNamespace;
  settings: ClusterSettings;
  /** Absolute path in the workspace's folder. */
  path(...names: string[]): string;
  start(): Promise<Endpoint>;
  stop(): Promise<void>;
  /** Resolves when the switch is over, with its report; none where it was taken back. */
  switchTo(to: TargetKind, during?: (move: MoveState) => boolean, act?: () => unknown): Promise<MoveReport | undefined>;
  /** Of the server, which is ready. */
  endpoint(): Endpoint;
  /** {@link hashes} of the folder on this computer, and of the files beside the ready server on the cluster. */
  here(): Promise<Record<string, string>>;
  there(): Promise<Record<string, string>>;
  /** Names of the pods that are servers. */
  serverPods(): Promise<string[]>;
  destroy(): Promise<void>;
}

export interface BenchOptions extends NamespaceOptions {
  /** Default: the administrator's. Where it is another's, the settings name its context. */
  kubeconfig?: string;
  settings?: Partial<ClusterSettings>;
  /** One that is there, and stays. */
  namespace?: TestNamespace;
}

/** In the middle of the copying. */
export const copying = ({ stage, bytesDone }: MoveState) => stage === 'copying' && bytesDone > 10_000_000;

export async function openClusterBench(options: BenchOptions = {}): Promise<ClusterBench> {
  const cluster = testCluster();
  const before = process.env['KUBECONFIG'];
  process.env['KUBECONFIG'] = options.kubeconfig ?? cluster.kubeconfig;
  const namespace = options.namespace ?? (await testNamespace({ restricted: true, ...options }));
  const bench = await openBench(`unix://${await machineEngine()}`, await testBase());
  const settings: ClusterSettings = {
    ...defaultClusterSettings,
    context: cluster.context,
    namespace: namespace.name,
    repository: `${cluster.registry}/labdock/switch`,
    storage: { className: '', sizeGiB: 1 },
    memoryRequestMiB: 128,
    cpuRequest: 0.05,
    ...options.settings,
  };
  await bench.update({ cluster: settings }, false);
  const endpoint = () => bench.service.endpoint(bench.id)!;
  return {
    bench,
    namespace,
    settings,
    path: (...names) => join(bench.state().workspace.folder, ...names),
    start: () => bench.start(),
    stop: () => bench.stop(120_000),
    endpoint,
    here: () => hashes(bench.state().workspace.folder),
    there: async () => JSON.parse(await runCell(endpoint(), hashesThere)) as Record<string, string>,
    serverPods: async () =>
      (await namespace.get('pods', '-l', 'app.kubernetes.io/name=jupyterlab')).items!.map(
        ({ metadata }) => metadata.name,
      ),
    async switchTo(to, during, act) {
      ok(await bench.service.procedures['move.start']({ id: bench.id, to }));
      if (during && act) {
        await bench.settled(({ move }) => !move || during(move), 300_000);
        if (!bench.state().move) throw new Error('the switch was over before it could be disturbed');
        await act();
      }
      const { moved } = await bench.settled((state) => state.move === undefined, 400_000);
      return moved;
    },
    async destroy() {
      await bench.destroy();
      if (!options.namespace) await namespace.dispose();
      if (before === undefined) delete process.env['KUBECONFIG'];
      else process.env['KUBECONFIG'] = before;
    },
  };
}

/** sha256 of every file below a folder by its relative path, without what is Labdock's own. */
async function hashes(folder: string): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const entry of await readdir(folder, { withFileTypes: true, recursive: true })) {
    const absolute = join(entry.parentPath, entry.name);
    const relative = absolute.slice(folder.length + 1);
    if (!entry.isFile() || relative.startsWith('.labdock/')) continue;
    const hash = createHash('sha256');
    await pipeline(createReadStream(absolute), hash);
    found[relative] = hash.digest('hex');
  }
  return found;
}

/** The same of a server's folder, printed by a kernel as one line of JSON. */
const hashesThere = `
import hashlib, json, os
found = {}
for folder, folders, files in os.walk("."):
    if folder == ".": folders[:] = [name for name in folders if name != ".labdock"]
    for name in files:
        path = os.path.join(folder, name)
        found[os.path.relpath(path, ".")] = hashlib.sha256(open(path, "rb").read()).hexdigest()
print(json.dumps(found))
`;
