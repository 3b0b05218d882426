/** The tray as data: workspaces in, icon, tooltip and menu out. Pure, so that an unchanged state changes nothing on screen. */
import type { TargetKind } from '../workspace/model';
import type { Phase, WorkspaceState } from '../workspace/state';
import type { Translate } from './i18n';

export type TrayIcon = 'stopped' | 'starting' | 'running' | 'failed';

export type TrayAction =
  | { do: 'start' | 'stop' | 'cancel' | 'open' | 'cancelMove'; workspace: string }
  /** Shows in the window what the switch would do, and asks there. */
  | { do: 'move'; workspace: string; to: TargetKind }
  | { do: 'show' }
  | { do: 'quit' };

export type TrayItem =
  | { kind: 'action'; label: string; action: TrayAction; enabled: boolean }
  | { kind: 'workspace'; label: string; items: TrayItem[] }
  | { kind: 'separator' };

export interface TrayModel {
  icon: TrayIcon;
  tooltip: string;
  items: TrayItem[];
}

const busy: readonly Phase[] = ['preparing', 'starting', 'stopping'];

export function trayIcon(phases: readonly Phase[]): TrayIcon {
  if (phases.includes('failed')) return 'failed';
  if (phases.some((phase) => busy.includes(phase))) return 'starting';
  return phases.includes('ready') ? 'running' : 'stopped';
}

export function trayModel(workspaces: readonly WorkspaceState[], t: Translate): TrayModel {
  // What moves is busy, whichever of its servers runs just then.
  const phases = workspaces.map((state) => (state.move ? 'stopping' : state.phase));
  const groups: TrayItem[] =
    workspaces.length === 1
      ? actions(workspaces[0]!, t)
      : workspaces.slice(0, maxWorkspaces).map((state) => ({
          kind: 'workspace',
          label: t('tray.workspace', { name: label(state.workspace.name), phase: phaseWord(state, t) }),
          items: actions(state, t),
        }));
  return {
    icon: trayIcon(phases),
    tooltip: tooltip(workspaces, t),
    items: [
      ...groups,
      ...(groups.length > 0 ? [{ kind: 'separator' } as const] : []),
      { kind: 'action', label: t('tray.show'), action: { do: 'show' }, enabled: true },
      { kind: 'action', label: t('tray.quit'), action: { do: 'quit' }, enabled: true },
    ],
  };
}

/** A menu that long can no longer be used; the window has them all. */
const maxWorkspaces = 20;

function phaseWord({ phase, move }: WorkspaceState, t: Translate): string {
  return move ? t(`moving.${move.to}`) : t(`phase.${phase}`);
}

function actions({ workspace, phase, move }: WorkspaceState, t: Translate): TrayItem[] {
  const name = label(workspace.name);
  const action = (does: 'start' | 'stop' | 'cancel' | 'open', enabled: boolean): TrayItem => ({
    kind: 'action',
    label: t(`tray.${does}`, { name }),
    action: { do: does, workspace: workspace.id },
    enabled,
  });
  const open = action('open', phase === 'ready');
  if (move) {
    const does = { do: 'cancelMove', workspace: workspace.id } as const;
    return [open, { kind: 'action', label: t('tray.cancelMove', { name }), action: does, enabled: move.cancellable }];
  }
  const switches = switchTo(workspace, name, t);
  if (phase === 'preparing' || phase === 'starting') return [open, action('cancel', true)];
  if (phase === 'stopping') return [open, action('stop', false)];
  if (phase === 'ready') return [open, action('stop', true), ...switches];
  return [open, action('start', true), ...switches];
}

/** Offered to those who have given the workspace a place on a cluster; others find the way there in its settings. */
function switchTo({ id, target, cluster }: WorkspaceState['workspace'], name: string, t: Translate): TrayItem[] {
  if (target.kind === 'local' && cluster === null) return [];
  const to = target.kind === 'local' ? 'cluster' : 'local';
  return [
    { kind: 'action', label: t(`tray.move.${to}`, { name }), action: { do: 'move', workspace: id, to }, enabled: true },
  ];
}

function tooltip(workspaces: readonly WorkspaceState[], t: Translate): string {
  const shown = workspaces.filter((state) => state.move || state.phase !== 'stopped');
  const first = shown.find((state) => state.move) ?? shown[0];
  if (!first) return t('tray.tooltip.idle');
  const others = shown.length - 1;
  const name = first.workspace.name;
  const phase = phaseWord(first, t);
  return others > 0 ? t('tray.tooltip.many', { name, phase, count: others }) : t('tray.tooltip.one', { name, phase });
}

/** `&` marks the letter to press in native menus: doubled, it is itself. */
function label(name: string): string {
  return name.replaceAll('&', '&&');
}
