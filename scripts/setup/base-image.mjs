// The base image of the product's images. The public one is used wherever the engine can reach it; where it cannot, and
// this is a Debian, a stand-in is built (test/harness/standin-conda). `node scripts/setup/base-image.mjs` builds the
// stand-in if it is missing and prints its reference.
import { cpSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { debianMirror } from './debian.mjs';
import { buildImage, call, findEngine, hasImage, importImage } from './engine-api.mjs';
import { locked } from './lock.mjs';
import { hashOf, inCache, inProject, jsonOf, textOf, whereIs, writeJson } from './paths.mjs';
import { asRoot, run, say, SetupError, ticker, tickerEnd } from './shell.mjs';

const suite = 'trixie';
const treePackages = 'ca-certificates,python3,python3-venv';
const recipeFolder = inProject('test/harness/standin-conda');
/** The machine's certificate authorities, company ones included. */
export const caBundle = '/etc/ssl/certs/ca-certificates.crt';
/** How long the answer "the public base cannot be reached" is believed. */
const decisionAge = 7 * 24 * 3600 * 1000;
const decisionFile = () => inCache('base-image.json');

/** The product's own default, see main/image/defaults.json. */
export const publicDefaults = () => jsonOf(inProject('main/image/defaults.json'));

/** pip's settings that matter inside a container: where packages come from, and who vouches for it. */
function pipConfig() {
  const wanted = new Map();
  const files = ['/etc/pip.conf', '/etc/xdg/pip/pip.conf', join(process.env.HOME ?? '/root', '.pip/pip.conf')];
  files.push(join(process.env.XDG_CONFIG_HOME || join(process.env.HOME ?? '/root', '.config'), 'pip/pip.conf'));
  if (process.env.PIP_CONFIG_FILE) files.push(process.env.PIP_CONFIG_FILE);
  for (const key of ['index-url', 'extra-index-url', 'trusted-host']) {
    for (const file of files) {
      const found = new RegExp(`^\\s*${key}\\s*[=:]\\s*(.+)$`, 'm').exec(textOf(file) ?? '');
      if (found) wanted.set(key, found[1].trim());
    }
    const fromEnvironment = process.env[`PIP_${key.toUpperCase().replaceAll('-', '_')}`];
    if (fromEnvironment) wanted.set(key, fromEnvironment);
  }
  wanted.set('cert', caBundle).set('disable-pip-version-check', 'true').set('timeout', '120');
  return `[global]\n${[...wanted].map(([key, value]) => `${key} = ${value}\n`).join('')}`;
}

const recipeFiles = () =>
  readdirSync(recipeFolder).filter((name) => !name.startsWith('.') && name !== '__pycache__' && !name.endsWith('.md'));

/** The stand-in's reference: its tag changes with everything that goes in. */
export function standinReference() {
  const files = recipeFiles().sort();
  const parts = files.flatMap((name) => [name, readFileSync(join(recipeFolder, name))]);
  return `labdock-test/standin-conda:${suite}-${hashOf(suite, treePackages, pipConfig(), textOf(caBundle) ?? '', ...parts)}`;
}

/** Builds the stand-in when the engine does not have it. Returns its reference. */
export const ensureStandin = (host) => locked(inCache('base-image.lock'), () => ensureNow(host));

async function ensureNow(host) {
  const reference = standinReference();
  if (await hasImage(host, reference)) return reference;
  const mirror = debianMirror();
  if (!mirror)
    throw new SetupError('The stand-in base image can be built on Debian only: no mirror in the apt sources.');
  const work = mkdtempSync(join(tmpdir(), 'labdock-base-'));
  try {
    // Podman looks for a short name on the public registry, even for one it has.
    const debian = `localhost/labdock-test/debian:${suite}-${hashOf(suite, treePackages, mirror, textOf(caBundle) ?? '')}`;
    if (!(await hasImage(host, debian))) await importDebian(host, work, mirror, debian);
    const context = join(work, 'context');
    cpSync(recipeFolder, context, { recursive: true, filter: (path) => !path.includes('__pycache__') });
    writeFileSync(join(context, 'pip.conf'), pipConfig());
    await buildImage(host, context, reference, { DEBIAN: debian }, streamTicker());
    tickerEnd();
  } finally {
    await run(asRoot(['rm', '-rf', '--one-file-system', work]));
  }
  return reference;
}

/** The engine's JSON lines, one shown now and then. */
function streamTicker() {
  const tick = ticker('stand-in image');
  return (chunk) => {
    const steps = [...chunk.matchAll(/"stream":"(Step [^"\\]*)/g)];
    if (steps.length) tick(steps.at(-1)[1]);
  };
}

