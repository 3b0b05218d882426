/**
 * Engines for tests: the machine's own, which a test may use and must not disturb, and throw-away ones that a test may
 * stop, kill, or fill to the brim.
 */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { answers } from './engineApi';
import { run, start, until, type Started } from './processes';

/** The socket of the machine's Docker engine, which set-up made sure answers. */
export async function machineEngine(): Promise<string> {
  const host = process.env['DOCKER_HOST'] ?? 'unix:///var/run/docker.sock';
  const socket = host.replace(/^unix:\/\//, '');
  if (!(await answers(socket)))
    throw new Error(`no Docker engine answers on ${socket}: run npm test once to set it up`);
  return socket;
}

export interface OwnEngine {
  socket: string;
  dataRoot: string;
  log: () => string;
  /** The daemon's pid while it runs. */
  pid: () => number;
  /** Stops the daemon as an administrator would; containers end. */
  stop: () => Promise<void>;
  /** Ends the daemon at once, as a crash would. */
  kill: () => Promise<void>;
  /** Starts it again on the same data. */
  start: () => Promise<void>;
  /** Ends it and removes everything of it. */
  destroy: () => Promise<void>;
}

/**
 * A second Docker daemon with its own socket, data, network and containerd namespaces (root only). Its data lie on a
 * tmpfs of `size` (as mount takes it, default 4g), so that a test can fill it. It writes no iptables rules: published
 * ports work on the loopback, and its containers do not reach beyond this machine.
 */
export async function startOwnEngine(options: { size?: string } = {}): Promise<OwnEngine> {
  const root = mkdtempSync(join(tmpdir(), 'labdock-engine-'));
  const id = root.slice(-6).toLowerCase();
  const bridge = `ldt${id}`;
  const dataRoot = join(root, 'data');
  const socket = join(root, 'docker.sock');
  mkdirSync(dataRoot);
  // Not the machine's own /etc/docker/daemon.json.
  writeFileSync(join(root, 'daemon.json'), '{}');
  await run(['mount', '-t', 'tmpfs', '-o', `size=${options.size ?? '4g'}`, 'labdock-test', dataRoot]);
  await run(['ip', 'link', 'add', bridge, 'type', 'bridge']);
  await run(['ip', 'address', 'add', `${await freeNetwork()}.1/24`, 'dev', bridge]);
  await run(['ip', 'link', 'set', bridge, 'up']);

  const command = ['dockerd', '--config-file', join(root, 'daemon.json'), '--host', `unix://${socket}`];
  command.push('--data-root', dataRoot, '--exec-root', join(root, 'exec'), '--pidfile', join(root, 'docker.pid'));
  command.push('--bridge', bridge, '--iptables=false', '--ip-masq=false', '--exec-opt', 'native.cgroupdriver=cgroupfs');
  command.push('--containerd-namespace', `labdock-${id}`, '--containerd-plugins-namespace', `labdock-plugins-${id}`);

  let daemon: Started | undefined;
  let log = '';
  const begin = async (): Promise<void> => {
    if (existsSync(join(root, 'docker.pid'))) rmSync(join(root, 'docker.pid'));
    const started = start(command);
    daemon = started;
    const ended = started.ended.then(() => (log += started.output()));
    const up = until('the second dockerd answers', () => answers(socket), 60_000);
    await Promise.race([
      up,
      ended.then(() => Promise.reject(new Error(`the second dockerd ended:\n${log.slice(-3000)}`))),
    ]);
    up.catch(() => undefined);
    ended.catch(() => undefined);
  };
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    await daemon?.stop(signal, 30_000);
    daemon = undefined;
    // A killed dockerd's containerd dies with it, but a moment later; a new dockerd would take it for alive.
    const pidFile = join(root, 'exec/containerd/containerd.pid');
    const pid = existsSync(pidFile) ? Number(readFileSync(pidFile, 'utf8')) : 0;
    if (pid) await until('its containerd ends', () => !existsSync(`/proc/${pid}`));
    rmSync(pidFile, { force: true });
  };
  const destroy = async (): Promise<void> => {
    await end('SIGTERM');
    // Mounts of containers that a killed daemon left behind lie below the data's own.
    const mounts = (await run(['cat', '/proc/self/mounts'])).split('\n').map((line) => line.split(' ')[1] ?? '');
    for (const mount of mounts.filter((path) => path.startsWith(`${root}/`)).reverse()) {
      await run(['umount', '-l', mount]).catch(() => undefined);
    }
    await run(['ip', 'link', 'delete', bridge]).catch(() => undefined);
    rmSync(root, { recursive: true, force: true });
  };
  try {
    await begin();
  } catch (error) {
    await destroy();
    throw error;
  }
  return {
    socket,
    dataRoot,
    log: () => log + (daemon?.output() ?? ''),
    pid: () => daemon?.pid ?? -1,
    stop: () => end('SIGTERM'),
    kill: () => end('SIGKILL'),
    start: begin,
    destroy,
  };
}

/** The first three numbers of a private network no interface of this machine has. */
async function freeNetwork(): Promise<string> {
  const taken = await run(['ip', '-o', 'address']);
  for (let third = 16; third < 250; third++) {
    const network = `10.213.${third}`;
    if (!taken.includes(`${network}.`)) return network;
  }
  throw new Error('no free network for a second engine');
}
