/**
 * A real JupyterLab on this machine, without an image: a virtual environment made once with the machine's own pip
 * settings and kept in the user's cache. For tests of what Jupyter itself makes of our configuration.
 */
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import path from 'node:path';
import { freePort, run, start, until, type Started } from './processes';

/** The versions the shipped image had when this was written; ipykernel comes with Lab. */
const current = ['jupyterlab==4.6.6', 'jupyter_server==2.21.1'];
/** The last of jupyter_server 1, as old published images carry it. */
const old = ['jupyter_server==1.24.0', 'traitlets<5.10', 'tornado<6.5', 'jupyter_client<8', 'jupyter_events<0.7'];

const cache = () => path.join(process.env['XDG_CACHE_HOME'] ?? path.join(homedir(), '.cache'), 'labdock', 'test');

/** Folder of an environment; made on first use (half a minute and 500 MB for the current one). */
export async function jupyterEnvironment(which: 'current' | 'old' = 'current'): Promise<string> {
  const packages = which === 'current' ? current : old;
  const folder = path.join(cache(), `jupyter-${packages[0]!.replace('==', '-')}`);
  if (existsSync(path.join(folder, 'complete'))) return folder;
  // Beside, then renamed: an interrupted installation is never taken for a whole one. Scripts in it name their python by
  // its path, so they are called as modules.
  const unfinished = `${folder}.${process.pid}`;
  mkdirSync(cache(), { recursive: true });
  rmSync(unfinished, { recursive: true, force: true });
  await run(['python3', '-m', 'venv', unfinished]);
  await run([path.join(unfinished, 'bin/python'), '-m', 'pip', 'install', '--quiet', ...packages], {
    timeout: 480_000,
  });
  writeFileSync(path.join(unfinished, 'complete'), packages.join('\n'));
  rmSync(folder, { recursive: true, force: true });
  renameSync(unfinished, folder);
  return folder;
}

export interface JupyterServer extends Started {
  port: number;
  /** HOME and served folder of this server, gone with `remove`. */
  home: string;
  work: string;
  remove: () => Promise<void>;
}

/** Folders and a port for a server that is not started yet. */
export async function jupyterPlace(): Promise<{ port: number; home: string; work: string }> {
  const home = mkdtempSync(path.join(tmpdir(), 'labdock-jupyter-'));
  const work = path.join(home, 'work');
  mkdirSync(work);
  return { port: await freePort(), home, work };
}

/** Starts `jupyter lab` (or `jupyter server`) with the file, as the image's entry point does. Does not wait. */
export async function startJupyter(
  place: { port: number; home: string; work: string },
  config: string,
  options: { which?: 'current' | 'old'; app?: 'lab' | 'server'; env?: NodeJS.ProcessEnv } = {},
): Promise<JupyterServer> {
  const environment = await jupyterEnvironment(options.which);
  const file = path.join(place.home, 'jupyter_server_config.py');
  writeFileSync(file, config, { mode: 0o400, flag: 'w' });
  const module = options.app === 'server' ? 'jupyter_server' : 'jupyterlab';
  const started = start([path.join(environment, 'bin/python'), '-m', module, `--config=${file}`], {
    cwd: place.work,
    env: {
      HOME: place.home,
      PATH: `${environment}/bin:/usr/bin:/bin`,
      JUPYTER_CONFIG_DIR: undefined,
      JUPYTER_TOKEN: undefined,
      JUPYTER_NO_CONFIG: undefined,
      ...options.env,
    },
  });
  return {
    ...started,
    ...place,
    remove: async () => {
      await started.stop('SIGTERM', 10_000);
      rmSync(place.home, { recursive: true, force: true });
    },
  };
}

/** Waits for an answer on the port, whatever it is. */
export function answers(server: JupyterServer): Promise<true> {
  return until(
    'Jupyter answers',
    async () => {
      const response = await fetch(`http://127.0.0.1:${server.port}/api`);
      await response.arrayBuffer();
      return true as const;
    },
    120_000,
  );
}
