/** Brings a target to the point from which a server could start there: its image, then its objects. The same loop as a start's. */
import { LogFollower } from './logFollower';
import type { LogBuffer } from './logBuffer';
import type { Workspace } from './model';
import { isLive } from './observed';
import { look, type Memory, type Sources } from './observer';
import type { Local, Look, Site } from './parts';
import { plan, stageOf } from './plan';
import type { Core } from './serviceParts';
import type { MovePreview, StepKind } from './state';
import { runStep, type StepTools } from './steps';

interface Options {
  signal: AbortSignal;
  log: LogBuffer;
  /** `image`: it is there; `objects`: so is the server object, at rest. */
  until: 'image' | 'objects';
}

/** More steps than any path has: a target that does not come to rest is not waited for. */
const maxSteps = 20;

export async function prepareSite(
  host: Sources & StepTools,
  workspace: Workspace,
  site: Site,
  local: Local | null,
  { signal, log, until }: Options,
): Promise<Look> {
  const memory: Memory = { run: true, apply: false, refreshed: false };
  for (let count = 0; ; count++) {
    signal.throwIfAborted();
    const seen = await look(workspace, site, local, memory, host);
    // Someone started it there: what it has open is told to end as any server is, and its files are then at rest.
    if (until === 'objects' && isLive(seen.server?.state)) {
      await site.runtime.stop(workspace.id, 30);
      continue;
    }
    const [step] = plan({ run: true, apply: false, on: site.kind, image: seen.wish }, seen.observed);
    if (!step || !belongs(step, until) || count >= maxSteps) return seen;
    const logs = new LogFollower(workspace.id, log, () => host.secretWords(workspace.id));
    await runStep(step, { look: seen, memory, signal, tools: host, log, logs, report: () => undefined });
  }
}

/** Applies the objects of a server at rest once more: what of them was removed is there again. */
export async function applyAgain(
  host: Sources & StepTools,
  workspace: Workspace,
  site: Site,
  local: Local | null,
  { signal, log }: Omit<Options, 'until'>,
): Promise<void> {
  const memory: Memory = { run: true, apply: false, refreshed: true };
  const seen = await look(workspace, site, local, memory, host);
  const logs = new LogFollower(workspace.id, log, () => host.secretWords(workspace.id));
  await runStep('create', { look: seen, memory, signal, tools: host, log, logs, report: () => undefined });
}

function belongs(step: StepKind, until: Options['until']): boolean {
  return stageOf(step) === 'image' || (until === 'objects' && stageOf(step) === 'container');
}

/** What the image takes before a server can start there. */
export async function imageWork(
  { host, engines }: Pick<Core, 'host' | 'engines'>,
  workspace: Workspace,
  site: Site,
): Promise<MovePreview['image']> {
  const memory: Memory = { run: true, apply: false, refreshed: true };
  const { observed, wish } = await look(workspace, site, engines.local, memory, host);
  const image: Partial<Record<StepKind, MovePreview['image'][number]>> = {
    'build-image': 'build',
    'pull-image': 'pull',
    'load-image': 'load',
    'push-image': 'push',
  };
  const steps = plan({ run: true, apply: false, on: site.kind, image: wish }, { ...observed, server: null });
  return steps.flatMap((step) => image[step] ?? []);
}
