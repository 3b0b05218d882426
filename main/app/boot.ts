/**
 * The order of a launch. The window comes first, as early as in an empty application; everything else is read while its
 * page's process is starting. This file and what it imports statically is all that is read before: keep it light.
 */
import { join } from 'node:path';
import { app, dialog, Menu, nativeTheme, session } from 'electron';
import type { SecretStore } from '../workspace/secrets';
import type { Service } from '../workspace/service';
import type { Application } from './application';
import { registerAppScheme, serveApp } from './appProtocol';
import { openDoor } from './bridge/door';
import { parseCommandLine, type CommandLine } from './commandLine';
import { openCrashLog, type CrashLog } from './crashLog';
import { guardSession, hardenApp } from './hardening';
import { openMemory, type Memory } from './memory';
import { PageTurn } from './pageTurn';
import { MainWindow } from './window';

/** What the heart needs to know of the desktop it runs on. */
export interface Desktop {
  /** Settings and everything else of this user, absolute. */
  dataFolder: string;
  /** Files that ship with Labdock (resources/), absolute; inside the asar when packaged. */
  resourcesFolder: string;
  /** null where the system offers no real encryption. */
  safeStorage: () => Promise<SecretStore | null>;
  log: (kind: string, error: unknown) => void;
  /** Resolves when loading large modules disturbs nobody: the window is painted, or there is a server to be reached at once. */
  calm: Promise<void>;
}

export type CreateService = (desktop: Desktop) => Service;

/** Must be the `appId` of electron-builder.yml: Windows shows notifications only of what it knows by that name. */
export const applicationId = 'io.labdock.Labdock';

export function boot(loadHeart: () => Promise<CreateService>): void {
  const commandLine = parseCommandLine(process.argv.slice(1));
  registerAppScheme();
  hardenApp();
  // No default menu: it has developer tools and reload, and takes time to build.
  Menu.setApplicationMenu(null);
  app.setAppUserModelId(applicationId);
  if (!app.requestSingleInstanceLock({ argv: process.argv.slice(1) })) return app.exit(0);

  const dataFolder = app.getPath('userData');
  const log = openCrashLog(dataFolder);
  catchCrashes(log);
  const memory = openMemory(dataFolder);
  if (memory.value.theme) nativeTheme.themeSource = memory.value.theme;
  const application = app.whenReady().then(() => open(loadHeart, { commandLine, dataFolder, log, memory }));
  openDoor(application.then((ready) => ready.answer));
  application.catch(fatal(log));
  app.on('second-instance', (_event, _argv, _cwd, handedOver) => {
    // Chromium adds its own flags to argv; the other process hands over what it was really given.
    const { argv } = (handedOver ?? {}) as { argv?: string[] };
    void application.then((ready) => ready.secondLaunch(parseCommandLine(argv ?? [])));
  });
  // Servers and tray live on without windows.
  app.on('window-all-closed', () => undefined);
}

interface Launch {
  commandLine: CommandLine;
  dataFolder: string;
  log: CrashLog;
  memory: Memory;
}

async function open(loadHeart: () => Promise<CreateService>, launch: Launch): Promise<Application> {
  const { commandLine, dataFolder, log, memory } = launch;
  serveApp(session.defaultSession, join(app.getAppPath(), 'out', 'renderer'));
  guardSession(session.defaultSession, mayTrustedPage);
  const window = new MainWindow(memory);
  // Straight to Lab: what finds its server is on the way, not beside it.
  const direct = commandLine.start !== undefined || memory.value.lastView !== undefined;
  const pageTurn = direct && !commandLine.hidden ? new PageTurn() : undefined;
  if (!commandLine.hidden) window.show(pageTurn?.come);

  const [{ Application }, createService] = await Promise.all([import('./application'), loadHeart()]);
  let painted: () => void = () => undefined;
  const calm = new Promise<void>((resolve) => (painted = resolve));
  // Never wait for a paint that does not come.
  if (commandLine.hidden || direct) painted();
  else setTimeout(painted, 5000).unref();
  const service = createService({
    dataFolder,
    resourcesFolder: join(app.getAppPath(), 'resources'),
    safeStorage: async () => (await import('./safeStorageStore')).openSafeStorage(dataFolder),
    log: (kind, error) => log.write(kind, error),
    calm,
  });
  const opening = service.open();
  opening.catch(fatal(log));
  const application = new Application({ service, opening, memory, log, commandLine, window, pageTurn, painted });
  application.start();
  return application;
}

/** Copying a log or an address is all the trusted page needs. */
function mayTrustedPage(permission: string, requester: string | undefined): boolean {
  return permission === 'clipboard-sanitized-write' && /^app:\/\/labdock(?:\/|$)/.test(requester ?? '');
}

/** Nobody caught it: it is written down, and the application goes on, because servers and open work hang on it. */
function catchCrashes(log: CrashLog): void {
  process.on('uncaughtException', (error) => {
    log.write('uncaughtException', error);
    if (!app.isReady()) fatal(log)(error);
  });
  process.on('unhandledRejection', (reason) => log.write('unhandledRejection', reason));
  app.on('child-process-gone', (_event, details) => {
    if (details.reason !== 'clean-exit') log.write('child-process-gone', `${details.type} ${details.reason}`);
  });
}

/** Without a heart or a window there is nothing to go on with. The words are English: the catalogue may be what failed. */
function fatal(log: CrashLog) {
  return (error: unknown) => {
    log.write('fatal', error);
    dialog.showErrorBox(
      'Labdock cannot start',
      `Something unexpected happened. Your servers keep running.\n\nThe log is in ${log.path}.`,
    );
    app.exit(1);
  };
}
