/**
 * The heart's one decision: from what is wanted and what is there to the steps that lead from one to the other.
 * Pure and level-triggered. The controller runs the first step, observes, and asks again; the rest is the stage list.
 */
import { isLive, type Observed, type ObservedServer, type Wanted } from './observed';
import type { Progress, StepKind } from './state';

const upFromStopped: StepKind[] = ['start', 'await-ready'];
/** Creating places the configuration, too. */
const upFromNothing: StepKind[] = ['create', 'start', 'await-ready'];

export function plan(wanted: Wanted, observed: Observed): StepKind[] {
  // Without an engine nothing can be done, and nothing is known: what was last seen may be long gone.
  if (observed.engine === 'unavailable') return [];
  const { server } = observed;
  // The engine is taking it away; its event wakes the controller again.
  if (server?.state === 'removing') return [];
  if (!wanted.run) return server ? down(server) : [];
  if (server && isLive(server.state)) return whileLive(wanted, observed, server);
  return [...imageSteps(wanted, observed, true), ...fromRest(server)];
}

/** Stopped keeps the container; one that never ran or cannot run again is half-made, and goes. */
function down(server: ObservedServer): StepKind[] {
  if (isLive(server.state)) return [...save(server), 'stop'];
  return server.state === 'exited' ? [] : ['remove'];
}

/** A running server is interrupted only on the user's word, and only once its image is there to take over. */
function whileLive(wanted: Wanted, observed: Observed, server: ObservedServer): StepKind[] {
  if (server.state === 'paused') return upFromStopped;
  if (wanted.apply) {
    const image = imageSteps(wanted, observed, false);
    // A missing image means the settings now name another one: nothing of the running server fits any more.
    if (image.length > 0 || server.shape !== 'same')
      return [...image, ...save(server), 'stop', 'remove', ...upFromNothing];
    if (server.config !== 'same') return [...save(server), 'stop', 'configure', ...upFromStopped];
  }
  return server.ready ? [] : ['await-ready'];
}

function fromRest(server: ObservedServer | null): StepKind[] {
  if (!server) return upFromNothing;
  // With the image absent the comparison waits for it: the next plan says remove where that is due.
  if (server.state === 'dead' || server.shape === 'differs') return ['remove', ...upFromNothing];
  return server.config === 'same' ? upFromStopped : ['configure', ...upFromStopped];
}

function imageSteps(wanted: Wanted, { image }: Observed, mayRefresh: boolean): StepKind[] {
  const missing = !image.present || (mayRefresh && wanted.image.refresh && !image.fresh);
  if (missing) return wanted.image.by === 'build-image' ? [wanted.image.by] : [wanted.image.by, 'probe-image'];
  return image.probed ? [] : ['probe-image'];
}

function save(server: ObservedServer): StepKind[] {
  return server.ready && !server.saved ? ['save-work'] : [];
}

/** Where a step stands in the stage list the user sees. */
export function stageOf(step: StepKind): Progress['stage'] {
  switch (step) {
    case 'build-image':
    case 'pull-image':
    case 'load-image':
    case 'probe-image':
      return 'image';
    case 'create':
    case 'configure':
    case 'remove':
      return 'container';
    default:
      return 'server';
  }
}
