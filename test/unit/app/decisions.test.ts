import { describe, expect, it } from 'vitest';
import { AutoOpen } from '../../../main/app/autoOpen';
import { parseCommandLine } from '../../../main/app/commandLine';
import { keepPage, planView, type ViewPlan } from '../../../main/app/lab/viewPlan';
import { Questions } from '../../../main/app/questions';
import { asksAboutMoves, planQuit } from '../../../main/app/quitPlan';
import { decideRestore } from '../../../main/app/restore';
import { chooseWorkspace } from '../../../main/app/startup';
import type { ServiceState } from '../../../main/workspace/service';
import type { Condition, MoveState, Phase, WorkspaceState } from '../../../main/workspace/state';

describe('command line', () => {
  it.each<[string[], object]>([
    [[], {}],
    [['--start'], { start: {} }],
    [['--start=My work'], { start: { name: 'My work' } }],
    [['--start='], { start: {} }],
    [['--start=a', '--start=b=c'], { start: { name: 'b=c' } }],
    [['--user-data-dir=/tmp/a b', '--hidden'], { userDataDir: '/tmp/a b', hidden: true }],
    [['--user-data-dir='], {}],
    [['.', 'file.ipynb', '--no-sandbox', '--started', 'start'], {}],
    [['--test-handle'], { testHandle: true }],
  ])('%j', (argv, expected) => {
    expect(parseCommandLine(argv)).toEqual({ hidden: false, testHandle: false, ...expected });
  });
});

describe('quitting', () => {
  it.each<[Parameters<typeof planQuit>[0], Parameters<typeof planQuit>[1], Phase[], string]>([
    ['user', 'ask', ['ready'], 'ask'],
    ['user', 'ask', ['preparing', 'stopped'], 'ask'],
    ['user', 'ask', ['stopped', 'failed'], 'keep'],
    ['user', 'ask', [], 'keep'],
    ['user', 'keep', ['ready'], 'keep'],
    ['user', 'stop', ['ready'], 'stop'],
    ['user', 'stop', ['stopped'], 'keep'],
    // Nobody is there to answer, and work goes on after the next login.
    ['system', 'ask', ['ready'], 'keep'],
    ['system', 'stop', ['ready'], 'keep'],
    ['close', 'stop', ['ready'], 'keep'],
  ])('%s, %s, %j: %s', (cause, preference, phases, plan) => {
    expect(planQuit(cause, preference, phases)).toBe(plan);
  });
  it('asks before it takes a move back, where somebody is there to ask', () => {
    expect(asksAboutMoves('user', 1)).toBe(true);
    expect(asksAboutMoves('close', 2)).toBe(true);
    expect(asksAboutMoves('system', 1)).toBe(false);
    expect(asksAboutMoves('user', 0)).toBe(false);
  });
});

describe('the Lab page follows its workspace', () => {
  const problem = { reason: 'stopped-outside' } as const;
  const move = { to: 'cluster', stage: 'copying' } as MoveState;
  const condition = (type: 'Route' | 'Engine', status: Condition['status'], reason?: 'route-lost'): Condition[] => [
    { type, status, reason: 'x', since: '', ...(reason && { problem: { reason } }) },
  ];
  const routeLost = condition('Route', 'false', 'route-lost');
  const page = (generation: number | null, painted = true) => ({ generation, painted });
  const is = (phase: Phase, more: Partial<WorkspaceState> = {}) => ({ phase, conditions: [], ...more });
  it.each<[string, Parameters<typeof planView>, ViewPlan]>([
    ['removed', [undefined, page(1), null], 'close'],
    ['stopped on purpose', [is('stopped'), page(1), null], 'close'],
    ['stopped from outside', [is('stopped', { problem }), page(1), null], 'lost'],
    ['failed', [is('failed', { problem }), page(1), null], 'lost'],
    ['preparing', [is('preparing'), page(null), null], 'wait'],
    ['starting', [is('starting'), page(1), null], 'wait'],
    ['stopping', [is('stopping'), page(1), null], 'leave'],
    ['ready, first time', [is('ready'), page(null, false), 1], 'attach'],
    ['ready, another server process', [is('ready'), page(1), 2], 'attach'],
    ['ready, as before', [is('ready'), page(2), 2], 'leave'],
    ['ready, address not known yet', [is('ready'), page(null), null], 'leave'],
    ['stopped for a move', [is('stopped', { move }), page(1), null], 'lost'],
    ['stopped for a move, hidden already', [is('stopped', { move }), page(null), null], 'lost'],
    ['stopped for a move, nothing painted yet', [is('stopped', { move }), page(null, false), null], 'close'],
    ['starting after a move', [is('starting', { move }), page(null), null], 'wait'],
    ['ready after a move', [is('ready'), page(null), 2], 'attach'],
    ['the route heals', [is('starting', { conditions: routeLost }), page(1), null], 'leave'],
    ['the route is back', [is('ready', { conditions: condition('Route', 'true') }), page(1), 1], 'leave'],
    [
      'the route is back at another pod',
      [is('ready', { conditions: condition('Route', 'true') }), page(1), 2],
      'attach',
    ],
    ['no route yet', [is('starting', { conditions: condition('Route', 'false') }), page(1), null], 'wait'],
    ['a lost route, and no page', [is('starting', { conditions: routeLost }), page(null, false), null], 'wait'],
    ['engine or cluster away', [is('stopped', { conditions: condition('Engine', 'false') }), page(1), null], 'lost'],
  ])('%s', (_name, args, plan) => expect(planView(...args)).toBe(plan));

  it('keeps a page only when it holds unsaved work of the same address', () => {
    expect(keepPage({ origin: 'http://127.0.0.1:1', dirty: ['a.ipynb'] }, 'http://127.0.0.1:1')).toBe(true);
    expect(keepPage({ origin: 'http://127.0.0.1:1', dirty: [] }, 'http://127.0.0.1:1')).toBe(false);
    expect(keepPage({ origin: 'http://127.0.0.1:1', dirty: ['a.ipynb'] }, 'http://127.0.0.1:2')).toBe(false);
    expect(keepPage({ origin: null, dirty: [] }, 'http://127.0.0.1:2')).toBe(false);
  });
});

