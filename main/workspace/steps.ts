/** The steps themselves: what each one does with runtime, images and Jupyter. Each is idempotent and stops on its signal. */
import { asError, LabdockError, type Problem } from '../common/problem';
import { paths, type ClusterServerSpec, type ImageInfo, type LongCall, type ServerFile } from '../runtime/runtime';
import type { LogBuffer } from './logBuffer';
import type { LogFollower } from './logFollower';
import type { WorkspaceId } from './model';
import { isLive } from './observed';
import { logKey, serverKey, type Memory } from './observer';
import { endingWhileStarting } from './outside';
import type { GivenConfig } from './serverConfig';
import type { Launch, Local, Look, Site, WantedImage } from './parts';
import type { Progress, StepKind } from './state';

/** Seconds between SIGTERM and SIGKILL; Jupyter was asked to shut down before that. */
const graceSeconds = 10;

/** How often a start on a cluster is looked at without an event. */
const clusterGlanceMs = 5_000;

/** On this computer's loopback. */
export interface ServerAddress {
  port: number;
  token: string;
}

export interface StepTools {
  /** On the engine where that has the image, else with a throw-away pod. */
  probe(wanted: WantedImage, where: { site: Site; local: Local | null; image: ImageInfo | null }, signal: AbortSignal): Promise<Launch>; // prettier-ignore
  /** Put into images that do not have it. */
  entrypoint(): Promise<string>;
  /** Saves what is open and asks about what would be lost. Rejects with Declined when the user would rather not. */
  saveWork(id: WorkspaceId, server: ServerAddress, signal: AbortSignal): Promise<void>;
  /** Names what the container has of the user's hand, before it goes; see ByHand. Rejects with Declined. */
  part(look: Look, memory: Memory, signal: AbortSignal): Promise<'go' | 'again'>;
  /** Jupyter's own shutdown. Never rejects: the engine's stop follows in any case. */
  shutDown(server: ServerAddress): Promise<void>;
  /** Resolves when the server proves its identity. */
  awaitReady(server: ServerAddress, signal: AbortSignal): Promise<void>;
  /** What the server's last lines say of why it ended; the given problem where they say nothing. */
  explain(problem: Problem, lines: string[]): Problem;
  /** The server object now runs with these settings. */
  applied(look: Look): void;
  /** The user agreed that objects which somebody else applied become Labdock's. */
  isAdopted(id: WorkspaceId): boolean;
  /** Why there is no engine on this computer. */
  engineProblem(): Problem;
}

export interface StepContext {
  look: Look;
  memory: Memory;
  signal: AbortSignal;
  tools: StepTools;
  log: LogBuffer;
  logs: LogFollower;
  report: (progress: Partial<Progress>) => void;
}

export async function runStep(step: StepKind, context: StepContext): Promise<void> {
  const { look, memory, signal } = context;
  const { site, local } = look;
  const { id, port } = look.workspace;
  askBeforeTaking(step, context);
  switch (step) {
    case 'build-image':
    case 'pull-image':
    case 'load-image':
      await must(look.wantedImage).bring(engine(context), longCall(context));
      memory.refreshed = true;
      memory.partedKey = undefined;
      return;
    case 'probe-image':
      await context.tools.probe(must(look.wantedImage), { site, local, image: look.image ?? null }, signal);
      return;
    case 'push-image':
      await must(must(look.wantedImage).far).push(engine(context), must(look.image), longCall(context));
      memory.partedKey = undefined;
      return;
    case 'create':
      memory.given = undefined;
      memory.made = undefined;
      await create(context);
      memory.made = givenNow(look);
      return;
    case 'configure':
      return configure(context);
    case 'start':
      memory.startedHere = true;
      memory.partedKey = undefined;
      memory.savedKey = undefined;
      context.tools.applied(look);
      await site.runtime.start(id, signal);
      return;
    case 'forward':
      if (site.kind === 'cluster') await site.runtime.openRoute(id, port);
      return;
    case 'await-ready':
      return awaitReady(context);
    case 'save-work':
      await context.tools.saveWork(id, server(look), signal);
      memory.savedKey = serverKey(look.server);
      return;
    case 'stop':
      // A pod's container that ends by itself is started again: there the signal alone has to do, and Jupyter heeds it.
      if (site.kind === 'local' && look.observed.server?.ready) await context.tools.shutDown(server(look));
      memory.readyKey = undefined;
      if (site.kind === 'cluster') await site.runtime.closeRoute(id);
      await site.runtime.stop(id, graceSeconds);
      return;
    case 'remove':
      // Settings that have changed meanwhile may lead elsewhere: the next look says so.
      if ((await context.tools.part(look, memory, signal)) === 'again') return;
      memory.given = undefined;
      await site.runtime.remove(id);
      return;
  }
}

