// The npm packages, exactly as locked. Their install scripts do not run (.npmrc): Electron is fetched by electron.mjs.
import { existsSync, writeFileSync } from 'node:fs';
import { hashOf, inProject, textOf } from './paths.mjs';
import { run, ticker, tickerEnd } from './shell.mjs';

const stamp = () => inProject('node_modules/.labdock-lock');
const lockHash = () => hashOf(textOf(inProject('package-lock.json')) ?? '');
/** npm writes this file last: a tree whose install was interrupted has none, or an older one. */
const npmsOwn = () => inProject('node_modules/.package-lock.json');

export const nodeModules = {
  name: 'npm packages',
  what: 'install the npm packages of package-lock.json into node_modules',
  check: () => existsSync(npmsOwn()) && textOf(stamp()) === lockHash(),
  async install() {
    const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
    await run([npm, 'ci', '--no-audit', '--no-fund'], {
      cwd: inProject(),
      env: { ELECTRON_SKIP_BINARY_DOWNLOAD: '1' },
      progress: ticker('npm ci'),
    });
    tickerEnd();
    writeFileSync(stamp(), lockHash());
  },
};
