// The gallery part: Playwright on the window alone, in every state there is, on a display of its own. What it shows comes
// from samples, so neither an engine nor the packaged application is needed.
import { rmSync } from 'node:fs';
import { inProject } from '../setup/paths.mjs';
import { ownDisplay } from '../setup/session.mjs';
import { run, say } from '../setup/shell.mjs';
import { countPlaywright } from './count.mjs';

export async function gallery(filters) {
  const report = inProject('test-results/gallery.json');
  rmSync(report, { force: true });
  const runner = [process.execPath, inProject('node_modules/@playwright/test/cli.js'), 'test'];
  runner.push('--config', inProject('test/harness/gallery'), '--reporter=list,json', ...filters);
  try {
    await run(ownDisplay(runner), { show: true, cwd: inProject(), env: { PLAYWRIGHT_JSON_OUTPUT_FILE: report } });
  } catch (error) {
    say(`  ${error.message.split('\n')[0].slice(-80)}`);
  }
  return countPlaywright(report);
}
