import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Observed, ObservedServer, Wanted } from '../../../main/workspace/observed';
import { partsWithContainer, plan, stageOf } from '../../../main/workspace/plan';
import type { StepKind } from '../../../main/workspace/state';

const wanted = (change: Partial<Wanted> = {}): Wanted => ({
  run: true,
  apply: false,
  image: { by: 'build-image', refresh: false },
  ...change,
});
const server = (change: Partial<ObservedServer> = {}): ObservedServer => ({
  state: 'running',
  shape: 'same',
  config: 'same',
  ready: true,
  saved: false,
  ...change,
});
const here = { present: true, fresh: false, probed: true };
const seen = (change: Partial<Observed> = {}): Observed => ({
  engine: 'available',
  image: here,
  server: null,
  ...change,
});
const fromNothing: StepKind[] = ['create', 'start', 'await-ready'];

describe('plan', () => {
  test.each<[string, Wanted, Observed, StepKind[]]>([
    ['nothing wanted, nothing there', wanted({ run: false }), seen(), []],
    ['engine away', wanted(), seen({ engine: 'unavailable' }), []],
    [
      'engine away, server last seen running',
      wanted({ run: false }),
      seen({ engine: 'unavailable', server: server() }),
      [],
    ],
    ['first start, image there', wanted(), seen(), fromNothing],
    ['first start, no image', wanted(), seen({ image: { ...here, present: false } }), ['build-image', ...fromNothing]],
    [
      'published image never seen',
      wanted({ image: { by: 'pull-image', refresh: false } }),
      seen({ image: { present: false, fresh: false, probed: false } }),
      ['pull-image', 'probe-image', ...fromNothing],
    ],
    [
      'archive loaded but not probed',
      wanted({ image: { by: 'load-image', refresh: false } }),
      seen({ image: { ...here, probed: false } }),
      ['probe-image', ...fromNothing],
    ],
    [
      'pull policy Always asks again',
      wanted({ image: { by: 'pull-image', refresh: true } }),
      seen({ server: server({ state: 'exited', ready: false }) }),
      ['pull-image', 'probe-image', 'start', 'await-ready'],
    ],
    [
      'pull policy Always leaves a running server alone',
      wanted({ image: { by: 'pull-image', refresh: true } }),
      seen({ server: server() }),
      [],
    ],
    [
      'pull policy Always asks once per start',
      wanted({ image: { by: 'pull-image', refresh: true } }),
      seen({ image: { ...here, fresh: true }, server: server({ state: 'exited', ready: false }) }),
      ['start', 'await-ready'],
    ],
    [
      'restart of what is as wanted',
      wanted(),
      seen({ server: server({ state: 'exited', ready: false }) }),
      ['start', 'await-ready'],
    ],
    [
      'stopped, password changed',
      wanted(),
      seen({ server: server({ state: 'exited', ready: false, config: 'differs' }) }),
      ['configure', 'start', 'await-ready'],
    ],
    [
      'stopped, port changed',
      wanted(),
      seen({ server: server({ state: 'exited', ready: false, shape: 'differs' }) }),
      ['remove', ...fromNothing],
    ],
    [
      'killed while it was created, before its configuration was in it',
      wanted(),
      seen({ server: server({ state: 'created', ready: false, config: 'absent' }) }),
      ['configure', 'start', 'await-ready'],
    ],
    ['running, not answered yet', wanted(), seen({ server: server({ ready: false }) }), ['await-ready']],
    ['running and ready', wanted(), seen({ server: server() }), []],
    [
      'saved changes wait for the user',
      wanted(),
      seen({ server: server({ shape: 'differs', config: 'differs' }) }),
      [],
    ],
    [
      'apply a new password',
      wanted({ apply: true }),
      seen({ server: server({ config: 'differs' }) }),
      ['save-work', 'stop', 'configure', 'start', 'await-ready'],
    ],
    [
      'apply a new port',
      wanted({ apply: true }),
      seen({ server: server({ shape: 'differs' }) }),
      ['save-work', 'stop', 'remove', ...fromNothing],
    ],
    [
      'apply new kernels: build first, interrupt last',
      wanted({ apply: true }),
      seen({ image: { ...here, present: false }, server: server({ shape: 'unknown' }) }),
      ['build-image', 'save-work', 'stop', 'remove', ...fromNothing],
    ],
    ['stop', wanted({ run: false }), seen({ server: server() }), ['save-work', 'stop']],
    ['stop, saved already', wanted({ run: false }), seen({ server: server({ saved: true }) }), ['stop']],
    ['stop while starting', wanted({ run: false }), seen({ server: server({ ready: false }) }), ['stop']],
    [
      'stopped keeps its container',
      wanted({ run: false }),
      seen({ server: server({ state: 'exited', ready: false }) }),
      [],
    ],
    [
      'half-made goes',
      wanted({ run: false }),
      seen({ server: server({ state: 'created', ready: false }) }),
      ['remove'],
    ],
    ['dead goes', wanted({ run: false }), seen({ server: server({ state: 'dead', ready: false }) }), ['remove']],
    ['going already', wanted(), seen({ server: server({ state: 'removing', ready: false }) }), []],
    [
      'first start on a cluster: built, pushed, applied, reached',
      wanted({ on: 'cluster' }),
      seen({ image: { ...here, present: false, pushed: false } }),
      ['build-image', 'push-image', 'create', 'start', 'forward', 'await-ready'],
    ],
    [
      'on a cluster with the image pushed no engine is asked for one',
      wanted({ on: 'cluster' }),
      seen({ image: { ...here, present: false, pushed: true } }),
      ['create', 'start', 'forward', 'await-ready'],
    ],
    [
      'changed objects on a cluster are applied in place',
      wanted({ on: 'cluster' }),
      seen({
        image: { ...here, pushed: true },
        server: server({ state: 'exited', ready: false, shape: 'differs', inPlace: true, route: 'closed' }),
      }),
      ['create', 'start', 'forward', 'await-ready'],
    ],
    [
      'a route that closed is opened again, and the server asked again',
      wanted({ on: 'cluster' }),
      seen({ image: { ...here, pushed: true }, server: server({ ready: false, route: 'closed', inPlace: true }) }),
      ['forward', 'await-ready'],
    ],
    [
      'another port of a running server waits for the user’s word',
      wanted({ on: 'cluster' }),
      seen({ image: { ...here, pushed: true }, server: server({ route: 'other', inPlace: true }) }),
      [],
    ],
    [
      'another port, applied: saved, then reached there',
      wanted({ on: 'cluster', apply: true }),
      seen({ image: { ...here, pushed: true }, server: server({ route: 'other', inPlace: true }) }),
      ['save-work', 'forward', 'await-ready'],
    ],
    [
      'a stop that has begun on a cluster finishes before the start',
      wanted({ on: 'cluster' }),
      seen({ image: { ...here, pushed: true }, server: server({ leaving: true, inPlace: true, route: 'closed' }) }),
      ['stop', 'start', 'forward', 'await-ready'],
    ],
    [
      'a stop by another hand is waited for, and has nobody to save for',
      wanted({ run: false, on: 'cluster' }),
      seen({ server: server({ leaving: true, inPlace: true, route: 'closed' }) }),
      ['stop'],
    ],
    ['paused by hand, started here', wanted(), seen({ server: server({ state: 'paused' }) }), ['start', 'await-ready']],
  ])('%s', (_, want, observed, steps) => {
    expect(plan(want, observed)).toEqual(steps);
  });

  const states: ObservedServer['state'][] = ['created', 'running', 'paused', 'exited', 'dead', 'restarting'];
  const anyServer = fc.record({
    state: fc.constantFrom(...states),
    shape: fc.constantFrom<ObservedServer['shape']>('same', 'differs', 'unknown'),
    config: fc.constantFrom<ObservedServer['config']>('same', 'differs', 'absent'),
    ready: fc.boolean(),
    saved: fc.boolean(),
    leaving: fc.boolean(),
    route: fc.constantFrom<NonNullable<ObservedServer['route']>>('open', 'other', 'closed'),
  });
  const anyWorld = fc
    .record({
      engine: fc.constant<Observed['engine']>('available'),
      image: fc.record({ present: fc.boolean(), fresh: fc.boolean(), probed: fc.boolean(), pushed: fc.boolean() }),
      server: fc.option(anyServer, { nil: null }),
      on: fc.constantFrom<'local' | 'cluster'>('local', 'cluster'),
    })
    .map(({ on, ...world }): Observed & { on: 'local' | 'cluster' } => {
      const { pushed, ...image } = world.image;
      const far = on === 'cluster';
      const base = { ...world, on, image: far ? { ...image, pushed } : image };
      // What cannot be: an answer from a server without processes; a comparison with an image that is not there; a route
      // to a container, or a way to a pod without one.
      const s = world.server;
      if (!s) return { ...base, server: null };
      const live = ['running', 'paused', 'restarting'].includes(s.state);
      const { route, leaving, ...rest } = s;
      const known = far ? pushed : image.present;
      return {
        ...base,
        server: {
          ...rest,
          ...(far && { inPlace: true, route: live ? route : 'closed' }),
          ...(far && s.state === 'running' && { leaving }),
          ready: s.ready && live && !(far && route === 'closed'),
          shape: known ? (s.shape === 'unknown' ? 'same' : s.shape) : 'unknown',
        },
      };
    });
  const anyWish: fc.Arbitrary<Wanted> = fc.record({
    run: fc.boolean(),
    apply: fc.boolean(),
    image: fc.record({
      by: fc.constantFrom<Wanted['image']['by']>('build-image', 'pull-image', 'load-image'),
      refresh: fc.boolean(),
    }),
  });

  /** What each step does to a world, as the runtime's contract promises; throws where the contract forbids the step. */
  function execute(step: StepKind, world: Observed): Observed {
    const s = world.server;
    const live = s !== null && ['running', 'paused', 'restarting'].includes(s.state);
    const onServer = (change: Partial<ObservedServer>): Observed => {
      if (!s) throw new Error(`${step} without a server`);
      return { ...world, server: { ...s, ...change } };
    };
    switch (step) {
      case 'build-image':
      case 'pull-image':
      case 'load-image': {
        const image = { ...world.image, present: true, fresh: true, probed: step === 'build-image' };
        // A freshly built image is another one than the server was made from, or the same: both must lead home.
        return { ...world, image, server: s && { ...s, shape: s.config === 'same' ? 'same' : 'differs' } };
      }
      case 'probe-image':
        if (!world.image.present && !world.image.pushed) throw new Error('probe without image');
        return { ...world, image: { ...world.image, probed: true } };
      case 'push-image':
        if (!world.image.present) throw new Error('push without image');
        return { ...world, image: { ...world.image, pushed: true }, server: s && { ...s, shape: 'differs' } };
      case 'create': {
        const far = world.image.pushed !== undefined;
        if (s && !far) throw new Error('create beside another');
        if (live) throw new Error('create over a running one');
        if (!(far ? world.image.pushed : world.image.present)) throw new Error('create without image');
        const made = server({ state: 'created', ready: false });
        return { ...world, server: far ? { ...made, inPlace: true, route: 'closed' } : made };
      }
      case 'forward':
        if (!live || s?.route === undefined) throw new Error('forward to what does not run');
        return onServer({ route: 'open', ready: false });
      case 'configure':
        if (live) throw new Error('configure a running server');
        return onServer({ config: 'same' });
      case 'start':
        if (s?.state === 'dead') throw new Error('start a dead one');
        return onServer({ state: 'running', ready: false, saved: false });
      case 'await-ready':
        if (s?.state !== 'running' && s?.state !== 'restarting') throw new Error('await what does not run');
        if (s.route === 'closed') throw new Error('await what cannot be reached');
        return onServer({ state: 'running', ready: true });
      case 'save-work':
        if (!s?.ready) throw new Error('save what does not answer');
        return onServer({ saved: true });
      case 'stop':
        if (!live) throw new Error('stop what does not run');
        return onServer({
          state: 'exited',
          ready: false,
          saved: false,
          leaving: false,
          ...(s?.route && { route: 'closed' }),
        });
      case 'remove':
        if (live) throw new Error('remove a running server');
        return { ...world, server: null };
    }
  }

  function settle(want: Wanted, start: Observed): { world: Observed; done: StepKind[] } {
    let world = start;
    const done: StepKind[] = [];
    for (;;) {
      const [step] = plan(want, world);
      if (!step) return { world, done };
      done.push(step);
      if (done.length > 15) throw new Error(`no end: ${done.join(' ')}`);
      world = execute(step, world);
    }
  }

  test('from any world the first steps, one by one, lead to what is wanted, and then there is nothing left to do', () => {
    fc.assert(
      fc.property(anyWish, anyWorld, (wish, start) => {
        const want = { ...wish, on: start.on };
        const { world } = settle(want, start);
        if (want.run) {
          expect(world.server?.state).toMatch(/^(running|restarting)$/);
          expect(world.server?.ready).toBe(true);
          if (want.apply) expect(world.server).toMatchObject({ shape: 'same', config: 'same' });
        } else {
          expect(world.server?.state ?? 'exited').toBe('exited');
        }
        expect(plan(want, world)).toEqual([]);
      }),
      { numRuns: 3000 },
    );
  });

  test('a server that is not live always starts with the saved settings', () => {
    fc.assert(
      fc.property(anyWish, anyWorld, (wish, start) => {
        const want = { ...wish, on: start.on };
        const live = ['running', 'paused', 'restarting'].includes(start.server?.state ?? '');
        fc.pre(want.run && !live);
        expect(settle(want, start).world.server).toMatchObject({ shape: 'same', config: 'same' });
      }),
    );
  });

  test('a running server is never interrupted unless the user asked to stop or to apply', () => {
    fc.assert(
      fc.property(anyWish, anyWorld, (wish, start) => {
        const want = { ...wish, on: start.on };
        fc.pre(want.run && !want.apply && start.server?.state === 'running' && !start.server.leaving);
        const { done } = settle(want, start);
        expect(done.filter((step) => step !== 'await-ready' && step !== 'forward')).toEqual([]);
      }),
    );
  });

  test('work is saved before every stop of a server that answers', () => {
    fc.assert(
      fc.property(anyWish, anyWorld, (wish, start) => {
        const want = { ...wish, on: start.on };
        const { ready, saved, state, leaving } = start.server ?? {};
        fc.pre(ready === true && !saved && !leaving && state !== 'paused');
        const { done } = settle(want, start);
        const stop = done.indexOf('stop');
        if (stop >= 0) expect(done.indexOf('save-work')).toBe(stop - 1);
      }),
    );
  });

  test('every step has its stage', () => {
    expect(fromNothing.map(stageOf)).toEqual(['container', 'server', 'server']);
    expect(stageOf('configure')).toBe('container');
    expect(stageOf('pull-image')).toBe('image');
  });
});

