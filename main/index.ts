/** Where Labdock starts: the heart and the desktop around it are put together here, and nothing else happens. */
import { prepareDataFolder } from './app/dataFolder';

prepareDataFolder();
// Imported and not required at the top, so that its compiled code comes from the cache that was just switched on; it is
// there before Electron says it is ready.
void import('./app/boot').then(({ boot }) =>
  boot(async () => (await import('./workspace/createService')).createService),
);
