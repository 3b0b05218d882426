// The desktop part: Playwright on the packaged application, as an ordinary user, in a session of its own (Xvfb, message
// bus, unlocked keychain), so that nothing of the person's own desktop is touched.
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { packageApp } from '../package.mjs';
import { defaultsFor } from '../setup/base-image.mjs';
import { inProject, project } from '../setup/paths.mjs';
import { ownSession } from '../setup/session.mjs';
import { run, say } from '../setup/shell.mjs';
import { testUser } from '../setup/test-user.mjs';
import { clusterFor } from './cluster.mjs';
import { countPlaywright } from './count.mjs';

const isRoot = () => process.getuid?.() === 0;

/** Copies (by hard link where the file system allows) a folder to where the test user can read it. */
async function copyTree(from, to) {
  mkdirSync(to, { recursive: true });
  try {
    await run(['cp', '-al', `${from}/.`, to]);
  } catch {
    await run(['cp', '-a', `${from}/.`, to]);
  }
}

const readableBy = (user, path) =>
  run(['runuser', '-u', user.name, '--', 'test', '-r', path]).then(
    () => true,
    () => false,
  );

/**
 * What the runner reads: the project itself, or where the test user cannot read it (a clone below root's home) a copy.
 * The user can read all of it and write none.
 */
async function stage(work, app) {
  const readable = !isRoot() || (await readableBy(testUser(), join(app, 'labdock')));
  if (readable) return { folder: project, app };
  const folder = join(work, 'project');
  mkdirSync(folder);
  for (const name of ['node_modules', 'test', 'main', 'renderer', 'resources']) {
    if (existsSync(inProject(name))) await copyTree(inProject(name), join(folder, name));
  }
  for (const name of ['package.json', 'tsconfig.json', 'playwright.config.ts'])
    cpSync(inProject(name), join(folder, name));
  await copyTree(app, join(work, 'app'));
  return { folder, app: join(work, 'app') };
}

/** The environment of the user the tests run as: its own home, nothing of the caller's session. */
function environment(home, user, extra) {
  const kept = /^(PATH|LANG|LC_.*|TZ|CI|TERM|NO_COLOR|NODE_EXTRA_CA_CERTS|SSL_CERT_.*|PIP_.*|.*_proxy|.*_PROXY|DEBUG)$/;
  const inherited = Object.entries(process.env).filter(([name]) => kept.test(name));
  return {
    ...Object.fromEntries(inherited),
    HOME: home,
    USER: user,
    LOGNAME: user,
    XDG_CONFIG_HOME: join(home, '.config'),
    XDG_DATA_HOME: join(home, '.local/share'),
    XDG_CACHE_HOME: join(home, '.cache'),
    XDG_RUNTIME_DIR: join(home, 'run'),
    ...extra,
  };
}

export async function desktop(filters) {
  const app = await packageApp({ test: true });
  const work = mkdtempSync(join(tmpdir(), 'labdock-desktop-'));
  try {
    return await inWork(work, app, filters);
  } finally {
    await run(['rm', '-rf', '--one-file-system', work]);
  }
}

async function inWork(work, app, filters) {
  await run(['chmod', '755', work]);
  const staged = await stage(work, app);
  const user = isRoot() ? testUser() : undefined;
  const home = join(work, 'home');
  const results = join(home, 'results');
  mkdirSync(join(home, 'run'), { recursive: true });
  mkdirSync(join(results, 'screenshots'), { recursive: true });
  const defaults = join(work, 'defaults.json');
  writeFileSync(defaults, JSON.stringify(await defaultsFor()));
  await run(['chmod', '700', join(home, 'run')]);
  const cluster = clusterFor(join(work, 'cluster'));
  if (user && cluster.LABDOCK_TEST_KUBECONFIG)
    await run(['chown', `${user.uid}:${user.gid}`, cluster.LABDOCK_TEST_KUBECONFIG]);
  if (user) await run(['chown', '-R', `${user.uid}:${user.gid}`, home]);
  const env = environment(home, user?.name ?? process.env.USER ?? 'user', {
    LABDOCK_DEFAULTS: defaults,
    LABDOCK_TEST_APP: join(staged.app, 'labdock'),
    LABDOCK_TEST_RESULTS: join(results, 'desktop'),
    LABDOCK_TEST_SCREENSHOTS: join(results, 'screenshots'),
    PLAYWRIGHT_JSON_OUTPUT_FILE: join(results, 'desktop.json'),
    PLAYWRIGHT_SKIP_BROWSER_GC: '1',
    ...cluster,
  });
  const runner = [process.execPath, 'node_modules/@playwright/test/cli.js', 'test', '--reporter=list,json', ...filters];
  const pairs = Object.entries(env).map(([name, value]) => `${name}=${value}`);
  let command = ['env', '-i', ...pairs, ...ownSession(runner)];
  if (user) command = ['runuser', '-u', user.name, '--', ...command];
  try {
    await run(command, { show: true, cwd: staged.folder });
  } catch (error) {
    say(`  ${error.message.split('\n')[0].slice(-80)}`);
  }
  // A copy: the folder the tests wrote to is removed with the rest.
  for (const [from, to] of [
    [join(results, 'desktop.json'), inProject('test-results/desktop.json')],
    [join(results, 'desktop'), inProject('test-results/desktop')],
    [join(results, 'screenshots'), inProject('test/screenshots/desktop')],
  ]) {
    rmSync(to, { recursive: true, force: true });
    if (existsSync(from)) cpSync(from, to, { recursive: true });
  }
  return countPlaywright(inProject('test-results/desktop.json'));
}
