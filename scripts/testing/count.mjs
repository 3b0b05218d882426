// Reading the reporters' JSON: how many tests passed, and how many did not. A skipped test proves nothing and counts as
// failed; so does a file that could not be loaded, and a part whose report is missing or empty.
import { jsonOf } from '../setup/paths.mjs';

const failure = (note) => ({ passed: 0, failed: 1, notes: [note] });

/** Counts of vitest's JSON report. */
export function countVitest(file) {
  const report = jsonOf(file);
  if (!report) return failure('no report was written');
  const notes = [];
  let passed = 0;
  let failed = 0;
  for (const suite of report.testResults ?? []) {
    for (const test of suite.assertionResults) {
      if (test.status === 'passed') {
        passed += 1;
        continue;
      }
      failed += 1;
      if (test.status !== 'failed') notes.push(`${test.status}, counted as failed: ${test.fullName}`);
    }
    // A file whose import or hook failed reports no test of its own.
    if (suite.status === 'failed' && !suite.assertionResults.some(({ status }) => status === 'failed')) {
      failed += 1;
      notes.push(`failed as a file: ${suite.name}`);
    }
  }
  if (passed + failed === 0) return failure('no test ran');
  return { passed, failed, notes };
}

/** Counts of Playwright's JSON report. */
export function countPlaywright(file) {
  const report = jsonOf(file);
  if (!report) return failure('no report was written');
  const { expected = 0, skipped = 0, unexpected = 0, flaky = 0 } = report.stats ?? {};
  const errors = (report.errors ?? []).length;
  const notes = [];
  if (skipped) notes.push(`${skipped} skipped or not reached, counted as failed`);
  if (flaky) notes.push(`${flaky} flaky, counted as failed`);
  if (expected + skipped + unexpected + flaky + errors === 0) return failure('no test ran');
  return { passed: expected, failed: skipped + unexpected + flaky + errors, notes };
}
