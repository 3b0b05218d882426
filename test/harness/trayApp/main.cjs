// A trivial Electron application with a tray, for the tray watcher's own test.
const { app, Tray, Menu, nativeImage } = require('electron');

app.whenReady().then(() => {
  // A 4x4 square of one colour.
  const pixels = Buffer.alloc(4 * 4 * 4, Buffer.from([0x20, 0x40, 0x80, 0xff]));
  const tray = new Tray(nativeImage.createFromBitmap(pixels, { width: 4, height: 4 }));
  tray.setToolTip('nothing clicked');
  tray.setContextMenu(
    Menu.buildFromTemplate([
      { label: 'Say hello', click: () => tray.setToolTip('hello') },
      { label: 'Never', enabled: false },
      { type: 'separator' },
      { label: 'More', submenu: [{ label: 'Ticked', type: 'checkbox', checked: true }] },
      { label: 'Quit', click: () => app.quit() },
    ]),
  );
});
app.on('window-all-closed', () => undefined);
