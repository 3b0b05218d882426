/** Is a server's port to be had, and if not, who has it. */
import { setTimeout as sleep } from 'node:timers/promises';
import type Docker from 'dockerode';
import { LabdockError } from '../../common/problem';
import { ask } from './client';
import { nextFreePort, portHolder, probePort } from './ports';

/** Engines let go of a stopped container's port a moment after they said that it stopped. */
const attempts = 4;
const pauseMs = 250;

/** Rejects with `port-busy` (params: port, holder?, suggestion?) or `port-forbidden`. */
export async function requirePort(client: Docker, port: number): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    const state = await probePort(port);
    if (state === 'free') return;
    if (state === 'forbidden') throw new LabdockError('port-forbidden', { port });
    if (attempt === attempts) throw await withHolder(client, new LabdockError('port-busy', { port }), port);
    await sleep(pauseMs);
  }
}

/** Adds to `port-busy` who holds the port and which one is free. Other errors pass. */
export async function withHolder(client: Docker, error: LabdockError, port: number | undefined): Promise<LabdockError> {
  const { reason, params, detail } = error.problem;
  if (reason !== 'port-busy' || port === undefined) return error;
  const running = await ask((abortSignal) => client.listContainers({ abortSignal })).catch(() => []);
  const [holder, suggestion] = await Promise.all([portHolder(port, running), nextFreePort(port + 1)]);
  const known = { ...params, port, ...(holder && { holder }), ...(suggestion && { suggestion }) };
  return new LabdockError('port-busy', known, { detail, cause: error.cause });
}
