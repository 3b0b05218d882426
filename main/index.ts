/** Where Labdock starts: the heart and the desktop around it are put together here, and nothing else happens. */
import { prepareDataFolder } from './app/dataFolder';

prepareDataFolder();
// Imported and not required at the top, so that their compiled code comes from the cache that was just switched on.
// All of this is done before Electron says it is ready.
void Promise.all([import('./app/boot'), import('./workspace/createService')]).then(([{ boot }, { createService }]) =>
  boot(createService),
);
