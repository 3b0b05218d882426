import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { defineConfig } from 'vitest/config';

/** Those that end and start parts of the cluster, which no other test may meet. */
const harmful = readdirSync(join(import.meta.dirname, 'test/cluster'), { recursive: true, encoding: 'utf8' })
  .map((name) => `test/cluster/${name}`)
  .filter(
    (file) =>
      file.endsWith('.test.ts') &&
      /from '.*\/clusterParts'/.test(readFileSync(join(import.meta.dirname, file), 'utf8')),
  );

const cluster = {
  globalSetup: 'test/harness/clusterSetup.ts',
  setupFiles: 'test/harness/clusterTrouble.ts',
  environment: 'node',
  pool: 'forks',
  testTimeout: 300_000,
  hookTimeout: 600_000,
} as const;

// `unit` needs nothing but Node; `docker` drives real engines, `cluster` and `clusterFaults` a real Kubernetes, and they
// take their time.
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
          // Of two cores, vitest would leave one to itself.
          maxWorkers: '100%',
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
          ...cluster,
          name: 'cluster',
          include: ['test/cluster/**/*.test.ts'],
          exclude: harmful,
          // Each has a namespace of its own, and mostly waits for the cluster.
          maxWorkers: 2,
        },
      },
      {
        test: {
          ...cluster,
          name: 'clusterFaults',
          include: harmful,
          fileParallelism: false,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