describe('a plan parts with a container', () => {
  const rest = server({ state: 'exited', ready: false });
  const absent = { ...here, present: false };
  const on = 'cluster' as const;
  test.each<[string, Wanted, Observed, boolean]>([
    ['a first start', wanted(), seen({ image: absent }), false],
    ['the same one started again', wanted(), seen({ server: rest }), false],
    ['another one is due', wanted(), seen({ server: { ...rest, shape: 'differs' } }), true],
    ['its image is to come', wanted(), seen({ image: absent, server: { ...rest, shape: 'unknown' } }), true],
    [
      'the registry is asked anew',
      wanted({ image: { by: 'pull-image', refresh: true } }),
      seen({ server: rest }),
      false,
    ],
    ['never started', wanted(), seen({ server: { ...rest, state: 'created', shape: 'differs' } }), false],
    ['a stop keeps it', wanted({ run: false }), seen({ server: server() }), false],
    ['not applied yet', wanted(), seen({ server: server({ shape: 'differs' }) }), false],
    ['applied, made anew', wanted({ apply: true }), seen({ server: server({ shape: 'differs' }) }), true],
    ['applied, its image is to come', wanted({ apply: true }), seen({ image: absent, server: server() }), true],
    ['applied, restarted', wanted({ apply: true }), seen({ server: server({ config: 'differs' }) }), false],
    [
      'applied on a cluster, a new pod',
      wanted({ apply: true, on }),
      seen({ server: server({ config: 'differs', inPlace: true, route: 'open' }) }),
      true,
    ],
    [
      'applied on a cluster, another route',
      wanted({ apply: true, on }),
      seen({ server: server({ inPlace: true, route: 'other' }) }),
      false,
    ],
    [
      'on its way out of a cluster already',
      wanted({ on }),
      seen({ server: server({ leaving: true, inPlace: true, route: 'closed' }) }),
      false,
    ],
    ['at rest on a cluster', wanted({ on }), seen({ server: { ...rest, shape: 'differs', inPlace: true } }), false],
  ])('%s: %4$s', (_, want, observed, expected) => {
    expect(partsWithContainer(plan(want, observed), want, observed)).toBe(expected);
  });
});
