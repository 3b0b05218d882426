import { defineConfig } from 'vitest/config';

// Three projects: `unit` needs nothing but Node; `docker` drives real engines and `cluster` a real Kubernetes, and they take
// their time.
export default defineConfig({
  test: {
    // A test that is skipped proves nothing; `scripts/test.mjs` counts it as failed.
    allowOnly: false,
    passWithNoTests: false,
    teardownTimeout: 60_000,
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/unit/**/*.test.{ts,tsx}', 'main/**/*.test.ts', 'renderer/**/*.test.{ts,tsx}'],
          environment: 'node',
          testTimeout: 10_000,
        },
      },
      {
        test: {
          name: 'docker',
          include: ['test/docker/**/*.test.ts', 'test/harness/**/*.test.ts'],
          environment: 'node',
          // The engine and two cores are shared by all files: one file at a time.
          fileParallelism: false,
          pool: 'forks',
          testTimeout: 300_000,
          hookTimeout: 600_000,
        },
      },
      {
        test: {
          name: 'cluster',
          include: ['test/cluster/**/*.test.ts'],
          globalSetup: 'test/harness/clusterSetup.ts',
          environment: 'node',
          // One node for all files, and faults are done to it: one file at a time.
          fileParallelism: false,
          pool: 'forks',
          testTimeout: 300_000,
          hookTimeout: 600_000,
        },
      },
    ],
  },
});
