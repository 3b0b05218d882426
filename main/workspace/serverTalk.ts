/** What the heart says to a running Jupyter server, and asks its user before it ends. The client is loaded on first use. */
import { toProblem } from '../common/problem';
import type { WorkspaceId } from './model';
import { Declined } from './parts';
import type { FrontEnd } from './service';
import type { ServerAddress, StepTools } from './steps';

/** A first start in a cold image on a slow disk, or under emulation, takes its time; a crash is noticed at once anyway. */
const readyTimeoutMs = 180_000;
const shutdownTimeoutMs = 8_000;
/** Longer than a front end takes, see FrontEnd: one that fails must not keep its server from being stopped for ever. */
const saveTimeoutMs = 45_000;
/** What stands in the question where nobody can say which documents are open: that is not the same as none. */
const unknown = { unsaved: ['JupyterLab'] };

export class ServerTalk implements Pick<StepTools, 'saveWork' | 'shutDown' | 'awaitReady'> {
  constructor(private readonly frontEnd: () => FrontEnd | undefined) {}

  async awaitReady(server: ServerAddress, signal: AbortSignal): Promise<void> {
    const [{ JupyterClient }, { awaitReady }] = await Promise.all([
      import('../jupyter/client'),
      import('../jupyter/ready'),
    ]);
    await awaitReady(new JupyterClient(server), { signal, timeoutMs: readyTimeoutMs });
  }

  async saveWork(id: WorkspaceId, server: ServerAddress, signal: AbortSignal): Promise<void> {
    const frontEnd = this.frontEnd();
    if (!frontEnd) return;
    const { unsaved } = await withLimit(frontEnd.saveOpenDocuments(id));
    await this.ask(unsaved, (files) => frontEnd.ask({ kind: 'unsaved', workspace: id, files }));
    await this.ask(await this.busyKernels(server, signal), (kernels) =>
      frontEnd.ask({ kind: 'busy-kernels', workspace: id, kernels }),
    );
  }

  async shutDown(server: ServerAddress): Promise<void> {
    const [{ JupyterClient }, { shutdownServer }] = await Promise.all([
      import('../jupyter/client'),
      import('../jupyter/quiesce'),
    ]);
    await shutdownServer(new JupyterClient(server), { timeoutMs: shutdownTimeoutMs }).catch(() => undefined);
  }

  /** A server that does not answer has nothing that could be asked for. */
  private async busyKernels(server: ServerAddress, signal: AbortSignal): Promise<string[]> {
    try {
      const [{ JupyterClient }, { listBusyKernels }] = await Promise.all([
        import('../jupyter/client'),
        import('../jupyter/quiesce'),
      ]);
      return (await listBusyKernels(new JupyterClient(server), signal)).map((kernel) => kernel.label);
    } catch (error) {
      if (toProblem(error).reason === 'cancelled') throw error;
      return [];
    }
  }

  private async ask(items: string[], question: (items: string[]) => Promise<'proceed' | 'cancel'>): Promise<void> {
    if (items.length > 0 && (await question(items)) === 'cancel') throw new Declined();
  }
}

async function withLimit(saving: Promise<{ unsaved: string[] }>): Promise<{ unsaved: string[] }> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<{ unsaved: string[] }>((resolve) => {
    timer = setTimeout(() => resolve(unknown), saveTimeoutMs);
  });
  try {
    return await Promise.race([saving, late]);
  } catch {
    return unknown;
  } finally {
    clearTimeout(timer);
  }
}