async function importDebian(host, work, mirror, reference) {
  if (!whereIs('debootstrap')) throw new SetupError('debootstrap is missing: apt-get install debootstrap');
  const tree = join(work, 'tree');
  const command = ['debootstrap', '--variant=minbase', `--include=${treePackages}`, suite, tree, mirror];
  await run(asRoot(command), { progress: ticker(`Debian ${suite}`) });
  tickerEnd();
  // apt and pip inside must trust whom this machine trusts.
  await run(asRoot(['cp', caBundle, join(tree, caBundle)]));
  await run(asRoot(['sh', '-c', `rm -rf '${tree}'/var/cache/apt/archives/*.deb '${tree}'/var/lib/apt/lists/*`]));
  await importImage(host, tree, reference);
}

/** Whether a pull comes as far as the image's layers. It is ended there: the application pulls with a bar to look at. */
async function pullBegins(host, reference) {
  const stop = new AbortController();
  let begun = false;
  const onText = (text) => {
    if (!/"id":\s*"[0-9a-f]/.test(text)) return;
    begun = true;
    stop.abort();
  };
  const path = `/images/create?fromImage=${encodeURIComponent(reference)}`;
  await call(host, 'POST', path, { timeout: 10_000, onText, signal: stop.signal }).catch(() => undefined);
  return begun;
}

/** Whether the engine can reach an image's registry, or has the image already. Bounded: about ten seconds. */
export async function engineReaches(host, reference) {
  if (await hasImage(host, reference)) return true;
  try {
    const { status } = await call(host, 'GET', `/distribution/${reference}/json`, { timeout: 10_000 });
    // Podman has no such call: 404 without having asked anybody.
    return status === 404 ? pullBegins(host, reference) : status === 200;
  } catch {
    return false;
  }
}

/**
 * What is known of the base image without asking any registry: 'public', 'standin' (and the engine has it), or undefined
 * when it is to be found out.
 */
export async function knownBase(host) {
  const decision = jsonOf(decisionFile());
  if (!decision || decision.base !== publicDefaults()?.base) return undefined;
  if (decision.kind === 'public') return { kind: 'public' };
  if (Date.now() - decision.at > decisionAge) return undefined;
  const reference = standinReference();
  if (decision.kind === 'standin' && host && (await hasImage(host, reference))) return { kind: 'standin', reference };
  return undefined;
}

/** Finds out which base image this machine uses, builds the stand-in if it must, and remembers the answer. */
export async function decideBase(host) {
  const { base } = publicDefaults();
  if (await engineReaches(host, base)) {
    writeJson(decisionFile(), { kind: 'public', base, at: Date.now() });
    return { kind: 'public' };
  }
  say(`  The public base image (${base}) cannot be reached from the engine: building a stand-in for it.`);
  const reference = await ensureStandin(host);
  writeJson(decisionFile(), { kind: 'standin', base, at: Date.now() });
  return { kind: 'standin', reference };
}

/**
 * The file that provisions the app with this machine's base image (LABDOCK_DEFAULTS); undefined when the product's own
 * defaults are right.
 */
export function defaultsFile(known) {
  if (known?.kind !== 'standin') return undefined;
  const file = inCache('defaults.json');
  writeJson(file, { build: { base: known.reference, channels: publicDefaults().channels, caBundle } });
  return file;
}

/** What tests provision the app with: the stand-in where it can be built, the product's own defaults elsewhere. */
export async function defaultsFor() {
  if (!debianMirror()) return {};
  return { build: { base: standinReference(), channels: publicDefaults().channels, caBundle } };
}

/** The stand-in as a need: tests on a Debian always build on it, whether or not the public base can be reached. */
export const standin = {
  name: 'stand-in base image',
  what: 'build the base image the tests use (Debian packages and a stand-in for conda; 3 minutes, 600 MB)',
  check: async () => {
    const { host } = await findEngine();
    return Boolean(host) && (await hasImage(host, standinReference()));
  },
  async install() {
    const { host } = await findEngine();
    await ensureStandin(host);
  },
};

if (process.argv[1] === import.meta.filename) {
  const { host } = await findEngine();
  if (!host) {
    console.error('No container engine answers. Run `npm start` or `npm test` once: they set one up.');
    process.exit(1);
  }
  // The reference alone goes to stdout; what is said on the way must not.
  const write = process.stdout.write.bind(process.stdout);
  process.stdout.write = process.stderr.write.bind(process.stderr);
  try {
    const reference = await ensureStandin(host);
    process.stdout.write = write;
    write(`${reference}\n`);
  } catch (error) {
    console.error(error instanceof SetupError ? error.message : error);
    process.exit(1);
  }
}
