// The real Kubernetes tests run on: its packages, its programs compiled once into the cache, and starting and ending it.
// What it is made of stands in test/harness/cluster. By hand: `node scripts/setup/cluster.mjs up`, or `down`.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { aptNeed } from './apt.mjs';
import { hasPackage } from './debian.mjs';
import { ensureGo, findGo } from './go.mjs';
import { locked } from './lock.mjs';
import { meet } from './needs.mjs';
import { cache, inCache, inProject, jsonOf, textOf } from './paths.mjs';
import { asRoot, run, say, SetupError } from './shell.mjs';

const scripts = inProject('test/harness/cluster');
const root = () => join(cache, 'cluster');

/** What the cluster is made of besides its own programs. libc6-dev and gcc: for the one static program of its pause image. */
export const clusterPackages = [
  'etcd-server',
  'containerd',
  'containernetworking-plugins',
  'docker-registry',
  'busybox-static',
  'conntrack',
  'socat',
  'iptables',
  'nftables',
  'iproute2',
  'procps',
  'bc',
  'openssl',
  'curl',
  'python3',
  'gcc',
  'libc6-dev',
  'nginx',
];
/** Of these only the programs are wanted: a machine that had no such service must not have one after the tests. */
const services = { 'etcd-server': 'etcd', 'docker-registry': 'docker-registry', nginx: 'nginx' };

/** The need for Debian packages, the cluster's among them. */
export function clusterAptNeed(name, packages) {
  const need = aptNeed(name, packages);
  return {
    ...need,
    async install() {
      const fresh = Object.keys(services).filter((service) => packages.includes(service) && !hasPackage(service));
      await need.install();
      if (!existsSync('/run/systemd/system')) return;
      for (const service of fresh) await run(asRoot(['systemctl', 'disable', '--now', services[service]]));
    },
  };
}

const setting = (name) =>
  new RegExp(`^${name}=(?:\\$\\{\\w+:-)?([\\d.]+)`, 'm').exec(textOf(join(scripts, 'env.sh')))?.[1];
export const kubernetesVersion = () => setting('K8S_VERSION');
const programs = () => join(root(), `bin-${kubernetesVersion()}`);
const provisioner = () => `local-path-provisioner-${setting('PROVISIONER_VERSION')}`;
const built = () =>
  [
    'kube-apiserver',
    'kube-controller-manager',
    'kube-scheduler',
    'kubelet',
    'kube-proxy',
    'kubectl',
    provisioner(),
  ].every((name) => existsSync(join(programs(), name)));

export const kubernetes = {
  name: 'Kubernetes',
  what: () =>
    `compile Kubernetes ${kubernetesVersion()} from the Go module proxy into the cache (6 minutes on two cores, 500 MB; 5 GB ` +
    `meanwhile)${findGo() ? '' : ', and install Go for that'}`,
  check: built,
  install: ({ aside } = { aside: false }) =>
    locked(inCache('cluster-build.lock'), async () => {
      if (built()) return;
      if (process.platform !== 'linux') throw new SetupError('The test cluster runs on Linux only.');
      const go = await ensureGo();
      const command = [...(aside ? ['nice', '-n', '19'] : []), join(scripts, 'build.sh')];
      await run(command, { show: !aside, env: { GO: go, K8S_ROOT: root() } });
    }),
};

const script = (name, ...args) => {
  const owner = `${process.getuid()}:${process.getgid()}`;
  return run(asRoot(['env', `K8S_ROOT=${root()}`, `K8S_OWNER=${owner}`, join(scripts, name), ...args]), { show: true });
};

/** `{kubeconfig, context, kubectl, registry, …}` of the running cluster (see up.sh); undefined when none runs. */
export const clusterHere = () => jsonOf(join(root(), 'cluster.json'));

/** Starts the cluster, or what of it does not run. Resolves with whether it was not running before. */
export async function clusterUp(...options) {
  const before = clusterHere();
  await script('up.sh', ...options);
  return !before;
}

/** Whether somebody wants it to go on running after the tests: said by hand, perhaps while they ran. */
export const clusterIsKept = () => existsSync(join(root(), 'run/keep'));

/** Ends the cluster; nothing of its state is left, so that the next one cannot look ready before it is. */
export const clusterDown = () => script('down.sh', '--wipe');

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [action] = process.argv.slice(2);
  if (action === 'up') {
    await meet([clusterAptNeed('Debian packages', clusterPackages), kubernetes]);
    await clusterUp('--keep');
  } else if (action === 'down') await clusterDown();
  else say('up or down');
}
