// The Go that compiles Kubernetes. One that is here and new enough is used; else Debian's, and where that is too old (Debian
// 12) it fetches a newer one from the Go module proxy, which carries the toolchains as modules, checked like any other.
import { existsSync, readdirSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { aptInstall } from './apt.mjs';
import { isDebian } from './debian.mjs';
import { inCache, textOf, whereIs } from './paths.mjs';
import { run, SetupError, ticker, tickerEnd } from './shell.mjs';

/** What go.mod of Kubernetes 1.33 asks for. */
const minimum = [1, 24];
const fetched = '1.24.9';
const architecture = { x64: 'amd64', arm64: 'arm64' }[process.arch] ?? process.arch;
const moduleCache = () => inCache(`go-${fetched}`, 'modules');
const fetchedGo = () =>
  join(moduleCache(), `golang.org/toolchain@v0.0.1-go${fetched}.linux-${architecture}`, 'bin', 'go');

/** `[major, minor]` of a Go by the VERSION file of its tree. */
function versionOf(go) {
  const text = textOf(join(dirname(realpathSync(go)), '..', 'VERSION')) ?? '';
  const found = /^go(\d+)\.(\d+)/.exec(text);
  return found ? [Number(found[1]), Number(found[2])] : [0, 0];
}

const newEnough = (go) => {
  const [major, minor] = versionOf(go);
  return major > minimum[0] || (major === minimum[0] && minor >= minimum[1]);
};

/** Every go command on this machine: on the PATH, where its own installer puts it, Debian's numbered ones, the fetched one. */
function candidates() {
  const numbered = existsSync('/usr/lib') ? readdirSync('/usr/lib').filter((name) => /^go-\d/.test(name)) : [];
  const places = ['/usr/local/go/bin/go', ...numbered.map((name) => `/usr/lib/${name}/bin/go`), fetchedGo()];
  return [whereIs('go'), ...places].filter((go) => go && existsSync(go));
}

/** A go command that can compile Kubernetes, undefined when there is none. */
export const findGo = () => candidates().find(newEnough);

/** Lets an older Go fetch a newer one. The files of a module are not executable: a toolchain's programs must be. */
async function fetchToolchain(old) {
  await run([old, 'mod', 'download', `golang.org/toolchain@v0.0.1-go${fetched}.linux-${architecture}`], {
    env: { GOMODCACHE: moduleCache(), GOFLAGS: '-modcacherw', GOTOOLCHAIN: 'local' },
    progress: ticker(`Go ${fetched}`),
  });
  tickerEnd();
  const tree = join(dirname(fetchedGo()), '..');
  await run(['chmod', '-R', '+x', join(tree, 'bin'), join(tree, 'pkg/tool')]);
}

/** Finds or installs Go; returns the command. */
export async function ensureGo() {
  if (findGo()) return findGo();
  if (!candidates().length) {
    if (!isDebian()) {
      throw new SetupError(
        `Go is missing: the test cluster is compiled from source. Install Go ${minimum.join('.')} or later.`,
      );
    }
    await aptInstall(['golang-go']);
  }
  if (!findGo()) await fetchToolchain(candidates()[0]);
  if (!findGo()) throw new SetupError(`Go ${minimum.join('.')} or later is needed, and could not be installed.`);
  return findGo();
}
