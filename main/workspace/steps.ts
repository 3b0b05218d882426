/** The steps themselves: what each one does with runtime, images and Jupyter. Each is idempotent and stops on its signal. */
import { LabdockError, type Problem } from '../common/problem';
import type { ImageInfo, LongCall, ServerFile } from '../runtime/runtime';
import { paths } from '../runtime/runtime';
import type { LogBuffer } from './logBuffer';
import type { LogFollower } from './logFollower';
import type { WorkspaceId } from './model';
import { isLive } from './observed';
import { serverKey, type Memory } from './observer';
import { endingWhileStarting } from './outside';
import type { GivenConfig } from './serverConfig';
import type { Launch, Local, Look, WantedImage } from './parts';
import type { Progress, StepKind } from './state';

/** Seconds between SIGTERM and SIGKILL; Jupyter was asked to shut down before that. */
const graceSeconds = 10;

/** On this computer's loopback. */
export interface ServerAddress {
  port: number;
  token: string;
}

export interface StepTools {
  probe(image: ImageInfo, wanted: WantedImage, local: Local, signal: AbortSignal): Promise<Launch>;
  /** Put into images that do not have it. */
  entrypoint(): Promise<string>;
  /** Saves what is open and asks about what would be lost. Rejects with Declined when the user would rather not. */
  saveWork(id: WorkspaceId, server: ServerAddress, signal: AbortSignal): Promise<void>;
  /** Jupyter's own shutdown. Never rejects: the engine's stop follows in any case. */
  shutDown(server: ServerAddress): Promise<void>;
  /** Resolves when the server proves its identity. */
  awaitReady(server: ServerAddress, signal: AbortSignal): Promise<void>;
  /** What the server's last lines say of why it ended; the given problem where they say nothing. */
  explain(problem: Problem, lines: string[]): Problem;
  /** The server object now runs with these settings. */
  applied(look: Look): void;
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
  const { local } = look;
  const { id } = look.workspace;
  switch (step) {
    case 'build-image':
    case 'pull-image':
    case 'load-image':
      await must(look.wantedImage).bring(local, longCall(context));
      memory.refreshed = true;
      return;
    case 'probe-image':
      await context.tools.probe(must(look.image), must(look.wantedImage), local, signal);
      return;
    case 'create':
      memory.given = undefined;
      memory.made = undefined;
      await local.runtime.create(must(look.spec), signal, await ownFiles(context));
      memory.made = givenNow(look);
      return;
    case 'configure':
      return configure(context);
    case 'start':
      memory.startedHere = true;
      memory.savedKey = undefined;
      context.tools.applied(look);
      await local.runtime.start(id, signal);
      return;
    case 'await-ready':
      return awaitReady(context);
    case 'save-work':
      await context.tools.saveWork(id, server(look), signal);
      memory.savedKey = serverKey(look.server);
      return;
    case 'stop':
      if (look.observed.server?.ready) await context.tools.shutDown(server(look));
      memory.readyKey = undefined;
      await local.runtime.stop(id, graceSeconds);
      return;
    case 'remove':
      memory.given = undefined;
      await local.runtime.remove(id);
      return;
  }
}

async function configure(context: StepContext): Promise<void> {
  const { look, memory, signal } = context;
  const files = await ownFiles(context);
  memory.given = undefined;
  await look.local.runtime.putFiles(look.workspace.id, files, signal);
  if (look.server) memory.given = { id: look.server.id, config: givenNow(look) };
}

/** Configuration, and the entrypoint where the image has none: placed while nothing runs, readable by the server alone. */
async function ownFiles({ look, tools }: StepContext): Promise<ServerFile[]> {
  const files: ServerFile[] = [{ path: paths.config, content: must(look.config).text, mode: 0o400 }];
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
  const { local, workspace } = look;
  context.logs.follow(local.runtime, serverKey(look.server));
  const over = new AbortController();
  const stop = () => over.abort();
  signal.addEventListener('abort', stop, { once: true });
  const ended = new Promise<never>((_, reject) => {
    const check = async () => {
      const now = await local.runtime.observe(workspace.id);
      if (isLive(now?.state) || over.signal.aborted) return;
      await context.logs.drained();
      const lines = context.log.lastLines(60).flatMap((line) => (line.source === 'server' ? [line.text] : []));
      const problem = tools.explain(endingWhileStarting(now), lines);
      const detail = problem.detail ?? lines.slice(-20).join('\n');
      reject(new LabdockError(problem.reason, problem.params, { detail }));
    };
    const wake = () => void check().catch(reject);
    memory.onWake = wake;
    wake();
  });
  try {
    await Promise.race([tools.awaitReady(server(look), over.signal), ended]);
    memory.readyKey = serverKey(look.server);
  } finally {
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
