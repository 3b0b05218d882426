/** From what a controller knows to the conditions and the phase people see. Pure. */
import type { Problem } from '../common/problem';
import { isLive } from './observed';
import type { RouteState, ServerObservation } from '../runtime/runtime';
import type { Look } from './parts';
import type { Condition, ConditionType, Cost, Phase, StepKind } from './state';

export interface View {
  /** The target itself: an engine of this computer, or a cluster's API server. */
  engine: { status: 'looking' | 'available' | 'unavailable'; problem?: Problem };
  /** Only where the server is reached through one. */
  route?: RouteState;
  run: boolean;
  /** The step under way. */
  step?: StepKind;
  problem?: Problem;
  /** `problem` says why it failed; otherwise why it stopped by itself. */
  failed: boolean;
  /** undefined: not looked at yet. */
  server?: ServerObservation | null;
  ready: boolean;
  /** undefined: not looked at, because nothing is to be started from it. */
  image?: boolean;
  folderProblem?: Problem;
}

export function phaseOf(view: View): Phase {
  const live = isLive(view.server?.state);
  if (view.engine.status !== 'available') return view.problem ? 'failed' : 'stopped';
  if (!view.run) {
    if (live || view.step === 'stop' || view.step === 'save-work') return 'stopping';
    return view.problem && view.failed ? 'failed' : 'stopped';
  }
  switch (view.step) {
    case 'save-work':
    case 'stop':
      return 'stopping';
    case 'start':
    case 'forward':
    case 'await-ready':
      return view.ready ? 'ready' : 'starting';
    default:
      if (live && view.ready) return 'ready';
      if (view.problem && view.failed) return 'failed';
      return live ? 'starting' : 'preparing';
  }
}

type Facts = Omit<Condition, 'since' | 'type'>;

export function conditionsOf(view: View, before: readonly Condition[], now: string): Condition[] {
  const facts: Partial<Record<ConditionType, Facts>> = {
    Engine: engine(view),
    Image: image(view),
    Server: server(view),
    ...(view.route && { Route: route(view.route) }),
    Files: view.folderProblem
      ? { status: 'false', reason: 'Unusable', problem: view.folderProblem }
      : { status: 'true', reason: 'Usable' },
  };
  return Object.entries(facts).map(([type, fact]) => {
    const old = before.find((condition) => condition.type === type);
    const same = old?.status === fact.status && old.reason === fact.reason;
    return { type: type as ConditionType, ...fact, since: same ? old.since : now };
  });
}

function engine({ engine: { status, problem } }: View): Facts {
  if (status === 'looking') return { status: 'unknown', reason: 'Looking' };
  if (status === 'available') return { status: 'true', reason: 'Available' };
  return { status: 'false', reason: 'Unavailable', ...(problem && { problem }) };
}

function route({ open, problem }: RouteState): Facts {
  return open ? { status: 'true', reason: 'Open' } : { status: 'false', reason: 'Closed', ...(problem && { problem }) };
}

const imageSteps: Partial<Record<StepKind, string>> = {
  'build-image': 'Building',
  'pull-image': 'Pulling',
  'load-image': 'Loading',
  'probe-image': 'Probing',
  'push-image': 'Pushing',
};

function image({ step, image: present }: View): Facts {
  const doing = step && imageSteps[step];
  if (doing) return { status: step === 'probe-image' ? 'true' : 'false', reason: doing };
  if (present === undefined) return { status: 'unknown', reason: 'NotNeeded' };
  return present ? { status: 'true', reason: 'Present' } : { status: 'false', reason: 'NotFound' };
}

function server(view: View): Facts {
  const problem = view.problem && { problem: view.problem };
  if (view.server === undefined || view.engine.status !== 'available')
    return { status: 'unknown', reason: 'Unknown', ...problem };
  if (view.server === null) return { status: 'false', reason: 'NotFound', ...problem };
  if (view.ready) return { status: 'true', reason: 'Ready', ...problem };
  const words: Record<ServerObservation['state'], string> = {
    created: 'Created',
    running: 'Starting',
    restarting: 'Starting',
    paused: 'Paused',
    exited: view.server.outOfMemory ? 'OutOfMemory' : 'Exited',
    dead: 'Dead',
    removing: 'Removing',
  };
  return { status: 'false', reason: words[view.server.state], ...problem };
}

/** What it takes to bring a running server to the saved settings; undefined: nothing, or nothing runs. */
export function pendingCost({ observed: { server }, image }: Pick<Look, 'observed' | 'image'>): Cost | undefined {
  if (!server || !isLive(server.state)) return undefined;
  if (server.shape === 'unknown') return image === null && server.route === undefined ? 'rebuild' : undefined;
  if (server.shape === 'differs') return 'recreate';
  return server.config === 'same' && server.route !== 'other' ? undefined : 'restart';
}
