/** The whole heart in plain Node on a real engine: a service with throw-away settings, folder and secrets. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fetch as request, type Dispatcher } from 'undici';
import type { HandInstalled } from '../../../main/common/handInstalled';
import { createClient } from '../../../main/runtime/docker/client';
import { labels } from '../../../main/runtime/runtime';
import { createService, type ServiceOptions } from '../../../main/workspace/createService';
import type { TargetKind, WorkspaceDraft } from '../../../main/workspace/model';
import type { Outcome } from '../../../main/workspace/procedures';
import type { Endpoint, Service } from '../../../main/workspace/service';
import type { Phase, WorkspaceState } from '../../../main/workspace/state';
import { testBase, testBaseIn, type TestBase } from '../../harness/baseImage';
import { bundled } from '../../harness/bundle';
import { machineEngine } from '../../harness/engine';
import { startPodman } from '../../harness/podman';
import { start } from '../../harness/processes';
import { fileStore } from './fileStore';

export interface Bench {
  host: string;
  folder: string;
  service: Service;
  id: string;
  state(): WorkspaceState;
  /** Every phase and problem since the service was made, in order. */
  history: string[];
  /** Closes the service as a quit does; `between` runs while there is none; then a new one opens the same settings. */
  relaunch(between?: () => Promise<void>): Promise<void>;
  /**
   * The same in another process that starts the workspace (or switches it) and is killed by SIGKILL as soon as its phase,
   * step or stage of the switch is `when` (`copying`: in the middle of it); then a new service opens the same settings.
   */
  killWhen(when: string, switchTo?: TargetKind): Promise<void>;
  /** Resolves when it is ready. */
  start(): Promise<Endpoint>;
  stop(timeoutMs?: number): Promise<void>;
  /** Ids of its containers. */
  containers(): Promise<string[]>;
  until(phase: Phase, timeoutMs?: number): Promise<WorkspaceState>;
  settled(what: (state: WorkspaceState) => boolean, timeoutMs?: number): Promise<WorkspaceState>;
  /** The image of the workspace, built; its name. */
  buildOnly(): Promise<string>;
  update(change: Partial<WorkspaceDraft>, apply: boolean, letGo?: HandInstalled[]): Promise<void>;
  destroy(): Promise<void>;
}

export function ok<T>(outcome: Outcome<T>): T {
  if (!outcome.ok) throw new Error(JSON.stringify(outcome));
  return outcome.value;
}

