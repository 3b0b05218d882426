/** Podman as a second engine: its Docker-compatible service on a socket of its own, with storage of its own. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
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

/** Whose settings Podman has where there is no systemd: set-up's, which starts one the same way. */
const script = join(import.meta.dirname, '../../scripts/setup/engine.mjs');

export async function startPodman(): Promise<Podman> {
  const work = mkdtempSync(join(tmpdir(), 'labdock-podman-'));
  const socket = join(work, 'podman.sock');
  const config = join(work, 'containers.conf');
  const { podmanConfig } = (await import(script)) as { podmanConfig: () => string };
  writeFileSync(config, podmanConfig());
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
