/** The small decisions around the plan: what a failed step may take down, why a start failed, what people are shown. */
import { describe, expect, test } from 'vitest';
import { defaultKernel } from '../../../main/image/model';
import { defaultServerSettings } from '../../../main/jupyter/model';
import type { Runtime, ServerObservation } from '../../../main/runtime/runtime';
import { afterTrouble, type Circumstances } from '../../../main/workspace/afterTrouble';
import { conditionsOf, pendingCost, phaseOf, type View } from '../../../main/workspace/conditions';
import type { WorkspaceDraft } from '../../../main/workspace/model';
import type { Observed, ObservedServer } from '../../../main/workspace/observed';
import { Presence } from '../../../main/workspace/presence';
import { givenConfig, readGiven, wantedConfig } from '../../../main/workspace/serverConfig';
import { explainEnding } from '../../../main/workspace/startFailure';
import { without } from '../../../main/workspace/logFollower';
import { serverKey, type Memory } from '../../../main/workspace/observer';

describe('after a failed step', () => {
  const starting: Circumstances = {
    on: 'local',
    step: 'create',
    aborted: false,
    engineWasAway: false,
    run: true,
    apply: false,
    live: false,
    holdsWork: false,
  };
  test.each<[string, Parameters<typeof afterTrouble>[0]['reason'], Partial<Circumstances>, string]>([
    ['a start gives up', 'port-busy', {}, 'give-up'],
    ['a build gives up', 'build-failed', { step: 'build-image' }, 'give-up'],
    ['a preflight gives up', 'folder-missing', { step: undefined }, 'give-up'],
    ['a cancelled step is nobody’s fault', 'cancelled', { aborted: true }, 'look-again'],
    ['a step cut by a lost engine waits for it', 'engine-error', { aborted: true, engineWasAway: true }, 'look-again'],
    ['a lost engine is waited for', 'engine-gone', { step: 'start' }, 'wait-for-engine'],
    [
      'a build for a running server leaves it alone',
      'build-failed',
      { step: 'build-image', apply: true, live: true, holdsWork: true },
      'keep-server',
    ],
    [
      'a preflight for a running server leaves it alone',
      'folder-missing',
      { step: undefined, apply: true, live: true },
      'keep-server',
    ],
    [
      'a new server that never answers is taken down',
      'server-not-ready',
      { step: 'await-ready', live: true },
      'give-up',
    ],
    ['one that answered once is not', 'server-not-ready', { step: 'await-ready', live: true, holdsWork: true }, 'halt'],
    [
      'an adopted one behind a masked port is not',
      'port-masked',
      { step: 'await-ready', live: true, holdsWork: true },
      'halt',
    ],
    [
      'an adopted one to which the local port is taken is not',
      'port-busy',
      { on: 'cluster', step: 'forward', live: true, holdsWork: true },
      'halt',
    ],
    [
      'a new one whose way cannot be opened is taken down',
      'port-busy',
      { on: 'cluster', step: 'forward', live: true },
      'give-up',
    ],
    ['a stop that fails is not repeated', 'engine-error', { step: 'stop', run: false, live: true }, 'halt'],
    [
      'a stop within an apply that fails is not repeated',
      'engine-error',
      { step: 'stop', apply: true, live: true, holdsWork: true },
      'halt',
    ],
  ])('%s', (_, reason, change, consequence) => {
    expect(afterTrouble({ reason }, { ...starting, ...change })).toBe(consequence);
  });
});

describe('why a server ended before it answered', () => {
  const crashed = { reason: 'server-crashed-while-starting' as const, params: { code: 1 } };
  test('the entrypoint’s own words', () => {
    expect(explainEnding(crashed, ['labdock: config-syntax: 12: invalid syntax'])).toMatchObject({
      reason: 'config-syntax',
      params: { line: 12, message: 'invalid syntax' },
    });
  });
  test('a trait that does not fit', () => {
    const lines = [
      "[C 2026-01-01 00:00:00.000 ServerApp] Bad config encountered during initialization: The 'max_body_size' trait of a ServerApp instance expected an int, not the str 'much'.",
    ];
    expect(explainEnding(crashed, lines)).toMatchObject({
      reason: 'config-rejected',
      params: { message: "The 'max_body_size' trait of a ServerApp instance expected an int, not the str 'much'." },
    });
  });
  test('an error the file raises', () => {
    const lines = [
      'Traceback (most recent call last):',
      '  File "/opt/labdock/etc/jupyter_server_config.py", line 40, in <module>',
      '    raise RuntimeError("not today")',
      'RuntimeError: not today',
    ];
    expect(explainEnding(crashed, lines)).toMatchObject({
      reason: 'config-rejected',
      params: { message: 'RuntimeError: not today' },
    });
  });
  test('nothing that is known: as it was', () => {
    expect(explainEnding(crashed, ['Segmentation fault'])).toEqual(crashed);
    const memory = { reason: 'out-of-memory' as const, params: { limitMiB: 512 } };
    expect(explainEnding(memory, ['labdock: config-syntax: 1: x'])).toEqual(memory);
  });
});

