// The other side of the bench: the least an Electron program can do. One window, one URL.
const { app, BrowserWindow, session } = require('electron');
const value = (name) => process.argv.find((a) => a.startsWith(`--${name}=`))?.slice(name.length + 3);

const userData = value('user-data');
if (userData) app.setPath('userData', userData);
app.whenReady().then(async () => {
  // As large as Labdock's own at its first launch (defaultSize in main/app/windowBounds.ts): painting costs by the pixel.
  const window = new BrowserWindow({ show: false, width: 1180, height: 780, webPreferences: { sandbox: true } });
  window.once('ready-to-show', () => window.show());
  if (value('clear-cache')) await session.defaultSession.clearCache();
  await window.loadURL(value('url') ?? 'data:text/html,<title>bare</title><button>Start</button>');
});
app.on('window-all-closed', () => app.quit());
