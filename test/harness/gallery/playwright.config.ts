import { defineConfig } from '@playwright/test';

// A browser stands in for Electron: the system's Chromium, or what LABDOCK_CHROMIUM names.
export default defineConfig({
  testDir: '.',
  testMatch: '*.shots.ts',
  outputDir: process.env['LABDOCK_TEST_RESULTS'] ?? '../../../test-results/gallery',
  globalSetup: './setup.ts',
  fullyParallel: true,
  workers: 2,
  retries: 0,
  forbidOnly: true,
  timeout: 60_000,
  reporter: [['line']],
  use: {
    launchOptions: {
      executablePath: process.env['LABDOCK_CHROMIUM'] ?? '/usr/bin/chromium',
      // Chromium has no sandbox for root; the page it shows is our own.
      args: ['--disable-gpu', ...(process.getuid?.() === 0 ? ['--no-sandbox'] : [])],
    },
  },
});