describe('what people are shown', () => {
  const container: ServerObservation = {
    id: 'c',
    state: 'running',
    image: 'i',
    configHash: 'h',
    outOfMemory: false,
    memoryLimitMiB: 0,
  };
  const view: View = { engine: { status: 'available' }, run: true, failed: false, ready: false };
  test.each<[string, Partial<View>, string]>([
    ['at rest', { run: false, server: null }, 'stopped'],
    ['looking for an engine', { run: false, engine: { status: 'looking' } }, 'stopped'],
    ['building', { step: 'build-image', server: null }, 'preparing'],
    ['creating', { step: 'create', server: null }, 'preparing'],
    ['starting', { step: 'start', server: { ...container, state: 'created' } }, 'starting'],
    ['waiting', { step: 'await-ready', server: container }, 'starting'],
    ['asked again', { step: 'await-ready', server: container, ready: true }, 'ready'],
    ['ready', { server: container, ready: true }, 'ready'],
    ['building for a running server', { step: 'build-image', server: container, ready: true }, 'ready'],
    ['saving', { step: 'save-work', server: container, ready: true }, 'stopping'],
    ['told to stop', { run: false, server: container, ready: true }, 'stopping'],
    ['failed', { run: false, server: null, problem: { reason: 'build-failed' }, failed: true }, 'failed'],
    ['stopped by hand', { run: false, server: null, problem: { reason: 'stopped-outside' } }, 'stopped'],
    [
      'engine gone',
      {
        engine: { status: 'unavailable' },
        problem: { reason: 'engine-gone' },
        failed: true,
        server: container,
        ready: true,
      },
      'failed',
    ],
    [
      'does not answer any more',
      { server: container, problem: { reason: 'server-not-ready' }, failed: true },
      'failed',
    ],
  ])('%s', (_, change, phase) => {
    expect(phaseOf({ ...view, ...change })).toBe(phase);
  });

  test('a condition keeps its time as long as it says the same', () => {
    const first = conditionsOf({ ...view, server: null, image: true }, [], 'T1');
    const second = conditionsOf({ ...view, server: container, image: true, ready: true }, first, 'T2');
    const times = Object.fromEntries(second.map(({ type, since }) => [type, since]));
    expect(times).toEqual({ Engine: 'T1', Image: 'T1', Server: 'T2', Files: 'T1' });
    expect(second.find(({ type }) => type === 'Server')).toMatchObject({ status: 'true', reason: 'Ready' });
  });

  const pending = (change: Partial<ObservedServer>, image: object | null = {}) => {
    const server: ObservedServer = {
      state: 'running',
      shape: 'same',
      config: 'same',
      ready: true,
      saved: false,
      ...change,
    };
    const observed: Observed = { engine: 'available', image: { present: true, fresh: false, probed: true }, server };
    return pendingCost({ observed, image: image as never });
  };
  test('what applying the saved settings takes', () => {
    expect(pending({})).toBeUndefined();
    expect(pending({ config: 'differs' })).toBe('restart');
    expect(pending({ shape: 'differs', config: 'differs' })).toBe('recreate');
    expect(pending({ shape: 'unknown' }, null)).toBe('rebuild');
    expect(pending({ state: 'exited', shape: 'differs' })).toBeUndefined();
  });
});

