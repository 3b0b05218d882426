import { describe, expect, it } from 'vitest';
import { chooseLocale, loadWords } from '../../../main/app/i18n';
import { moveNews, onTheWay } from '../../../main/app/moveNews';
import { trayIcon, trayModel, type TrayItem } from '../../../main/app/trayModel';
import type { Phase, WorkspaceState } from '../../../main/workspace/state';

const workspace = (
  id: string,
  name: string,
  phase: Phase,
  on: 'local' | 'cluster' = 'local',
  cluster: object | null = null,
) =>
  ({
    workspace: { id, name, target: { kind: on }, cluster },
    phase,
    conditions: [],
    everStarted: true,
    password: 'unset',
    recoverable: [],
  }) as unknown as WorkspaceState;
const t = await loadWords('en');
const flat = (items: TrayItem[]): string[] =>
  items.map((item) =>
    item.kind === 'separator'
      ? '---'
      : item.kind === 'workspace'
        ? `${item.label} > ${flat(item.items).join(', ')}`
        : `${item.label}${item.enabled ? '' : ' (off)'}`,
  );

describe('the tray icon', () => {
  it.each<[Phase[], string]>([
    [[], 'stopped'],
    [['stopped'], 'stopped'],
    [['stopped', 'ready'], 'running'],
    [['ready', 'starting'], 'starting'],
    [['preparing'], 'starting'],
    [['stopping', 'ready'], 'starting'],
    [['ready', 'failed'], 'failed'],
  ])('%j: %s', (phases, icon) => expect(trayIcon(phases)).toBe(icon));
});

describe('the tray menu', () => {
  it('without workspaces', () => {
    const model = trayModel([], t);
    expect(flat(model.items)).toEqual(['Show Labdock', 'Quit Labdock']);
    expect(model.tooltip).toBe('Labdock: nothing is running');
  });
  it.each<[Phase, string[]]>([
    ['stopped', ['Open Work (off)', 'Start Work']],
    ['failed', ['Open Work (off)', 'Start Work']],
    ['preparing', ['Open Work (off)', 'Cancel starting Work']],
    ['starting', ['Open Work (off)', 'Cancel starting Work']],
    ['ready', ['Open Work', 'Stop Work']],
    ['stopping', ['Open Work (off)', 'Stop Work (off)']],
  ])('one workspace, %s', (phase, items) => {
    const model = trayModel([workspace('a', 'Work', phase)], t);
    expect(flat(model.items)).toEqual([...items, '---', 'Show Labdock', 'Quit Labdock']);
  });
  it('several workspaces have submenus, and actions name their own', () => {
    const model = trayModel([workspace('a', 'Work', 'ready'), workspace('b', 'R&D', 'stopped')], t);
    expect(flat(model.items).slice(0, 2)).toEqual([
      'Work – running > Open Work, Stop Work',
      'R&&D – stopped > Open R&&D (off), Start R&&D',
    ]);
    const second = model.items[1];
    expect(second?.kind === 'workspace' && second.items[1]).toMatchObject({ action: { do: 'start', workspace: 'b' } });
    expect(model.tooltip).toBe('Labdock: Work is running');
  });
  it('offers the switch to those who have a cluster, both ways', () => {
    const away = trayModel([workspace('a', 'Work', 'ready', 'local', {})], t);
    expect(flat(away.items).slice(0, 3)).toEqual(['Open Work', 'Stop Work', 'Move Work to the cluster…']);
    expect(away.items[2]).toMatchObject({ action: { do: 'move', workspace: 'a', to: 'cluster' } });
    const home = trayModel([workspace('a', 'Work', 'stopped', 'cluster', {})], t);
    expect(flat(home.items)[2]).toBe('Move Work to this computer…');
    const busy = trayModel([workspace('a', 'Work', 'starting', 'cluster', {})], t);
    expect(flat(busy.items)).not.toContain('Move Work to this computer…');
  });
  it('says what moves, and takes it back while that is possible', () => {
    const moving = (cancellable: boolean) =>
      ({
        ...workspace('a', 'Work', 'stopped', 'local', {}),
        move: { to: 'cluster', stage: 'copying', cancellable },
      }) as unknown as WorkspaceState;
    const others = [workspace('b', 'B', 'ready'), moving(true)];
    const model = trayModel([moving(true)], t);
    expect(flat(model.items).slice(0, 2)).toEqual(['Open Work (off)', 'Cancel moving Work']);
    expect(flat(trayModel([moving(false)], t).items)[1]).toBe('Cancel moving Work (off)');
    expect(model.icon).toBe('starting');
    expect(trayModel(others, t).tooltip).toBe('Labdock: Work is moving to the cluster, and one more');
    expect(flat(trayModel(others, t).items)[1]).toMatch(/^Work – moving to the cluster > /);
  });
  it('counts the others in the tooltip', () => {
    const model = trayModel(
      [workspace('a', 'A', 'ready'), workspace('b', 'B', 'ready'), workspace('c', 'C', 'ready')],
      t,
    );
    expect(model.tooltip).toBe('Labdock: A is running, and 2 more');
  });
  it('is the same data for the same state, so that nothing is set twice', () => {
    const states = [workspace('a', 'Work', 'ready')];
    expect(trayModel(states, t)).toEqual(trayModel(structuredClone(states), t));
  });
  it('speaks Korean', async () => {
    const model = trayModel([workspace('a', '작업', 'ready')], await loadWords('ko'));
    expect(flat(model.items)[1]).toBe('작업 중지');
  });
});

describe('news of switches', () => {
  const at = (more: object) => ({ ...workspace('a', 'Work', 'ready'), ...more });
  const moving = onTheWay([at({ move: { to: 'cluster' } }), workspace('b', 'B', 'ready')]);
  it('are how those ended that were on their way', () => {
    expect(moveNews(moving, [at({ moved: { to: 'cluster' } })])).toEqual([
      { name: 'Work', to: 'cluster', arrived: true },
    ]);
    expect(moveNews(moving, [at({ moved: { to: 'local', problem: { reason: 'route-lost' } } })])).toMatchObject([
      { arrived: false },
    ]);
  });
  it('are told once, and not of what goes on or was taken back', () => {
    expect(moveNews(moving, [at({ move: { to: 'cluster' } })])).toEqual([]);
    expect(moveNews(moving, [at({})])).toEqual([]);
    expect(moveNews(onTheWay([at({})]), [at({ moved: { to: 'cluster' } })])).toEqual([]);
  });
});

describe('the language', () => {
  it.each<[Parameters<typeof chooseLocale>[0], string[], string]>([
    ['ko', ['en-US'], 'ko'],
    ['system', ['ko-KR', 'en'], 'ko'],
    ['system', ['de-DE', 'ko'], 'ko'],
    ['system', ['fr'], 'en'],
    ['system', [], 'en'],
    ['system', ['kok-IN', 'en_GB'], 'en'],
  ])('%s, %j: %s', (preference, system, locale) => expect(chooseLocale(preference, system)).toBe(locale));
});
