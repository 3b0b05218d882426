// `npm run package`: the unpacked application in dist/, as a release would hold it. With `--test` the one that desktop
// tests drive goes to dist/test/: the same, but Playwright may attach to it (the inspect fuse is on).
import { existsSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { build } from './build.mjs';
import { electron, electronHere } from './setup/electron.mjs';
import { locked } from './setup/lock.mjs';
import { meet } from './setup/needs.mjs';
import { nodeModules } from './setup/node-modules.mjs';
import { hashOf, inProject, jsonOf, writeJson } from './setup/paths.mjs';
import { run, say, SetupError } from './setup/shell.mjs';

function contentHash(...paths) {
  const parts = [];
  const walk = (path) => {
    if (!existsSync(path)) return;
    if (statSync(path).isDirectory()) for (const name of readdirSync(path).sort()) walk(join(path, name));
    else parts.push(path, readFileSync(path));
  };
  for (const path of paths) walk(inProject(path));
  return hashOf(...parts);
}

/** The unpacked application's folder as electron-builder names it for this machine. */
function unpackedFolder(output) {
  const name = { linux: 'linux', win32: 'win', darwin: 'mac' }[process.platform];
  const arch = process.arch === 'x64' ? '' : `-${process.arch}`;
  return join(output, process.platform === 'darwin' ? `${name}${arch}` : `${name}${arch}-unpacked`);
}

/** Packages when needed. Returns the folder of the unpacked application. */
export const packageApp = (options) => locked(inProject('.cache/package.lock'), () => packageNow(options));

async function packageNow({ test = false } = {}) {
  await build();
  const { dist, version, kind } = electronHere();
  const output = inProject(test ? 'dist/test' : 'dist');
  const folder = unpackedFolder(output);
  const hash = hashOf(contentHash('out', 'resources', 'electron-builder.yml', 'package.json'), version, kind);
  const stamp = join(output, '.packaged.json');
  if (jsonOf(stamp)?.hash === hash && existsSync(folder)) return folder;
  say(`> packaging the application${test ? ' for tests' : ''} (Electron ${version})`);
  const started = Date.now();
  rmSync(folder, { recursive: true, force: true });
  const command = [process.execPath, inProject('node_modules/electron-builder/cli.js'), '--dir', '--publish', 'never'];
  command.push(`-c.electronVersion=${version}`, `-c.directories.output=${output}`);
  // The official Electron is fetched by electron-builder itself for each target; a stand-in is handed over.
  if (kind !== 'official') command.push(`-c.electronDist=${dist}`);
  if (test) command.push('-c.electronFuses.enableNodeCliInspectArguments=true');
  await run(command, { cwd: inProject(), env: { CSC_IDENTITY_AUTO_DISCOVERY: 'false' } });
  writeJson(stamp, { hash });
  say(`  packaged in ${((Date.now() - started) / 1000).toFixed(1)} s: ${folder}`);
  return folder;
}

if (process.argv[1] === import.meta.filename) {
  try {
    await meet([nodeModules, electron]);
    await packageApp({ test: process.argv.includes('--test') });
  } catch (error) {
    console.error(error instanceof SetupError ? error.message : error);
    process.exit(1);
  }
}
