import { defineConfig } from '@playwright/test';

// Desktop tests drive the packaged application (see test/harness/desktop.ts). One at a time: they share the engine,
// the display and two cores.
export default defineConfig({
  testDir: 'test/desktop',
  testMatch: '**/*.test.ts',
  outputDir: process.env['LABDOCK_TEST_RESULTS'] ?? 'test-results/desktop',
  fullyParallel: false,
  workers: 1,
  retries: 0,
  forbidOnly: true,
  timeout: 300_000,
  expect: { timeout: 20_000 },
  reporter: [['list']],
  use: { trace: 'off' },
});
