/**
 * The heart's one decision: from what is wanted and what is there to the steps that lead from one to the other.
 * Pure and level-triggered. The controller runs the first step, observes, and asks again; the rest is the stage list.
 */
import { isLive, isStaying, type Observed, type ObservedServer, type Wanted } from './observed';
import type { Progress, StepKind } from './state';

/** A container's port comes with it; the way to a pod is opened once there is something to reach. */
const up = ({ route }: Pick<ObservedServer, 'route'>): StepKind[] =>
  route === undefined ? ['start', 'await-ready'] : ['start', 'forward', 'await-ready'];
/** Creating places the configuration, too. */
const upFromNothing = (kind: Wanted['on']): StepKind[] => [
  'create',
  ...up(kind === 'cluster' ? { route: 'closed' } : {}),
];

export function plan(wanted: Wanted, observed: Observed): StepKind[] {
  // Without an engine nothing can be done, and nothing is known: what was last seen may be long gone.
  if (observed.engine === 'unavailable') return [];
  const { server } = observed;
  // The engine is taking it away; its event wakes the controller again.
  if (server?.state === 'removing') return [];
  if (!wanted.run) return server ? down(server) : [];
  if (server && isLive(server.state)) return whileLive(wanted, observed, server);
  return [...imageSteps(wanted, observed, true), ...fromRest(wanted, server)];
}

/** Stopped keeps the container; one that never ran or cannot run again is half-made, and goes. */
function down(server: ObservedServer): StepKind[] {
  if (isLive(server.state)) return [...save(server), 'stop'];
  return server.state === 'exited' ? [] : ['remove'];
}

/** A running server is interrupted only on the user's word, and only once its image is there to take over. */
function whileLive(wanted: Wanted, observed: Observed, server: ObservedServer): StepKind[] {
  if (server.state === 'paused') return up(server);
  // A stop that has begun is not cut short: it finishes, and then the start begins.
  if (server.leaving) return ['stop', ...up(server)];
  if (wanted.apply) {
    const image = imageSteps(wanted, observed, false);
    // A missing image means the settings now name another one: nothing of the running server fits any more.
    if (image.length > 0 || server.shape !== 'same')
      return [...image, ...save(server), 'stop', ...anew(wanted, server)];
    if (server.config !== 'same') return [...save(server), 'stop', 'configure', ...up(server)];
    // Another port: the page moves there, so what is open in it is saved first.
    if (server.route === 'other') return [...save(server), 'forward', 'await-ready'];
  }
  const ready: StepKind[] = server.ready ? [] : ['await-ready'];
  return server.route === 'closed' ? ['forward', ...ready] : ready;
}

function fromRest(wanted: Wanted, server: ObservedServer | null): StepKind[] {
  if (!server) return upFromNothing(wanted.on);
  // With the image absent the comparison waits for it: the next plan says remove where that is due.
  if (server.state === 'dead' || server.shape === 'differs') return anew(wanted, server);
  return server.config === 'same' ? up(server) : ['configure', ...up(server)];
}

function anew({ on }: Wanted, server: ObservedServer): StepKind[] {
  return server.inPlace ? upFromNothing(on) : ['remove', ...upFromNothing(on)];
}

function imageSteps(wanted: Wanted, { image }: Observed, mayRefresh: boolean): StepKind[] {
  if (image.pushed !== undefined) return farImageSteps(wanted, image);
  const missing = !image.present || (mayRefresh && wanted.image.refresh && !image.fresh);
  if (missing) return wanted.image.by === 'build-image' ? [wanted.image.by] : [wanted.image.by, 'probe-image'];
  return image.probed ? [] : ['probe-image'];
}

/** Nodes pull by themselves: of this computer's engine only the pushing is asked. */
function farImageSteps(wanted: Wanted, image: Observed['image']): StepKind[] {
  const probe: StepKind[] = image.probed ? [] : ['probe-image'];
  if (image.pushed) return probe;
  return [...(image.present ? [] : [wanted.image.by]), ...probe, 'push-image'];
}

/**
 * Whether these steps, carried out to their end, take away what a person may have put into the server's container.
 * Stopping keeps a container of this computer; a pod's goes with every stop, which is the user's own word then.
 */
export function partsWithContainer(steps: readonly StepKind[], wanted: Wanted, { server, image }: Observed): boolean {
  if (!wanted.run || !server || server.state === 'created') return false;
  if (wanted.on === 'cluster') return isStaying(server) && steps.includes('stop');
  // At rest the comparison waits for the image; when that has come, it is another one.
  return steps.includes('remove') || (!isLive(server.state) && !image.present && steps.length > 0);
}

function save(server: ObservedServer): StepKind[] {
  return server.ready && !server.saved && !server.leaving ? ['save-work'] : [];
}

/** Where a step stands in the stage list the user sees. */
export function stageOf(step: StepKind): Progress['stage'] {
  switch (step) {
    case 'build-image':
    case 'pull-image':
    case 'load-image':
    case 'probe-image':
    case 'push-image':
      return 'image';
    case 'create':
    case 'configure':
    case 'remove':
      return 'container';
    default:
      return 'server';
  }
}
