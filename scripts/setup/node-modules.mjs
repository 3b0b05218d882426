// The npm packages, exactly as locked. Their install scripts do not run (.npmrc): Electron is fetched by electron.mjs.
import { inProject, jsonOf } from './paths.mjs';
import { run, ticker, tickerEnd } from './shell.mjs';

/**
 * Whether node_modules holds what the lock file says, by the record npm itself writes last: an interrupted install has
 * none. An optional package may be missing, it may be another system's.
 */
function asLocked() {
  const wanted = jsonOf(inProject('package-lock.json'))?.packages;
  const here = jsonOf(inProject('node_modules/.package-lock.json'))?.packages;
  if (!wanted || !here) return false;
  return Object.entries(wanted).every(
    ([path, { version, optional }]) => path === '' || (here[path] ? here[path].version === version : optional),
  );
}

export const nodeModules = {
  name: 'npm packages',
  what: 'install the npm packages of package-lock.json into node_modules',
  check: asLocked,
  async install() {
    // The npm that runs this, by its own program: on Windows the command is a script, which Node starts in a shell only.
    const npm = process.env.npm_execpath ? [process.execPath, process.env.npm_execpath] : ['npm'];
    await run([...npm, 'ci', '--no-audit', '--no-fund'], {
      cwd: inProject(),
      env: { ELECTRON_SKIP_BINARY_DOWNLOAD: '1' },
      progress: ticker('npm ci'),
    });
    tickerEnd();
  },
};
