/** The last line of a test run tells the truth: nothing skipped, missing or empty counts as passed. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';

interface Counts {
  passed: number;
  failed: number;
}
// Set-up is plain JavaScript without types: it runs before anything is installed.
const script: string = '../../../scripts/testing/count.mjs';
const { countVitest, countPlaywright } = (await import(script)) as Record<
  'countVitest' | 'countPlaywright',
  (file: string) => Counts
>;

const folder = mkdtempSync(join(tmpdir(), 'labdock-count-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function report(value: unknown): string {
  const file = join(folder, 'report.json');
  writeFileSync(file, typeof value === 'string' ? value : JSON.stringify(value));
  return file;
}

const file = (status: string, ...tests: string[]): unknown => ({
  name: 'a.test.ts',
  status,
  assertionResults: tests.map((one) => ({ status: one, fullName: one })),
});

test.each([
  ['all passed', { testResults: [file('passed', 'passed', 'passed')] }, 2, 0],
  ['skipped and todo', { testResults: [file('passed', 'passed', 'pending', 'todo', 'skipped')] }, 1, 3],
  ['a file that could not be loaded', { testResults: [file('failed'), file('passed', 'passed')] }, 1, 1],
  ['a hook that failed after its tests', { testResults: [file('failed', 'passed')] }, 1, 1],
  ['nothing ran', { testResults: [] }, 0, 1],
  ['a broken report', '{', 0, 1],
])('vitest: %s', (_, value, passed, failed) => {
  expect(countVitest(report(value))).toMatchObject({ passed, failed });
});

test.each([
  ['all passed', { stats: { expected: 3, skipped: 0, unexpected: 0, flaky: 0 }, errors: [] }, 3, 0],
  ['skipped, failed, flaky', { stats: { expected: 3, skipped: 1, unexpected: 1, flaky: 1 }, errors: [] }, 3, 3],
  ['an error outside of tests', { stats: { expected: 1 }, errors: [{}] }, 1, 1],
  ['nothing ran', { stats: { expected: 0 }, errors: [] }, 0, 1],
])('Playwright: %s', (_, value, passed, failed) => {
  expect(countPlaywright(report(value))).toMatchObject({ passed, failed });
});

test('a missing report is a failure', () => {
  expect(countVitest(join(folder, 'none'))).toMatchObject({ passed: 0, failed: 1 });
});
