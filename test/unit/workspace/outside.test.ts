import { describe, expect, test } from 'vitest';
import type { ServerObservation } from '../../../main/runtime/runtime';
import { endingWhileStarting, judge, type Verdict } from '../../../main/workspace/outside';

const server = (change: Partial<ServerObservation> = {}): ServerObservation => ({
  id: 'c1',
  state: 'running',
  image: 'sha256:1',
  configHash: 'h',
  outOfMemory: false,
  memoryLimitMiB: 1024,
  ...change,
});
const exited = (exitCode: number, change: Partial<ServerObservation> = {}) =>
  server({ state: 'exited', exitCode, ...change });
const live = { live: true, engineWasAway: false };
const dead = { live: false, engineWasAway: false };
const stopped = (reason: string, failed: boolean, params?: object) => ({
  kind: 'stopped',
  failed,
  problem: { reason, ...(params && { params }) },
});

describe('what happened behind our back', () => {
  test.each<[string, boolean, typeof live, ServerObservation | null, object]>([
    ['runs as wanted', true, live, server(), { kind: 'as-wanted' }],
    ['stopped by hand', true, live, exited(143), stopped('stopped-outside', false)],
    ['shut down from Lab', true, live, exited(0), stopped('stopped-outside', false)],
    ['killed by hand', true, live, exited(137), stopped('stopped-outside', false)],
    ['removed by hand', true, live, null, stopped('removed-outside', false)],
    ['crashed', true, live, exited(1), stopped('server-exited', true, { code: 1 })],
    [
      'out of memory',
      true,
      live,
      exited(137, { outOfMemory: true }),
      stopped('out-of-memory', true, { limitMiB: 1024 }),
    ],
    ['ended with its engine', true, { live: true, engineWasAway: true }, exited(255), { kind: 'restart' }],
    [
      'removed while the engine was away',
      true,
      { live: true, engineWasAway: true },
      null,
      stopped('removed-outside', false),
    ],
    ['being started by us', true, dead, server({ state: 'created' }), { kind: 'as-wanted' }],
    ['started by hand', false, dead, server(), { kind: 'adopt' }],
    ['being stopped by us', false, live, server(), { kind: 'as-wanted' }],
    [
      'scaled to zero by hand, and on its way out',
      true,
      live,
      server({ leaving: true }),
      stopped('stopped-outside', false),
    ],
    ['on its way out after a stop that was cut off', true, dead, server({ leaving: true }), { kind: 'as-wanted' }],
    ['on its way out when first looked at', false, dead, server({ leaving: true }), { kind: 'as-wanted' }],
    ['at rest', false, dead, exited(0), { kind: 'as-wanted' }],
    ['paused by hand', true, live, server({ state: 'paused' }), { kind: 'as-wanted' }],
  ])('%s', (_, run, before, now, verdict) => {
    expect(judge(run, before, now)).toEqual(verdict as Verdict);
  });

  test('a server that never answered says how it ended', () => {
    expect(endingWhileStarting(exited(1))).toEqual({ reason: 'server-crashed-while-starting', params: { code: 1 } });
    expect(endingWhileStarting(exited(0)).reason).toBe('server-crashed-while-starting');
    expect(endingWhileStarting(exited(137, { outOfMemory: true })).reason).toBe('out-of-memory');
    expect(endingWhileStarting(null).reason).toBe('removed-outside');
  });
});

test('on a cluster a problem of a server that lives is its end; a node that is away is not', () => {
  const having = (reason: NonNullable<ServerObservation['problem']>['reason']) => server({ problem: { reason } });
  const before = { live: true, engineWasAway: false };
  expect(judge(true, before, server())).toEqual({ kind: 'as-wanted' });
  expect(judge(true, before, having('node-lost'))).toEqual({ kind: 'as-wanted' });
  expect(judge(true, before, having('out-of-memory'))).toMatchObject({ kind: 'stopped', failed: true });
  // Lab's own Shut Down.
  expect(judge(true, before, having('stopped-outside'))).toMatchObject({ kind: 'stopped', failed: false });
});