/** Objects that somebody else applied are changed only once the user has agreed. */
function askBeforeTaking(step: StepKind, { look, tools }: StepContext): void {
  const manager = look.server?.foreignManager;
  if (
    manager === undefined ||
    tools.isAdopted(look.workspace.id) ||
    !['create', 'configure', 'start', 'remove'].includes(step)
  )
    return;
  throw new LabdockError('adopt-first', { manager });
}

async function create(context: StepContext): Promise<void> {
  const { look, signal, tools } = context;
  const files = await ownFiles(context);
  if (look.site.kind === 'cluster' && tools.isAdopted(look.workspace.id))
    await look.site.runtime.adopt(must(look.spec) as ClusterServerSpec, files, signal);
  else await look.site.runtime.create(must(look.spec), signal, files);
}

/** Building and pushing are this computer's engine's work, wherever the server runs. */
function engine({ look, tools }: StepContext): Local {
  if (look.local) return look.local;
  throw asError(tools.engineProblem());
}

async function configure(context: StepContext): Promise<void> {
  const { look, memory, signal } = context;
  const files = await ownFiles(context);
  memory.given = undefined;
  await look.site.runtime.putFiles(look.workspace.id, files, signal);
  if (look.server) memory.given = { id: look.server.id, config: givenNow(look) };
}

/** Configuration, and the entrypoint where the image has none: placed while nothing runs, readable by the server alone. */
async function ownFiles({ look, tools }: StepContext): Promise<ServerFile[]> {
  const files = [...must(look.config).files];
  if (look.launch?.putEntrypoint)
    files.push({ path: paths.entrypoint, content: await tools.entrypoint(), mode: 0o755 });
  return files;
}

function givenNow({ config }: Look): GivenConfig {
  const { print, token } = must(config);
  return { print, token };
}

/** Ends as soon as the server answers, or is seen to have ended: nobody waits for a timeout of a server that is gone. */
async function awaitReady(context: StepContext): Promise<void> {
  const { look, memory, signal, tools } = context;
  const { site, workspace } = look;
  context.logs.follow(site.runtime, logKey(look.server, site.kind));
  const over = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const stop = () => {
    over.abort();
    memory.onWake?.();
  };
  signal.addEventListener('abort', stop, { once: true });
  let reachable = () => {};
  const podReady = new Promise<void>((resolve) => (reachable = resolve));
  const ended = new Promise<never>((_, reject) => {
    const check = async () => {
      const now = await site.runtime.observe(workspace.id);
      if (over.signal.aborted) return reject(new LabdockError('cancelled'));
      if (now?.waitingFor !== undefined) context.report({ label: now.waitingFor });
      if (site.kind === 'local' || now?.podReady) reachable();
      if (isLive(now?.state) && !now?.problem) return;
      await context.logs.drained();
      const lines = context.log.lastLines(60).flatMap((line) => (line.source === 'server' ? [line.text] : []));
      const problem = tools.explain(now?.problem ?? endingWhileStarting(now), lines);
      const detail = problem.detail ?? lines.slice(-20).join('\n');
      reject(new LabdockError(problem.reason, problem.params, { detail }));
    };
    const wake = () => void check().catch(reject);
    memory.onWake = wake;
    // A cluster also fails by nothing happening: what only time tells, no event does.
    if (site.kind === 'cluster') timer = setInterval(wake, clusterGlanceMs);
    wake();
  });
  const answer = async () => {
    await podReady;
    // The local end of the route may have come with this very step.
    if (site.kind === 'cluster') look.server = await site.runtime.observe(workspace.id);
    await tools.awaitReady(server(look), over.signal);
  };
  try {
    await Promise.race([answer(), ended]);
    memory.readyKey = serverKey(look.server);
  } finally {
    clearInterval(timer);
    memory.onWake = undefined;
    over.abort();
    ended.catch(() => undefined);
    signal.removeEventListener('abort', stop);
  }
}

function longCall({ signal, log, report }: StepContext): LongCall {
  return {
    signal,
    onProgress: ({ line, step, fraction }) => {
      if (line !== undefined) log.append({ source: 'build', time: new Date().toISOString(), text: line });
      if (step) report({ current: step.current, total: step.total, label: step.label });
      if (fraction !== undefined) report({ fraction });
    },
  };
}

/** Where this machine reaches the server, and with the token it really has. */
function server({ server, config, workspace }: Look): ServerAddress {
  return { port: server?.port ?? workspace.port, token: must(config).runningToken };
}

/** The plan never asks for a step before the look found what it needs; the type system does not know. */
function must<T>(value: T | null | undefined): T {
  if (value === undefined || value === null)
    throw new LabdockError('unexpected', undefined, { detail: 'a step was planned without what it needs' });
  return value;
}
