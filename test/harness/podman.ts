/** Podman as a second engine: its Docker-compatible service on a socket of its own, with storage of its own. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { answers } from './engineApi';
import { run, start, until } from './processes';

export interface Podman {
  socket: string;
  log: () => string;
  /** Ends the service. Containers go on, as they do in Podman. */
  stop: () => Promise<void>;
  /** Runs the podman command on the same storage, for what the API cannot tell. */
  podman: (...args: string[]) => Promise<string>;
}

/** Kept from run to run: an image that was copied here once need not be copied again. `LABDOCK_TEST_PODMAN` moves it. */
const storage = () => process.env['LABDOCK_TEST_PODMAN'] ?? '/var/tmp/labdock-test-podman';

/**
 * Where there is no systemd Podman must be told: control groups by hand, events in a file, and limits no higher than the
 * shell's own hard ones (`setting rlimit type 6/7` otherwise).
 */
function configuration(): string {
  const limits = readFileSync('/proc/self/limits', 'utf8');
  const hard = Number(/^Max open files\s+\S+\s+(\d+)/m.exec(limits)?.[1] ?? 20_000);
  const files = Math.min(20_000, hard);
  // With both versions of control groups mounted, crun refuses where the second one holds a controller; runc does not.
  const held = readText('/sys/fs/cgroup/unified/cgroup.controllers').trim() !== '';
  return [
    '[containers]',
    `default_ulimits = ["nofile=${files}:${files}", "nproc=4096:4096"]`,
    '[engine]',
    'cgroup_manager = "cgroupfs"',
    'events_logger = "file"',
    ...(held ? ['runtime = "runc"'] : []),
    '',
  ].join('\n');
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

export async function startPodman(): Promise<Podman> {
  const work = mkdtempSync(join(tmpdir(), 'labdock-podman-'));
  const socket = join(work, 'podman.sock');
  const config = join(work, 'containers.conf');
  writeFileSync(config, configuration());
  mkdirSync(storage(), { recursive: true });
  const where = [
    '--root',
    join(storage(), 'root'),
    '--runroot',
    join(storage(), 'run'),
    '--tmpdir',
    join(storage(), 'tmp'),
  ];
  const env = { CONTAINERS_CONF: config };
  // Its monitor leaves a file named `oom` in the folder it was started in.
  const options = { env, cwd: work };
  const service = start(['podman', ...where, 'system', 'service', '--time=0', `unix://${socket}`], options);
  try {
    await until('podman answers', () => answers(socket), 60_000);
  } catch (error) {
    throw new Error(`${String(error)}\n${service.output()}`, { cause: error });
  }
  return {
    socket,
    log: service.output,
    podman: (...args) => run(['podman', ...where, ...args], { env }),
    stop: async () => {
      await service.stop();
      rmSync(work, { recursive: true, force: true });
    },
  };
}
