// The parts that vitest runs.
import { rmSync } from 'node:fs';
import { inProject } from '../setup/paths.mjs';
import { run } from '../setup/shell.mjs';
import { countVitest } from './count.mjs';

/** Runs the projects of one part; `filters` narrow the files. */
export async function vitest(part, filters, projects = [part]) {
  const report = inProject(`test-results/${part}.json`);
  rmSync(report, { force: true });
  const command = [process.execPath, inProject('node_modules/vitest/vitest.mjs'), 'run'];
  command.push(...projects.flatMap((project) => ['--project', project]));
  command.push('--reporter=default', '--reporter=json', `--outputFile.json=${report}`, ...filters);
  let ended = true;
  try {
    await run(command, { show: true, cwd: inProject() });
  } catch {
    ended = false;
  }
  const counts = countVitest(report);
  // An unhandled error outside of any test fails the run without failing a test.
  if (!ended && counts.failed === 0) return { ...counts, failed: 1, notes: ['vitest failed outside of any test'] };
  return counts;
}
