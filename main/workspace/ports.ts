/** Ports of this computer as the heart asks about them: what nothing listens on, and what no workspace was promised. */
import type { Problem } from '../common/problem';
import type { Local } from './parts';

export interface PortsOptions {
  /** Ports of all workspaces. */
  promised: () => number[];
  local: () => Local | null;
}

export class Ports {
  constructor(private readonly options: PortsOptions) {}

  /** The next one from `from` on that is free and that no workspace has. */
  async free(from: number): Promise<number> {
    const { nextFreePort } = await import('../runtime/docker/ports');
    return (await nextFreePort(from, this.options.promised())) ?? from;
  }

  /**
   * undefined: a server can be published on it.
   * @param patienceMs how long a busy port may take to become free; engines let go of one a moment after a stop
   */
  async problem(port: number, patienceMs = 0): Promise<Problem | undefined> {
    const { probePort } = await import('../runtime/docker/ports');
    let state = await probePort(port);
    for (let waited = 0; state === 'busy' && waited < patienceMs; waited += 200) {
      await new Promise((resolve) => setTimeout(resolve, 200));
      state = await probePort(port);
    }
    if (state === 'free') return undefined;
    const suggestion = await this.free(port + 1);
    if (state === 'forbidden') return { reason: 'port-forbidden', params: { port, suggestion } };
    const holder = await this.options
      .local()
      ?.portHolder(port)
      .catch(() => undefined);
    return { reason: 'port-busy', params: { port, suggestion, ...(holder && { holder }) } };
  }
}
