// A container engine that answers. One that is installed and only stopped is started, never replaced; where there is none,
// Debian's docker.io is installed. Elsewhere set-up says what to install.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { aptInstall } from './apt.mjs';
import { isDebian } from './debian.mjs';
import { findEngine } from './engine-api.mjs';
import { inCache, textOf, whereIs } from './paths.mjs';
import { asRoot, run, say, SetupError } from './shell.mjs';

/** Debian's Docker Engine. */
const dockerPackages = ['docker.io', 'iptables'];
/** What of it is missing: nothing where any Docker Engine is installed. */
export const missingDocker = () => (whereIs('dockerd') ? [] : dockerPackages);
const hasSystemd = () => existsSync('/run/systemd/system');
const startPatience = 60_000;

const dockerDesktop = [
  '/opt/docker-desktop',
  '/Applications/Docker.app',
  join(process.env.ProgramFiles ?? 'C:\\Program Files', 'Docker/Docker/Docker Desktop.exe'),
];

/** What is installed, the one to start first. */
function installed() {
  if (whereIs('dockerd')) return 'docker';
  if (dockerDesktop.some((place) => existsSync(place))) return 'docker-desktop';
  if (whereIs('colima')) return 'colima';
  if (existsSync('/Applications/OrbStack.app')) return 'orbstack';
  if (existsSync('/Applications/Rancher Desktop.app') || whereIs('rdctl')) return 'rancher-desktop';
  // Elsewhere Podman runs in a machine of its own.
  if (process.platform !== 'linux' && whereIs('podman')) return 'podman-machine';
  if (whereIs('podman')) return 'podman';
  return undefined;
}

const byHand = {
  'docker-desktop': 'Docker Desktop is installed but not running: start it from the applications menu',
  colima: 'Colima is installed but not running: colima start',
  orbstack: 'OrbStack is installed but not running: open -a OrbStack',
  'rancher-desktop': 'Rancher Desktop is installed but not running: rdctl start',
  'podman-machine': 'Podman is installed but its machine is not running: podman machine start',
};

/** Waits for an engine to answer; undefined when none did. */
async function answering(patience = startPatience) {
  for (const until = Date.now() + patience; Date.now() < until;) {
    const { host, refusals } = await findEngine();
    if (host) return host;
    if (refusals.some(({ code }) => code === 'EACCES')) return undefined;
    await new Promise((done) => setTimeout(done, 300));
  }
  return undefined;
}

/** Starts a program that outlives set-up, its output in a log in the cache. */
function detached(command, name, env) {
  const log = openSync(inCache(`${name}.log`), 'a');
  const child = spawn(command[0], command.slice(1), {
    detached: true,
    stdio: ['ignore', log, log],
    env: { ...process.env, ...env },
  });
  writeFileSync(inCache(`${name}.pid`), `${child.pid}\n`);
  child.unref();
}

async function startDocker() {
  if (hasSystemd()) {
    await run(asRoot(['systemctl', 'start', 'docker']));
    return;
  }
  // cgroupfs: without systemd nobody else drives the control groups.
  detached(asRoot(['dockerd', '--exec-opt', 'native.cgroupdriver=cgroupfs']), 'dockerd');
  say(`  started dockerd; its log: ${inCache('dockerd.log')}`);
}

async function startPodman() {
  if (hasSystemd() && process.getuid() !== 0) {
    await run(['systemctl', '--user', 'start', 'podman.socket']);
  } else if (hasSystemd()) {
    await run(['systemctl', 'start', 'podman.socket']);
  } else {
    const socket =
      process.getuid() === 0
        ? '/run/podman/podman.sock'
        : `${process.env.XDG_RUNTIME_DIR ?? `/run/user/${userInfo().uid}`}/podman/podman.sock`;
    await run(['mkdir', '-p', socket.replace(/\/[^/]*$/, '')]);
    const config = inCache('containers.conf');
    writeFileSync(config, podmanConfig());
    detached(['podman', 'system', 'service', '--time=0', `unix://${socket}`], 'podman', { CONTAINERS_CONF: config });
  }
}

