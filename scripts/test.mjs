// `npm test`: sets up what tests need, then runs all parts, or those named: `npm test -- unit docker`. What follows a
// second `--` narrows the files: `npm test -- docker -- image`. The run ends with the line `N passed, N failed`.
import { spawnSync } from 'node:child_process';
import { mkdirSync, statSync } from 'node:fs';
import { aptNeed, displayPackages, fontPackages, keychainPackages, testPackages } from './setup/apt.mjs';
import { standin } from './setup/base-image.mjs';
import { clusterAptNeed, clusterPackages, kubernetes } from './setup/cluster.mjs';
import { debianMirror } from './setup/debian.mjs';
import { electron } from './setup/electron.mjs';
import { engine, engineAccess, missingDocker } from './setup/engine.mjs';
import { hadolint } from './setup/hadolint.mjs';
import { meet } from './setup/needs.mjs';
import { nodeModules } from './setup/node-modules.mjs';
import { inProject, project } from './setup/paths.mjs';
import { baseImage, systemPackages } from './setup/product.mjs';
import { asRoot, say, SetupError } from './setup/shell.mjs';
import { testUserNeed } from './setup/test-user.mjs';
import { kubernetesValidate, podSecurity } from './setup/validators.mjs';
import { ClusterHold } from './testing/cluster.mjs';
import { desktop } from './testing/desktop.mjs';
import { gallery } from './testing/gallery.mjs';
import { lint } from './testing/lint.mjs';
import { vitest } from './testing/vitest.mjs';

// The settings' tests speak to a real keychain; the config file's compare with a real Python.
const unitSystem = () => [...keychainPackages, 'python3', 'python3-venv'];
const gallerySystem = () => [...new Set([...unitSystem(), ...systemPackages(), ...displayPackages, ...fontPackages])];
const base = () => (debianMirror() ? standin : baseImage);
// Docker with Podman in one step: alone, Podman would be taken for this machine's engine.
const testSystem = () => [
  ...new Set([...systemPackages(), ...displayPackages, ...keychainPackages, ...missingDocker(), ...testPackages]),
];

const clusterSystem = () => [...new Set([...testSystem(), ...clusterPackages])];

/** Every part with what it needs on this machine. Those with `cluster` run while the test cluster does. */
const parts = {
  lint: {
    needs: () => [aptNeed('Debian packages', ['python3-venv']), nodeModules, hadolint],
    run: () => lint(),
  },
  unit: {
    needs: () => [aptNeed('Debian packages', unitSystem()), nodeModules],
    run: (filters) => vitest('unit', filters),
  },
  gallery: {
    needs: () => [aptNeed('Debian packages', gallerySystem()), nodeModules, electron],
    run: (filters) => gallery(filters),
  },
  docker: {
    needs: () => [aptNeed('Debian packages', testSystem()), nodeModules, electron, engine, engineAccess, base()],
    run: (filters) => vitest('docker', filters),
  },
  cluster: {
    needs: () => [
      clusterAptNeed('Debian packages', clusterSystem()),
      nodeModules,
      engine,
      engineAccess,
      base(),
      kubernetes,
      kubernetesValidate,
      podSecurity,
    ],
    cluster: true,
    run: (filters) => vitest('cluster', filters, ['cluster', 'clusterFaults']),
  },
  desktop: {
    needs: () => [...parts.cluster.needs(), electron, testUserNeed],
    cluster: true,
    run: (filters) => desktop(filters),
  },
};

/** The needs of several parts, each once. */
function needsOf(names) {
  const byName = new Map();
  for (const name of names) {
    for (const need of parts[name].needs()) {
      // Of two sets of Debian packages the later part's is the larger.
      byName.set(need.name, need);
    }
  }
  return [...byName.values()];
}

async function main(args) {
  const cut = args.indexOf('--');
  const named = cut < 0 ? args : args.slice(0, cut);
  const filters = cut < 0 ? [] : args.slice(cut + 1);
  const unknown = named.filter((name) => !parts[name]);
  if (unknown.length)
    throw new SetupError(`There is no part ${unknown.join(', ')}. The parts: ${Object.keys(parts).join(' ')}`);
  const chosen = named.length ? named : Object.keys(parts);
  // Compiling Kubernetes takes minutes, and the first parts leave half of the machine idle.
  const aside = await meet(needsOf(Object.keys(parts).filter((name) => chosen.includes(name))), {
    aside: (need) => need === kubernetes && !parts[chosen[0]].cluster,
  });
  mkdirSync(inProject('test-results'), { recursive: true });
  const total = { passed: 0, failed: 0 };
  const lines = [];
  const cluster = new ClusterHold();
  const lastOnCluster = chosen.findLast((name) => parts[name].cluster);
  for (const name of chosen) {
    say(`\n== ${name}`);
    const started = Date.now();
    const notes = [];
    let counts;
    try {
      for (const need of parts[name].needs()) {
        if (aside.has(need.name)) notes.push(await aside.get(need.name));
        aside.delete(need.name);
      }
      if (parts[name].cluster) notes.push(await cluster.acquire());
      counts = await parts[name].run(filters);
    } catch (error) {
      // A part that cannot run has failed.
      say(error instanceof SetupError ? error.message : error.stack);
      counts = { passed: 0, failed: 1, notes: ['could not run'] };
    }
    if (name === lastOnCluster) await cluster.release();
    total.passed += counts.passed;
    total.failed += counts.failed;
    const seconds = ((Date.now() - started) / 1000).toFixed(1);
    lines.push(`${name.padEnd(8)} ${seconds.padStart(7)} s  ${counts.passed} passed, ${counts.failed} failed`);
    for (const note of [...notes, ...counts.notes]) lines.push(`         ${note}`);
  }
  say(`\n${lines.join('\n')}\n`);
  return total;
}

/**
 * Tests mount small disks, make bridges and files of other people's: for a user with sudo they run as root, in a process
 * of their own. Never returns then.
 */
function runAsRoot(args) {
  if (process.platform !== 'linux' || process.getuid() === 0 || args[0] === 'lint') return;
  say('Tests need administrator rights here: they mount small disks and make network bridges.');
  const kept = ['PATH', 'LABDOCK_TEST_PODMAN', 'PIP_CONFIG_FILE', 'npm_execpath'].filter((name) => process.env[name]);
  const [program, ...rest] = asRoot([`--preserve-env=${kept.join(',')}`, process.execPath, ...process.argv.slice(1)]);
  process.exit(spawnSync(program, rest, { stdio: 'inherit' }).status ?? 1);
}

/** What root made in a project that belongs to the user of sudo is theirs. */
function giveBack() {
  const { SUDO_UID: uid, SUDO_GID: gid } = process.env;
  if (process.getuid?.() !== 0 || !uid || statSync(project).uid !== Number(uid)) return;
  spawnSync('chown', ['-R', '--from=0', '--no-dereference', `${uid}:${gid}`, project]);
}

let total = { passed: 0, failed: 1 };
try {
  runAsRoot(process.argv.slice(2));
  total = await main(process.argv.slice(2));
} catch (error) {
  console.error(error instanceof SetupError ? error.message : error);
}
giveBack();
say(`${total.passed} passed, ${total.failed} failed`);
process.exitCode = total.failed === 0 && total.passed > 0 ? 0 : 1;
