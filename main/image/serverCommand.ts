/** How a server is started in an image: Labdock's own, or one that was probed. Pure. */
import { LabdockError } from '../common/problem';
import type { ImageParts } from './parts';
import { probeProblem, type ImageFacts } from './probe';

export interface ServerCommand {
  /** The whole command, entry point included: it replaces the image's own entrypoint and command. */
  command: string[];
  /** True where the image has no tini: the engine's own init then reaps and forwards signals. */
  init: boolean;
  env: Record<string, string>;
  /** The image keeps what its server needs (kernels) where only uid 0 can read it. */
  wantsRoot: boolean;
}

/** As `paths` in runtime.ts has them; checked against it by a test, since these rooms do not know each other. */
const entrypoint = '/opt/labdock/bin/entrypoint';
const config = '/opt/labdock/etc/jupyter_server_config.py';

/** What the shipped Dockerfile makes; there is nothing to probe. */
export const ownImageFacts: ImageFacts = {
  uid: 1000,
  home: '/home/labdock',
  machine: '',
  jupyterLab: '/opt/conda/envs/lab/bin/jupyter-lab',
  jupyterServer: '/opt/conda/envs/lab/bin/jupyter-server',
  tini: '/opt/conda/envs/lab/bin/tini',
  homeKernels: [],
  homeReadable: true,
};

/**
 * tini with -g where there is one: SIGTERM then reaches Jupyter whatever stands between. Never through `conda run`, which
 * swallows it. An image without Lab runs its Jupyter server.
 * @throws LabdockError `image-without-jupyter`
 */
export function serverCommand(facts: ImageFacts, reference = ''): ServerCommand {
  const program = facts.jupyterLab ?? facts.jupyterServer;
  if (!program) {
    const { reason, params } = probeProblem(facts, reference)!;
    throw new LabdockError(reason, params);
  }
  const server = [entrypoint, program, `--config=${config}`];
  const env: Record<string, string> = {};
  // HOME is a volume of the workspace's: kernels in the image's own home are found by name of their place.
  if (facts.homeKernels.length > 0) env['JUPYTER_PATH'] = `${facts.home.replace(/\/$/, '')}/.local/share/jupyter`;
  return {
    command: facts.tini ? [facts.tini, '-g', '--', ...server] : server,
    init: !facts.tini,
    env,
    wantsRoot: facts.homeKernels.length > 0 && !facts.homeReadable,
  };
}

/** Goes into every image that Labdock did not build, before its first start. */
export const entrypointFile = (parts: ImageParts) => ({ path: entrypoint, content: parts.entrypoint, mode: 0o755 });
