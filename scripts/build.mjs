// Builds the application into out/ with electron-vite, unless what is there was built from the same sources.
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import { locked } from './setup/lock.mjs';
import { hashOf, inProject, jsonOf, project, writeJson } from './setup/paths.mjs';
import { run, say, SetupError } from './setup/shell.mjs';

const sources = [
  'main',
  'renderer',
  'electron.vite.config.ts',
  'tsconfig.json',
  'package-lock.json',
  'resources/locales',
];
const stamp = () => inProject('out/.built.json');

function* filesIn(path) {
  if (!existsSync(path)) return;
  if (!statSync(path).isDirectory()) return yield path;
  for (const name of readdirSync(path).sort()) yield* filesIn(join(path, name));
}

/** A hash over the content of everything that goes into a build. */
function sourceHash() {
  const parts = [];
  for (const source of sources) {
    for (const file of filesIn(inProject(source))) {
      if (!/\.test\.tsx?$/.test(file)) parts.push(relative(project, file), readFileSync(file));
    }
  }
  return hashOf(...parts);
}

/** Builds when needed; true when it did. */
export const build = (options) => locked(inProject('.cache/build.lock'), () => buildNow(options));

async function buildNow({ force = false } = {}) {
  const hash = sourceHash();
  if (!force && jsonOf(stamp())?.hash === hash && existsSync(inProject('out/main/index.cjs'))) return false;
  say('> building the application');
  const started = Date.now();
  await run([process.execPath, inProject('node_modules/electron-vite/bin/electron-vite.js'), 'build'], {
    cwd: inProject(),
    env: { NODE_ENV: 'production' },
  });
  writeJson(stamp(), { hash });
  say(`  built in ${((Date.now() - started) / 1000).toFixed(1)} s`);
  return true;
}

if (process.argv[1] === import.meta.filename) {
  try {
    if (!(await build({ force: process.argv.includes('--force') }))) say('out/ is up to date');
  } catch (error) {
    console.error(error instanceof SetupError ? error.message : error);
    process.exit(1);
  }
}