describe('opening again what was shown last', () => {
  type Status = 'true' | 'false' | 'unknown';
  const state = (phase: Phase | null, engine: Status, server: Status) => {
    const conditions = [
      { type: 'Engine', status: engine },
      { type: 'Server', status: server },
    ];
    return { workspaces: phase ? [{ workspace: { id: 'a' }, phase, conditions }] : [] } as unknown as ServiceState;
  };
  it.each<[Phase | null, Status, Status, number, string]>([
    ['ready', 'true', 'true', 0, 'keep'],
    ['starting', 'true', 'false', 0, 'keep'],
    ['stopped', 'unknown', 'unknown', 0, 'wait'],
    ['stopped', 'unknown', 'unknown', 60_000, 'later'],
    // The engine has answered, and has not yet been asked for the server.
    ['stopped', 'true', 'unknown', 0, 'wait'],
    ['stopped', 'true', 'false', 0, 'home'],
    ['stopped', 'false', 'unknown', 0, 'home'],
    ['failed', 'false', 'unknown', 0, 'home'],
    [null, 'unknown', 'unknown', 0, 'home'],
  ])('%s, engine %s, server %s, after %i ms: %s', (phase, engine, server, waited, decided) => {
    expect(decideRestore(state(phase, engine, server), 'a', waited)).toBe(decided);
  });
});

describe('--start chooses', () => {
  const all = [
    { workspace: { id: 'a', name: 'Work' } },
    { workspace: { id: 'b', name: 'work' } },
    { workspace: { id: 'c', name: '연구' } },
  ];
  it.each<[string | undefined, string | undefined, string | null]>([
    ['work', undefined, 'b'],
    ['WORK', undefined, 'a'],
    ['연구', 'a', 'c'],
    ['none', 'a', null],
    [undefined, 'c', 'c'],
    [undefined, 'gone', 'a'],
    [undefined, undefined, 'a'],
  ])('%s, last %s: %s', (name, last, id) => expect(chooseWorkspace(all, name, last)).toBe(id));
  it('nothing where there is nothing', () => expect(chooseWorkspace([], undefined, 'a')).toBeNull());
});

describe('questions', () => {
  it('stand one at a time, in order, and take only answers that fit', async () => {
    let changes = 0;
    const questions = new Questions(() => changes++);
    const first = questions.ask({ kind: 'quit', running: ['a'] });
    const second = questions.ask({ kind: 'unsaved', workspace: 'a', files: ['x.ipynb'] });
    const id = questions.current!.id;
    expect(questions.current).toMatchObject({ kind: 'quit' });
    expect(questions.answer(id, 'proceed')).toBe(false);
    expect(questions.answer('99', 'cancel')).toBe(false);
    expect(questions.answer(id, 'keep')).toBe(true);
    expect(questions.answer(id, 'keep')).toBe(false);
    await expect(first).resolves.toBe('keep');
    expect(questions.current).toMatchObject({ kind: 'unsaved' });
    const move = questions.ask({ kind: 'move', workspace: 'a', to: 'cluster' });
    questions.withdraw('move');
    await expect(move).resolves.toBe('cancel');
    expect(questions.current).toMatchObject({ kind: 'unsaved' });
    questions.cancelAll();
    await expect(second).resolves.toBe('cancel');
    expect(questions.current).toBeUndefined();
    expect(changes).toBe(6);
  });
  it('go when what they are about is over', async () => {
    const questions = new Questions(() => undefined);
    const over = new AbortController();
    const asked = { kind: 'hand-installed', workspace: 'a', found: null } as const;
    const one = questions.ask(asked, over.signal);
    expect(questions.answer(questions.current!.id, 'proceed')).toBe(false);
    const other = questions.ask({ kind: 'quit', running: [] });
    over.abort();
    await expect(one).resolves.toBe('cancel');
    expect(questions.current).toMatchObject({ kind: 'quit' });
    await expect(questions.ask(asked, over.signal)).resolves.toBe('cancel');
    expect(questions.answer(questions.current!.id, 'keep')).toBe(true);
    await expect(other).resolves.toBe('keep');
  });
});

describe('a start from the window opens Lab', () => {
  it('unless the user did something else meanwhile', () => {
    const auto = new AutoOpen();
    auto.called('workspace.start', { id: 'a' });
    auto.called('logs.open', { id: 'a' });
    expect(auto.awaited).toBe('a');
    auto.called('workspace.check', { draft: {} });
    expect(auto.awaited).toBeNull();
  });
  it('the one shown last, when a slow engine answers at last', () => {
    const auto = new AutoOpen();
    auto.expect('a');
    auto.called('app.state', undefined);
    expect(auto.awaited).toBe('a');
    auto.called('view.home', undefined);
    expect(auto.awaited).toBeNull();
  });
  it('the last one that was started', () => {
    const auto = new AutoOpen();
    auto.called('workspace.start', { id: 'a' });
    auto.called('workspace.start', { id: 'b' });
    expect(auto.awaited).toBe('b');
    auto.done();
    expect(auto.awaited).toBeNull();
  });
});
