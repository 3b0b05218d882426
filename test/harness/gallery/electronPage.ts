/**
 * Test equipment: the `page` of a test is a fresh window in this machine's Electron. The application around it is a
 * trivial one (windowApp), launched once per worker.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test as base, type ElectronApplication } from '@playwright/test';
import { launchElectron } from '../electronLaunch';
import { ofRun } from './where';

export { expect } from '@playwright/test';

export const test = base.extend<object, { windows: ElectronApplication }>({
  windows: [
    // eslint-disable-next-line no-empty-pattern
    async ({}, use) => {
      const userData = mkdtempSync(join(tmpdir(), 'labdock-gallery-user-'));
      const windows = await launchElectron({
        executablePath: ofRun('electron'),
        args: [ofRun('app')],
        userData,
      });
      await windows.evaluate(() => (globalThis as unknown as { openWindow: () => void }).openWindow());
      await use(windows);
      await windows.close();
      rmSync(userData, { recursive: true, force: true });
    },
    { scope: 'worker' },
  ],
  page: async ({ windows }, use) => {
    const page = windows.windows()[0] ?? (await windows.waitForEvent('window'));
    await use(page);
    await page.close();
  },
});