/** Settings Podman needs where there is no systemd and the limits cannot be raised. */
export function podmanConfig() {
  const hard = Number(/^Max open files\s+\S+\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1] ?? 20000);
  const files = Math.min(20000, hard);
  // With both versions of control groups mounted, crun refuses where the second one holds a controller; runc does not.
  const runc = textOf('/sys/fs/cgroup/unified/cgroup.controllers')?.trim() && whereIs('runc');
  return [
    '[containers]',
    `default_ulimits = ["nofile=${files}:${files}", "nproc=4096:4096"]`,
    '[engine]',
    'cgroup_manager = "cgroupfs"',
    'events_logger = "file"',
    ...(runc ? ['runtime = "runc"'] : []),
    '',
  ].join('\n');
}

export const engine = {
  name: 'container engine',
  check: async () => {
    const { host, refusals } = await findEngine();
    // A socket this user may not open belongs to an engine that runs: see engineAccess.
    return Boolean(host) || refusals.some(({ code }) => code === 'EACCES');
  },
  what: () => {
    const found = installed();
    if (found === 'docker') return `start the Docker engine that is installed${joining()}`;
    if (found === 'podman') return 'start the Podman that is installed';
    if (found) return byHand[found];
    if (isDebian())
      return `install and start a container engine: ${dockerPackages.join(' ')} (nothing is removed)${joining()}`;
    return 'a container engine is missing';
  },
  async install() {
    if (!installed()) {
      if (!isDebian()) {
        throw new SetupError(
          'No container engine is installed. Install Docker Desktop, Podman Desktop, Colima, OrbStack or Rancher Desktop ' +
            '(on Linux: your distribution’s docker or podman package), start it, and run the command again.',
        );
      }
      await aptInstall(dockerPackages);
      // Debian's package starts its daemon itself where there is systemd.
      if (await answering(hasSystemd() ? 10_000 : 500)) return;
    }
    const found = installed();
    if (byHand[found]) throw new SetupError(`${byHand[found]}. Then run the command again.`);
    await (found === 'docker' ? startDocker() : startPodman());
    if (await answering()) return;
    if (await engine.check()) return;
    const log = (textOf(inCache(found === 'docker' ? 'dockerd.log' : 'podman.log')) ?? '').trim().split('\n').slice(-8);
    throw new SetupError(`The container engine did not start. The end of its log:\n${log.join('\n')}`);
  },
};

const dockerGroup = () => /^docker:[^:]*:\d+:(.*)$/m.exec(textOf('/etc/group') ?? '')?.[1].split(',') ?? [];

const isMember = () => dockerGroup().includes(userInfo().username);

/** Docker's socket belongs to its group; root needs none. */
const joining = () =>
  process.getuid?.() === 0 || isMember()
    ? ''
    : `; add ${userInfo().username} to the group docker (its members can act as root on this computer)`;

/**
 * Membership in the group that may open Docker's socket, for a user who is not root. A session that was opened before the
 * user became a member does not have it: the command is then run again inside the group, in this session's place.
 */
export const engineAccess = {
  name: 'access to the container engine',
  check: async () => {
    if (process.platform !== 'linux' || process.getuid() === 0) return true;
    const { host, refusals } = await findEngine();
    return Boolean(host) || !refusals.some(({ code }) => code === 'EACCES');
  },
  unasked: isMember,
  what: () =>
    isMember()
      ? 'join the group docker for this run (a new login makes it permanent)'
      : `add ${userInfo().username} to the group docker (its members can act as root on this computer)`,
  async install() {
    if (!isMember()) await run(asRoot(['usermod', '-aG', 'docker', userInfo().username]));
    const again = process.argv.map((part) => `'${part.replaceAll("'", "'\\''")}'`).join(' ');
    const inside = spawnSync('sg', ['docker', '-c', again], {
      stdio: 'inherit',
      env: { ...process.env, LABDOCK_SETUP_AGREED: '1' },
    });
    process.exit(inside.status ?? 1);
  },
};
