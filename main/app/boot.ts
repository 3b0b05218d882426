/** The order of a launch. Reading settings and looking for servers begins while Electron is still getting ready. */
import { join } from 'node:path';
import { app, dialog, Menu, nativeTheme } from 'electron';
import type { SecretStore } from '../workspace/secrets';
import type { Service } from '../workspace/service';
import { Application } from './application';
import { registerAppScheme } from './appProtocol';
import { parseCommandLine } from './commandLine';
import { openCrashLog, type CrashLog } from './crashLog';
import { hardenApp } from './hardening';
import { openMemory } from './memory';
import { openSafeStorage } from './safeStorageStore';

/** What the heart needs to know of the desktop it runs on. */
export interface Desktop {
  /** Settings and everything else of this user, absolute. */
  dataFolder: string;
  /** Files that ship with Labdock (resources/), absolute; inside the asar when packaged. */
  resourcesFolder: string;
  /** null where the system offers no real encryption. */
  safeStorage: () => Promise<SecretStore | null>;
  log: (kind: string, error: unknown) => void;
}

export const applicationId = 'org.labdock.Labdock';

export function boot(createService: (desktop: Desktop) => Service): void {
  const commandLine = parseCommandLine(process.argv.slice(1));
  const dataFolder = app.getPath('userData');
  registerAppScheme();
  hardenApp();
  // No default menu: it has developer tools and reload, and takes time to build.
  Menu.setApplicationMenu(null);
  app.setAppUserModelId(applicationId);
  if (!app.requestSingleInstanceLock({ argv: process.argv.slice(1) })) return app.exit(0);

  const log = openCrashLog(dataFolder);
  catchCrashes(log);
  const memory = openMemory(dataFolder);
  if (memory.value.theme) nativeTheme.themeSource = memory.value.theme;
  const service = createService({
    dataFolder,
    resourcesFolder: join(app.getAppPath(), 'resources'),
    safeStorage: () => openSafeStorage(dataFolder),
    log: (kind, error) => log.write(kind, error),
  });
  const opening = service.open();
  const application = new Application({ service, opening, memory, log, commandLine });
  app.on('second-instance', (_event, _argv, _cwd, handedOver) => {
    // Chromium adds its own flags to argv; the other process hands over what it was really given.
    const { argv } = (handedOver ?? {}) as { argv?: string[] };
    application.secondLaunch(parseCommandLine(argv ?? []));
  });
  app.whenReady().then(() => application.start(), fatal(log));
  opening.catch(fatal(log));
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
