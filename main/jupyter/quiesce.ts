/** Before a stop: what is still computing, and Jupyter's own way out. */
import { setTimeout as sleep } from 'node:timers/promises';
import { JupyterCallError, type JupyterClient, type KernelInfo, type SessionInfo } from './client';

export interface BusyKernel {
  id: string;
  /** What a person knows it by: the notebook's path, else the console's or kernel's name. */
  label: string;
}

/** Kernels that are computing now, with the document each belongs to. Pure. */
export function busyKernels(kernels: readonly KernelInfo[], sessions: readonly SessionInfo[]): BusyKernel[] {
  const label = (kernel: KernelInfo) => {
    const session = sessions.find((each) => each.kernel?.id === kernel.id);
    return session?.path || session?.name || kernel.name;
  };
  return kernels
    .filter((kernel) => kernel.execution_state === 'busy')
    .map((kernel) => ({ id: kernel.id, label: label(kernel) }));
}

/** Asks the server; rejects as {@link JupyterClient} does. */
export async function listBusyKernels(client: JupyterClient, signal?: AbortSignal): Promise<BusyKernel[]> {
  const options = { timeoutMs: 5000, ...(signal && { signal }) };
  const [kernels, sessions] = await Promise.all([client.kernels(options), client.sessions(options)]);
  return busyKernels(kernels, sessions);
}

/**
 * Shuts kernels, terminals and the server down and waits until nobody answers on the port.
 * `gone`: it did. `silent`: it did not answer to begin with (a dead route, an ended server). `lingering`: it agreed, or
 * hung, and still answers after `timeoutMs`. Whatever it says, the caller stops the container next: SIGTERM does the same.
 */
export async function shutdownServer(
  client: JupyterClient,
  { signal, timeoutMs = 10_000 }: { signal?: AbortSignal; timeoutMs?: number } = {},
): Promise<'gone' | 'silent' | 'lingering'> {
  const deadline = performance.now() + timeoutMs;
  const left = () => Math.max(1, deadline - performance.now());
  const options = () => ({ timeoutMs: left(), ...(signal && { signal }) });
  try {
    await client.shutdown(options());
  } catch (error) {
    if (!(error instanceof JupyterCallError) || error.failure === 'cancelled') throw error;
    if (error.failure === 'timeout') return 'lingering';
    // Breaking off in the middle of its own shutdown is an answer too.
    if (error.failure !== 'broken') return 'silent';
  }
  while (left() > 1) {
    try {
      await client.status(options());
    } catch (error) {
      if (!(error instanceof JupyterCallError) || error.failure === 'cancelled') throw error;
      // `broken`: a port proxy still accepts for a container that no longer listens.
      if (error.failure === 'refused' || error.failure === 'broken') return 'gone';
    }
    await sleep(50, undefined, signal && { signal }).catch(() => undefined);
  }
  return 'lingering';
}