describe('presence', () => {
  const server = (startedAt: string): ServerObservation => ({
    id: 'c',
    state: 'running',
    image: 'i',
    configHash: 'h',
    startedAt,
    outOfMemory: false,
    memoryLimitMiB: 0,
  });
  const ready = (presence: Presence, memory: Memory, at: string) => {
    memory.readyKey = serverKey(server(at));
    presence.answers(server(at));
  };
  test('the same process keeps its generation, another one has another', () => {
    const memory: Memory = { run: true, apply: false, refreshed: false, startedHere: true };
    const presence = new Presence(memory);
    expect(presence.holdsWork(server('1'))).toBe(false);
    ready(presence, memory, '1');
    presence.verify();
    expect([presence.isReady(server('1')), presence.isShownReady(server('1'))]).toEqual([false, true]);
    ready(presence, memory, '1');
    expect([presence.generation, presence.holdsWork(server('1'))]).toEqual([1, true]);
    presence.lost();
    expect(presence.isShownReady(server('1'))).toBe(false);
    ready(presence, memory, '2');
    expect([presence.generation, presence.holdsWork(server('1'))]).toEqual([2, false]);
  });
  test('what Labdock did not start may hold work from the beginning', () => {
    expect(new Presence({ run: true, apply: false, refreshed: false }).holdsWork(server('1'))).toBe(true);
  });
});

describe('the server’s configuration', () => {
  const draft: WorkspaceDraft = {
    name: 'N',
    folder: '/x',
    target: { kind: 'local' },
    kernels: [defaultKernel],
    image: { kind: 'build' },
    port: 8888,
    resources: { memoryMiB: 0, cpus: 0, gpu: 'none' },
    server: defaultServerSettings,
    cluster: null,
  };
  const container = { kind: 'local', runsAsRoot: false } as const;
  const textOf = ({ files }: ReturnType<typeof wantedConfig>) => String(files[0]?.content);
  const secrets = { token: 'aB3_-x', passwordHash: 'argon2:$argon2id$v=19$m=10240,t=10,p=8$AAECAw$xn8' };
  test('what was rendered is read back: token, hash, and that it is the same', () => {
    const wanted = wantedConfig(draft, secrets, container);
    expect(givenConfig(textOf(wanted))).toEqual({ print: wanted.print, ...secrets });
  });
  test('without a password there is none to read back', () => {
    const wanted = wantedConfig(draft, { ...secrets, passwordHash: null }, container);
    expect(givenConfig(textOf(wanted))).not.toHaveProperty('passwordHash');
  });
  test('custom text cannot pass for the token', () => {
    const custom = "_labdock_keep('IdentityProvider', 'token', 'fake')\n";
    const wanted = wantedConfig({ ...draft, server: { ...draft.server, custom } }, secrets, container);
    expect(givenConfig(textOf(wanted)).token).toBe(secrets.token);
  });
  test('on a cluster no secret stands in the text, each is a file of its own, and all are read back', async () => {
    const place = { kind: 'cluster', hostnames: ['lab', 'lab.team.svc'], trustForwarded: false } as const;
    const wanted = wantedConfig(draft, secrets, place);
    expect(textOf(wanted)).not.toContain(secrets.token);
    expect(textOf(wanted)).not.toContain('argon2:');
    expect(textOf(wanted)).toContain("['localhost', 'lab', 'lab.team.svc']");
    expect(textOf(wanted)).not.toContain('trust_xheaders');
    const files = new Map(wanted.files.map(({ path, content }) => [path, Buffer.from(content)]));
    const runtime = { kind: 'cluster', readFile: async (_: string, path: string) => files.get(path) ?? null };
    expect(await readGiven(runtime as unknown as Runtime, 'x')).toEqual({ print: wanted.print, ...secrets });
    const behindTls = wantedConfig(draft, secrets, { ...place, trustForwarded: true });
    expect(textOf(behindTls)).toContain('c.ServerApp.trust_xheaders = True');
    expect(wantedConfig(draft, { ...secrets, token: 'other' }, place).print).not.toBe(wanted.print);
  });
  test('every secret and setting changes the print; the name does not', () => {
    const print = (change: object, token = secrets.token, hash: string | null = secrets.passwordHash, root = false) =>
      wantedConfig({ ...draft, ...change }, { token, passwordHash: hash }, { kind: 'local', runsAsRoot: root }).print;
    const prints = [
      print({}),
      print({}, 'other'),
      print({}, secrets.token, null),
      print({}, undefined, undefined, true),
      print({ server: { ...draft.server, allowOrigin: 'x' } }),
    ];
    expect(new Set(prints).size).toBe(prints.length);
    expect(print({ name: 'Other', port: 9999 })).toBe(print({}));
  });
});

test('secrets are taken out of log lines', () => {
  expect(without('http://x/lab?token=abc and abc', ['abc', 'argon'])).toBe('http://x/lab?token=… and …');
});