export async function openBench(host: string, base: TestBase): Promise<Bench> {
  const folder = await mkdtemp(join(tmpdir(), 'labdock-service-'));
  const defaultsPath = join(folder, 'defaults.json');
  const build = { base: base.reference, channels: base.channels, caBundle: base.caBundle ?? '' };
  await writeFile(defaultsPath, JSON.stringify({ build }));
  const places = {
    dataFolder: join(folder, 'data'),
    resourcesFolder: join(import.meta.dirname, '../../../resources'),
    home: join(folder, 'home'),
    defaultsPath,
  };
  const secrets = join(folder, 'keychain.json');
  const options: ServiceOptions = { ...places, keychain: () => fileStore(secrets) };
  const history: string[] = [];
  const open = async () => {
    const service = createService(options);
    service.subscribe((state) => {
      for (const { phase, problem } of state.workspaces) {
        const now = problem ? `${phase}:${problem.reason}` : phase;
        if (history.at(-1) !== now) history.push(now);
      }
    });
    await service.open();
    return service;
  };
  let service = await open();
  ok(await service.procedures['app.preferences']({ engine: host }));
  const id = service.snapshot().workspaces[0]!.workspace.id;
  // Ports that tests of other rooms choose at the same time are likely to be the next free ones, too.
  const { id: _id, wanted: _wanted, ...draft } = service.workspace(id)!.workspace;
  ok(await service.procedures['workspace.update']({ id, draft: { ...draft, port: await freePort() }, apply: false }));
  const bench: Bench = {
    host,
    folder,
    service,
    id,
    history,
    state: () => service.workspace(id)!,
    async relaunch(between) {
      await service.close();
      await between?.();
      service = bench.service = await open();
    },
    async killWhen(when, switchTo) {
      await service.close();
      const script = await elsewhere(folder);
      const child = start([process.execPath, script, JSON.stringify({ places, secrets, id, switchTo, when })]);
      const late = setTimeout(() => void child.stop('SIGTERM'), 240_000);
      try {
        if ((await child.ended) !== 'SIGKILL') throw new Error(`it was never ${when}:\n${child.output()}`);
      } finally {
        clearTimeout(late);
        service = bench.service = await open();
      }
    },
    async start() {
      ok(await service.procedures['workspace.start']({ id }));
      return service.whenReady(id);
    },
    async stop(timeoutMs) {
      ok(await service.procedures['workspace.stop']({ id }));
      await bench.until('stopped', timeoutMs);
    },
    containers: async () => (await containersOf(host, id)).map(({ Id }) => Id),
    until: (phase, timeoutMs) => bench.settled((state) => state.phase === phase, timeoutMs),
    async settled(what, timeoutMs = 60_000) {
      const late = Date.now() + timeoutMs;
      for (;;) {
        const state = bench.state();
        if (what(state)) return state;
        if (Date.now() > late) {
          const log = service.logs
            .tail(id)
            .lines.slice(-15)
            .map((line) => line.text);
          throw new Error(`${JSON.stringify({ ...state, workspace: undefined }, null, 1)}\n${log.join('\n')}`);
        }
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    },
    async buildOnly() {
      await bench.start();
      const [container] = await containersOf(host, id);
      const { RepoTags } = await createClient({ host }).getImage(container!.ImageID).inspect();
      return RepoTags.find((name) => name.includes('labdock/workspace'))!;
    },
    async update(change, apply, letGo) {
      const { id: _id, wanted: _wanted, ...draft } = bench.state().workspace;
      ok(await service.procedures['workspace.update']({ id, draft: { ...draft, ...change }, apply, letGo }));
    },
    async destroy() {
      await service.close();
      await removeAll(host, id);
      await rm(folder, { recursive: true, force: true });
    },
  };
  return bench;
}

/** On this machine's engine, or on a Podman of the test's that ends with it. */
export async function openBenchOn(engine: 'docker' | 'podman'): Promise<Bench> {
  if (engine === 'docker') return openBench(`unix://${await machineEngine()}`, await testBase());
  const podman = await startPodman();
  const bench = await openBench(`unix://${podman.socket}`, await testBaseIn(podman.socket));
  const destroy = bench.destroy.bind(bench);
  bench.destroy = () => destroy().finally(() => podman.stop());
  return bench;
}

/** Everything of this workspace on the engine, and nothing else. */
export async function removeAll(host: string, id: string): Promise<void> {
  const client = createClient({ host });
  const filters = { label: [`${labels.workspace}=${id}`] };
  for (const { Id } of await client.listContainers({ all: true, filters }))
    await client.getContainer(Id).remove({ force: true });
  for (const { Name } of (await client.listVolumes({ filters })).Volumes) await client.getVolume(Name).remove();
}

export function containersOf(host: string, id: string) {
  return createClient({ host }).listContainers({ all: true, filters: { label: [`${labels.workspace}=${id}`] } });
}

/** A service in a process of its own, bundled as the application is. */
async function elsewhere(folder: string): Promise<string> {
  const workspace = join(import.meta.dirname, '../../../main/workspace');
  return bundled(
    folder,
    `import { createService } from ${JSON.stringify(join(workspace, 'createService.ts'))};
     import { fileStore } from ${JSON.stringify(join(import.meta.dirname, 'fileStore.ts'))};
     const { places, secrets, id, switchTo, when } = JSON.parse(process.argv[2]);
     const service = createService({ ...places, keychain: () => fileStore(secrets) });
     let said = '';
     let asked = false;
     // What is told to subscribers comes at intervals: a stage that lasts for less is never among it.
     const look = () => {
       const { phase, progress, move } = service.workspace(id);
       const middle = move?.stage !== 'copying' || move.bytesDone > 10e6;
       const now = [phase, progress?.step ?? '', middle ? (move?.stage ?? '') : 'beginning'];
       if (now.join(' ') !== said) console.log((said = now.join(' ')));
       if (now.includes(when)) process.kill(process.pid, 'SIGKILL');
       if (!switchTo || phase !== 'ready' || move || asked) return;
       asked = true;
       void service.procedures['move.start']({ id, to: switchTo });
     };
     // What runs is adopted, and then switched.
     service.open().then(() => {
       setInterval(look, 1);
       return switchTo || service.procedures['workspace.start']({ id });
     });`,
  );
}

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

export async function api(
  endpoint: { origin: string; token: string },
  path: string,
  init: { method?: string; body?: unknown; token?: string | null; dispatcher?: Dispatcher } = {},
): Promise<{ status: number; json: unknown }> {
  const token = init.token === undefined ? endpoint.token : init.token;
  const answer = await request(`${endpoint.origin}${path}`, {
    method: init.method ?? 'GET',
    dispatcher: init.dispatcher,
    headers: {
      ...(token !== null && { authorization: `token ${token}` }),
      ...(init.body !== undefined && { 'content-type': 'application/json' }),
    },
    ...(init.body !== undefined && { body: JSON.stringify(init.body) }),
  });
  const text = await answer.text();
  return { status: answer.status, json: text.startsWith('{') || text.startsWith('[') ? JSON.parse(text) : text };
}
