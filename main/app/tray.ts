/** Puts the tray's model on the desktop. One Tray for the whole run; only what changed is set again. */
import { join } from 'node:path';
import { app, Menu, nativeImage, Tray, type MenuItemConstructorOptions, type NativeImage } from 'electron';
import type { TrayAction, TrayIcon, TrayItem, TrayModel } from './trayModel';

export class AppTray {
  #tray: Tray | null = null;
  #shown: { icon?: TrayIcon; tooltip?: string; items?: string } = {};
  readonly #act: (action: TrayAction) => void;

  constructor(act: (action: TrayAction) => void) {
    this.#act = act;
  }

  show(model: TrayModel): void {
    if (!this.#tray) {
      this.#tray = new Tray(loadIcon(model.icon));
      this.#shown = { icon: model.icon };
      // Windows and Linux desktops: the first click shows the window. macOS opens the menu by itself.
      if (process.platform !== 'darwin') this.#tray.on('click', () => this.#act({ do: 'show' }));
    }
    if (this.#shown.icon !== model.icon) this.#tray.setImage(loadIcon(model.icon));
    if (this.#shown.tooltip !== model.tooltip) this.#tray.setToolTip(model.tooltip);
    // dbusmenu learns of changed items only from a new menu; the tray itself stays.
    const items = JSON.stringify(model.items);
    if (this.#shown.items !== items) this.#tray.setContextMenu(Menu.buildFromTemplate(this.#template(model.items)));
    this.#shown = { icon: model.icon, tooltip: model.tooltip, items };
  }

  destroy(): void {
    this.#tray?.destroy();
    this.#tray = null;
  }

  #template(items: readonly TrayItem[]): MenuItemConstructorOptions[] {
    return items.map((item): MenuItemConstructorOptions => {
      switch (item.kind) {
        case 'separator':
          return { type: 'separator' };
        case 'workspace':
          return { label: item.label, submenu: this.#template(item.items) };
        case 'action':
          return { label: item.label, enabled: item.enabled, click: () => this.#act(item.action) };
      }
    });
  }
}

const icons = new Map<TrayIcon, NativeImage>();

/** macOS tints template images itself; the others show colour. */
function loadIcon(icon: TrayIcon): NativeImage {
  let image = icons.get(icon);
  if (!image) {
    const folder = join(app.getAppPath(), 'resources', 'icons');
    const name = process.platform === 'darwin' ? `tray-${icon}-Template.png` : `tray-${icon}.png`;
    image = nativeImage.createFromPath(join(folder, name));
    if (image.isEmpty()) image = nativeImage.createFromPath(join(folder, 'icon.png')).resize({ width: 22, height: 22 });
    icons.set(icon, image);
  }
  return image;
}
