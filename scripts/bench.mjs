// `npm run bench`: measures the packaged application against bare parts, in one run, and writes test/bench/latest.json.
// `npm run bench -- start idle` measures these cases only (names in test/bench/cases.ts) and leaves the others' figures as
// they are; `--pairs=N`: how often each pair is measured (5).
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { aptNeed, displayPackages, keychainPackages } from './setup/apt.mjs';
import { defaultsFor, standin } from './setup/base-image.mjs';
import { debianMirror } from './setup/debian.mjs';
import { electron, electronHere } from './setup/electron.mjs';
import { engine, engineAccess } from './setup/engine.mjs';
import { meet } from './setup/needs.mjs';
import { nodeModules } from './setup/node-modules.mjs';
import { inProject } from './setup/paths.mjs';
import { clusterAptNeed, clusterPackages, kubernetes } from './setup/cluster.mjs';
import { baseImage, systemPackages } from './setup/product.mjs';
import { ownSession } from './setup/session.mjs';
import { run, say, SetupError } from './setup/shell.mjs';
import { packageApp } from './package.mjs';
import { ClusterHold } from './testing/cluster.mjs';

const named = () => process.argv.slice(2).filter((argument) => !argument.startsWith('--'));
const option = (name) => process.argv.find((argument) => argument.startsWith(`--${name}=`))?.slice(name.length + 3);

/** Cases that run against the test cluster. */
const onCluster = ['clusterStart', 'route', 'move'];

/** The outer half: set-up, packaging, a session of its own; then this file again inside it. */
async function outer() {
  const packages = [...new Set([...systemPackages(), ...displayPackages, ...keychainPackages])];
  const base = debianMirror() ? standin : baseImage;
  const needs = [nodeModules, electron, engine, engineAccess, base];
  const withCluster = named().length === 0 || named().some((name) => onCluster.includes(name));
  if (withCluster)
    await meet([clusterAptNeed('Debian packages', [...packages, ...clusterPackages]), ...needs, kubernetes]);
  else await meet([aptNeed('Debian packages', packages), ...needs]);
  const cluster = new ClusterHold();
  if (withCluster) await cluster.acquire();
  const app = await packageApp({ test: true });
  const home = mkdtempSync(join(tmpdir(), 'labdock-bench-home-'));
  try {
    const defaults = join(home, 'defaults.json');
    writeFileSync(defaults, JSON.stringify(await defaultsFor()));
    const env = {
      LABDOCK_DEFAULTS: defaults,
      LABDOCK_BENCH_APP: join(app, 'labdock'),
      // A keyring and a profile of the run's own.
      XDG_DATA_HOME: join(home, 'share'),
      XDG_CONFIG_HOME: join(home, 'config'),
    };
    await run(ownSession([process.execPath, import.meta.filename, '--inside', ...process.argv.slice(2)]), {
      show: true,
      cwd: inProject(),
      env,
    });
  } finally {
    await cluster.release();
    rmSync(home, { recursive: true, force: true });
  }
}

/** The inner half runs the TypeScript of test/bench with Vite's module runner: no build step, no further tool. */
async function inner() {
  const { runnerImport } = await import('vite');
  const load = async (file) => (await runnerImport(inProject('test/bench', file), { logLevel: 'error' })).module;
  const { bareElectron, ownCopy } = await load('bareElectron.ts');
  const { bench } = await load('index.ts');
  const work = mkdtempSync(join(process.env.XDG_DATA_HOME, 'bare-'));
  const holds = await bench({
    app: ownCopy(process.env.LABDOCK_BENCH_APP, work),
    bare: bareElectron(electronHere().dist, work),
    pairs: Number(option('pairs') ?? 5),
    named: named(),
  });
  say(holds ? 'All goals hold.' : 'Some goals are missed.');
  // A missed goal is a finding, not a broken bench.
  process.exit(0);
}

try {
  await (process.argv.includes('--inside') ? inner() : outer());
} catch (error) {
  console.error(error instanceof SetupError ? error.message : error);
  process.exit(1);
}
