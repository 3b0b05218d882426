/** What a change costs, computed before it happens. Pure. */
import { changedKernels } from '../image/environment';
import type { WorkspaceDraft } from './model';
import { forObjects } from './shape';
import type { Cost, CostEstimate } from './state';

export interface CostInput {
  /** What the server object was made from; null when there is none, and so nothing to change. */
  applied: WorkspaceDraft | null;
  next: WorkspaceDraft;
  passwordChanged: boolean;
  /** The image `next` names, compared with the server's: the same one, another that is there, or one that must come first. */
  image: 'same' | 'other' | 'missing';
  live: boolean;
}

const order: Cost[] = ['nothing', 'restart', 'recreate', 'rebuild'];

/** Whether it takes away what a person installed by hand; a new port of a server on a cluster is a new way to the same pod. */
export function losesPackages(
  { cost, because }: Pick<CostEstimate, 'cost' | 'because'>,
  on: WorkspaceDraft['target']['kind'],
): boolean {
  if (cost === 'recreate' || cost === 'rebuild') return true;
  return on === 'cluster' && cost === 'restart' && because.some((setting) => setting !== 'port');
}

/** `because` names settings as in the draft: `port`, `kernels`, `server.allowOrigin`; besides `password` and `build` (the build settings). */
export function estimate(input: CostInput): Omit<CostEstimate, 'handInstalled'> {
  const { applied, next, image } = input;
  const causes = applied ? differences(applied, next) : [];
  if (applied && input.passwordChanged) causes.push({ setting: 'password', cost: 'restart' });
  if (image === 'missing' || (image === 'other' && applied)) {
    const cost = image === 'missing' ? 'rebuild' : 'recreate';
    const named = causes.filter((cause) => cause.setting === 'kernels' || cause.setting === 'image');
    for (const cause of named) cause.cost = cost;
    // Nobody touched the workspace's own settings: the build settings make another image of the same kernels.
    if (named.length === 0 && applied) causes.push({ setting: 'build', cost });
  }
  const cost = causes.reduce<Cost>(
    (most, cause) => dearer(most, cause.cost),
    image === 'missing' ? 'rebuild' : 'nothing',
  );
  return {
    cost,
    because: causes.filter((cause) => cause.cost !== 'nothing').map((cause) => cause.setting),
    kernels: cost === 'rebuild' && next.image.kind === 'build' ? builtAnew(applied, next) : [],
    interrupts: input.live && cost !== 'nothing',
  };
}

export const dearer = (a: Cost, b: Cost): Cost => (order.indexOf(a) >= order.indexOf(b) ? a : b);

function differences(applied: WorkspaceDraft, next: WorkspaceDraft): { setting: string; cost: Cost }[] {
  const causes: { setting: string; cost: Cost }[] = [];
  const compare = (setting: string, cost: Cost, before: unknown, after: unknown) => {
    if (JSON.stringify(before) !== JSON.stringify(after)) causes.push({ setting, cost });
  };
  if (next.target.kind === 'cluster') {
    // The folder stays where it is, and the port is only the way to the server.
    compare('port', 'restart', applied.port, next.port);
    compare(
      'cluster',
      'recreate',
      applied.cluster && forObjects(applied.cluster),
      next.cluster && forObjects(next.cluster),
    );
  } else {
    for (const setting of ['folder', 'port', 'resources'] as const)
      compare(setting, 'recreate', applied[setting], next[setting]);
  }
  // Whether these need another image at all only the image's name can tell: an order of packages does not.
  compare('kernels', 'nothing', applied.kernels, next.kernels);
  compare('image', 'nothing', withoutPolicy(applied.image), withoutPolicy(next.image));
  for (const setting of Object.keys(next.server) as (keyof WorkspaceDraft['server'])[])
    // It decides the uid the container runs as; everything else stands in the configuration file.
    compare(
      `server.${setting}`,
      setting === 'allowRoot' ? 'recreate' : 'restart',
      applied.server[setting],
      next.server[setting],
    );
  return causes;
}

function withoutPolicy(image: WorkspaceDraft['image']): unknown {
  return image.kind === 'published' ? { kind: image.kind, reference: image.reference } : image;
}

function builtAnew(applied: WorkspaceDraft | null, next: WorkspaceDraft): string[] {
  const sameGround =
    applied?.image.kind === 'build' && next.image.kind === 'build' && applied.image.base === next.image.base;
  if (!sameGround) return next.kernels.map((kernel) => kernel.name);
  return changedKernels(applied.kernels, next.kernels);
}
