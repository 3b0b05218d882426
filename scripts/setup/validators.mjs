// What checks manifests without a cluster: kubernetes-validate (the published schemas, from the package index) and the API
// server's own pod security evaluator (test/harness/cluster/podsecurity, compiled). `node scripts/setup/validators.mjs`
// installs what is missing and prints where they are, as JSON.
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureGo, findGo } from './go.mjs';
import { locked } from './lock.mjs';
import { cache, hashOf, inCache, inProject } from './paths.mjs';
import { run, ticker, tickerEnd } from './shell.mjs';

const version = '1.37.0';
const venv = () => inCache(`kubernetes-validate-${version}`, 'venv');
/** The Python that has kubernetes-validate. */
const validatorPython = () => join(venv(), 'bin/python');

const source = inProject('test/harness/cluster/podsecurity');
/** The evaluator's program: another one for every state of its source. */
function evaluator() {
  const parts = ['main.go', 'go.mod', 'go.sum'].map((name) => readFileSync(join(source, name)));
  return inCache(`podsecurity-${hashOf(...parts)}`, 'podsecurity');
}

export const kubernetesValidate = {
  name: 'kubernetes-validate',
  what: 'install kubernetes-validate (schemas of Kubernetes objects) into the cache',
  check: () => existsSync(join(venv(), '.ready')),
  install: () =>
    locked(inCache('kubernetes-validate.lock'), async () => {
      if (kubernetesValidate.check()) return;
      rmSync(venv(), { recursive: true, force: true });
      await run(['python3', '-m', 'venv', venv()]);
      await run([`${venv()}/bin/pip`, 'install', '-q', `kubernetes-validate==${version}`], {
        progress: ticker('kubernetes-validate'),
      });
      tickerEnd();
      mkdirSync(join(venv(), '.ready'));
    }),
};

export const podSecurity = {
  name: 'pod security evaluator',
  what: () =>
    `compile the pod security evaluator into the cache (1 minute, 10 MB)${findGo() ? '' : ', and install Go'}`,
  check: () => existsSync(evaluator()),
  install: () =>
    locked(inCache('podsecurity.lock'), async () => {
      if (podSecurity.check()) return;
      const go = await ensureGo();
      const work = join(cache, 'podsecurity-build');
      const env = {
        GOMODCACHE: join(work, 'modules'),
        GOCACHE: join(work, 'objects'),
        GOTOOLCHAIN: 'local',
        CGO_ENABLED: '0',
      };
      const out = join(work, 'podsecurity');
      await run(
        [
          go,
          'build',
          '-mod=readonly',
          '-modcacherw',
          '-buildvcs=false',
          '-trimpath',
          '-ldflags',
          '-s -w',
          '-o',
          out,
          '.',
        ],
        {
          cwd: source,
          env: { ...env, GOFLAGS: '' },
          progress: ticker('pod security evaluator'),
        },
      );
      tickerEnd();
      renameSync(out, evaluator());
      rmSync(work, { recursive: true, force: true });
    }),
};

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const need of [kubernetesValidate, podSecurity]) if (!need.check()) await need.install();
  process.stdout.write(`${JSON.stringify({ python: validatorPython(), podsecurity: evaluator() })}\n`);
}
