import { defineConfig } from '@playwright/test';

// What the window shows in every state, and what it asks for when it is used; run with `npm test -- gallery`. The pages are
// windows of this machine's Electron (electronPage.ts).
export default defineConfig({
  testDir: '.',
  testMatch: '*.shots.ts',
  outputDir: '../../../test-results/gallery',
  globalSetup: './setup.ts',
  fullyParallel: true,
  workers: 2,
  retries: 0,
  forbidOnly: true,
  timeout: 60_000,
  reporter: [['list']],
  use: { trace: 'off' },
});
