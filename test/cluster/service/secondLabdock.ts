/** Another Labdock at the same workspace, in a process of its own: with its own settings and folder, on the same cluster. */
import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { TargetKind } from '../../../main/workspace/model';
import type { Outcome } from '../../../main/workspace/procedures';
import type { WorkspaceState } from '../../../main/workspace/state';
import { bundled } from '../../harness/bundle';
import { run } from '../../harness/processes';
import type { ClusterBench } from './bench';

/** What is asked of it, one after the other, and answered each time as it is over. */
export type Ask =
  | { name: 'move.preview' | 'move.start'; input: { to: TargetKind } }
  | { name: 'workspace.start'; input: object }
  | { name: 'workspace.remove'; input: { removeHome: boolean; typedName: string } };

/** `state` as it is once what was asked for is over. */
export interface Answer {
  outcome: Outcome<unknown>;
  state?: WorkspaceState;
}

const root = join(import.meta.dirname, '../../..');

export class SecondLabdock {
  private constructor(
    private readonly script: string,
    private readonly at: ClusterBench,
    private readonly folder: string,
  ) {}

  static async make(at: ClusterBench): Promise<SecondLabdock> {
    const folder = join(at.bench.folder, 'second');
    await mkdir(folder, { recursive: true });
    return new SecondLabdock(await bundle(folder), at, folder);
  }

  /** @param target where the workspace is, as its settings have it */
  async ask(target: TargetKind, asks: readonly Ask[]): Promise<Answer[]> {
    const { bench } = this.at;
    const dataFolder = join(this.folder, `data-${target}`);
    await cp(join(bench.folder, 'data'), dataFolder, { recursive: true });
    const work = join(this.folder, 'work');
    await mkdir(work, { recursive: true });
    const path = join(dataFolder, 'settings.json');
    const settings = JSON.parse(await readFile(path, 'utf8')) as { workspaces: object[] };
    const mine = { folder: work, target: { kind: target }, wanted: 'stopped' };
    const workspaces = settings.workspaces.map((one) => ({ ...one, ...mine }));
    await writeFile(path, JSON.stringify({ ...settings, workspaces }));
    const places = {
      dataFolder,
      resourcesFolder: join(root, 'resources'),
      home: join(this.folder, 'home'),
      defaultsPath: join(bench.folder, 'defaults.json'),
    };
    const given = { places, secrets: join(bench.folder, 'keychain.json'), id: bench.id, asks };
    const output = await run([process.execPath, this.script, JSON.stringify(given)], { timeout: 300_000 });
    return output.split('\n').flatMap((line) => (line.startsWith('{"outcome"') ? [JSON.parse(line) as Answer] : []));
  }
}

function bundle(folder: string): Promise<string> {
  const docker = join(root, 'test/docker/service');
  return bundled(
    folder,
    `import { createService } from ${JSON.stringify(join(root, 'main/workspace/createService.ts'))};
     import { fileStore } from ${JSON.stringify(join(docker, 'fileStore.ts'))};
     const { places, secrets, id, asks } = JSON.parse(process.argv[2]);
     const service = createService({ ...places, keychain: () => fileStore(secrets) });
     const until = async (holds) => {
       while (service.workspace(id) && !holds(service.workspace(id))) await new Promise((next) => setTimeout(next, 50));
     };
     const main = async () => {
       await service.open();
       await until(({ conditions }) => conditions.some(({ type, status }) => type === 'Engine' && status === 'true'));
       for (const { name, input } of asks) {
         const outcome = await service.procedures[name]({ id, ...input });
         if (name === 'move.start') await until(({ move }) => !move);
         if (name === 'workspace.start') await until(({ phase, problem }) => phase === 'ready' || problem);
         console.log(JSON.stringify({ outcome, state: service.workspace(id) }));
       }
       await service.close();
     };
     main().then(() => process.exit(0), (error) => { console.error(error); process.exit(1); });`,
  );
}
