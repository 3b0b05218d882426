/** Brings a target to the point from which a server could start there: its image, then its objects. The same loop as a start's. */
import { LabdockError } from '../common/problem';
import { LogFollower } from './logFollower';
import type { LogBuffer } from './logBuffer';
import type { Workspace } from './model';
import { isLive } from './observed';
import { aheadMemory, lookAhead, type Memory, type Sources } from './observer';
import { Declined, type Local, type Look, type Site } from './parts';
import { plan, stageOf } from './plan';
import type { MovePreview, StepKind } from './state';
import { runStep, type StepTools } from './steps';

interface Options {
  signal: AbortSignal;
  log: LogBuffer;
  /** `image`: it is there; `objects`: so is the server object; `rest`: and nothing runs. */
  until: 'image' | 'objects' | 'rest';
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
  const memory = aheadMemory();
  for (let count = 0; ; count++) {
    signal.throwIfAborted();
    const seen = await lookAhead(workspace, site, local, host, memory);
    // Someone started it there: what it has open is told to end as any server is, and its files are then at rest.
    if (until === 'rest' && isLive(seen.server?.state)) {
      await site.runtime.stop(workspace.id, 30);
      continue;
    }
    const [step] = plan({ run: true, apply: false, on: site.kind, image: seen.wish }, seen.observed);
    if (!step || !belongs(step, until) || count >= maxSteps) return seen;
    await run(step, seen, memory, host, { signal, log });
  }
}

/** One step outside of a controller's loop: nobody watches its progress. */
async function run(
  step: StepKind,
  seen: Look,
  memory: Memory,
  host: Sources & StepTools,
  { signal, log }: Omit<Options, 'until'>,
): Promise<void> {
  const { id } = seen.workspace;
  const logs = new LogFollower(id, log, () => host.secretWords(id));
  try {
    await runStep(step, { look: seen, memory, signal, tools: host, log, logs, report: () => undefined });
  } catch (error) {
    throw error instanceof Declined ? new LabdockError('cancelled', undefined, { cause: error }) : error;
  }
}

/** Applies the objects of a server at rest once more: what of them was removed is there again. */
export async function applyAgain(
  host: Sources & StepTools,
  workspace: Workspace,
  site: Site,
  local: Local | null,
  options: Omit<Options, 'until'>,
): Promise<void> {
  const memory = aheadMemory();
  await run('create', await lookAhead(workspace, site, local, host, memory), memory, host, options);
}

function belongs(step: StepKind, until: Options['until']): boolean {
  return stageOf(step) === 'image' || (until !== 'image' && stageOf(step) === 'container');
}

/** What the image takes before a server can start there, by what was seen. One that is there is not asked for anew. Pure. */
export function imageWork({ site, observed, wish }: Look): MovePreview['image'] {
  const image: Partial<Record<StepKind, MovePreview['image'][number]>> = {
    'build-image': 'build',
    'pull-image': 'pull',
    'load-image': 'load',
    'push-image': 'push',
  };
  const world = { ...observed, image: { ...observed.image, fresh: true }, server: null };
  const steps = plan({ run: true, apply: false, on: site.kind, image: wish }, world);
  return steps.flatMap((step) => image[step] ?? []);
}
