/** The tray as data: workspaces in, icon, tooltip and menu out. Pure, so that an unchanged state changes nothing on screen. */
import type { Phase, WorkspaceState } from '../workspace/state';
import type { Translate } from './i18n';

export type TrayIcon = 'stopped' | 'starting' | 'running' | 'failed';

export type TrayAction =
  { do: 'start' | 'stop' | 'cancel' | 'open'; workspace: string } | { do: 'show' } | { do: 'quit' };

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
  const phases = workspaces.map((state) => state.phase);
  const groups: TrayItem[] =
    workspaces.length === 1
      ? actions(workspaces[0]!, t)
      : workspaces.slice(0, maxWorkspaces).map((state) => ({
          kind: 'workspace',
          label: t('tray.workspace', { name: label(state.workspace.name), phase: t(`phase.${state.phase}`) }),
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

function actions({ workspace, phase }: WorkspaceState, t: Translate): TrayItem[] {
  const name = label(workspace.name);
  const action = (does: 'start' | 'stop' | 'cancel' | 'open', enabled: boolean): TrayItem => ({
    kind: 'action',
    label: t(`tray.${does}`, { name }),
    action: { do: does, workspace: workspace.id },
    enabled,
  });
  const open = action('open', phase === 'ready');
  if (phase === 'preparing' || phase === 'starting') return [open, action('cancel', true)];
  if (phase === 'ready' || phase === 'stopping') return [open, action('stop', phase === 'ready')];
  return [open, action('start', true)];
}

function tooltip(workspaces: readonly WorkspaceState[], t: Translate): string {
  const first = workspaces.find((state) => state.phase !== 'stopped');
  if (!first) return t('tray.tooltip.idle');
  const others = workspaces.filter((state) => state.phase !== 'stopped').length - 1;
  const name = first.workspace.name;
  const phase = t(`phase.${first.phase}`);
  return others > 0 ? t('tray.tooltip.many', { name, phase, count: others }) : t('tray.tooltip.one', { name, phase });
}

/** `&` marks the letter to press in native menus: doubled, it is itself. */
function label(name: string): string {
  return name.replaceAll('&', '&&');
}
