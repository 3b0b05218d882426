/** The application menu as a template. Pure but for its type: `install` is Electron's business in application.ts. */
import type { MenuItemConstructorOptions } from 'electron';
import type { Translate } from './i18n';

export interface MenuActions {
  home(): void;
  reloadLab(): void;
  zoom(change: 1 | -1 | 0): void;
  devtools(of: 'window' | 'lab'): void;
  quit(): void;
}

/**
 * Accelerators are few: a page gets the keys first, and Lab has its own for nearly everything.
 * `developer` is true only when running from source.
 */
export function menuTemplate(
  context: { platform: NodeJS.Platform; developer: boolean; labShown: boolean },
  t: Translate,
  actions: MenuActions,
): MenuItemConstructorOptions[] {
  const mac = context.platform === 'darwin';
  const separator: MenuItemConstructorOptions = { type: 'separator' };
  const quit: MenuItemConstructorOptions = {
    label: t('menu.quit'),
    accelerator: 'CmdOrCtrl+Q',
    click: () => actions.quit(),
  };
  const lab = { enabled: context.labShown };
  const edit: MenuItemConstructorOptions[] = [
    { role: 'undo', label: t('menu.undo') },
    { role: 'redo', label: t('menu.redo') },
    separator,
    { role: 'cut', label: t('menu.cut') },
    { role: 'copy', label: t('menu.copy') },
    { role: 'paste', label: t('menu.paste') },
    { role: 'selectAll', label: t('menu.selectAll') },
  ];
  const view: MenuItemConstructorOptions[] = [
    { label: t('menu.workspaces'), accelerator: 'Alt+Home', click: () => actions.home() },
    { ...lab, label: t('menu.reloadLab'), accelerator: 'CmdOrCtrl+R', click: () => actions.reloadLab() },
    separator,
    { ...lab, label: t('menu.zoomIn'), accelerator: 'CmdOrCtrl+Plus', click: () => actions.zoom(1) },
    { ...lab, label: t('menu.zoomOut'), accelerator: 'CmdOrCtrl+-', click: () => actions.zoom(-1) },
    { ...lab, label: t('menu.zoomReset'), accelerator: 'CmdOrCtrl+0', click: () => actions.zoom(0) },
    separator,
    { role: 'togglefullscreen', label: t('menu.fullScreen') },
    ...(context.developer
      ? [
          separator,
          { label: t('menu.devtools'), accelerator: 'F12', click: () => actions.devtools('window') },
          { ...lab, label: t('menu.devtoolsLab'), click: () => actions.devtools('lab') },
        ]
      : []),
  ];
  return [
    ...(mac
      ? [
          {
            role: 'appMenu',
            submenu: [
              { role: 'about' },
              separator,
              { role: 'services' },
              separator,
              { role: 'hide' },
              { role: 'hideOthers' },
              { role: 'unhide' },
              separator,
              quit,
            ],
          } satisfies MenuItemConstructorOptions,
        ]
      : []),
    {
      label: t('menu.file'),
      submenu: [
        { role: 'close', label: t('menu.close'), accelerator: 'CmdOrCtrl+Shift+W' },
        ...(mac ? [] : [separator, quit]),
      ],
    },
    { label: t('menu.edit'), submenu: edit },
    { label: t('menu.view'), submenu: view },
    ...(mac ? [{ role: 'windowMenu' } satisfies MenuItemConstructorOptions] : []),
  ];
}
