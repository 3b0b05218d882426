/**
 * Packages a person installed by hand live in the server's container and go with it. Before that they are named, and kept
 * as kernel packages where the person wants that. Truth is read from the container, running or not: a note made at the
 * stop would miss whatever ended without one, such as a crash or a restart of the computer.
 */
import { LabdockError } from '../common/problem';
import { addHandInstalled, linesOf, unlisted, type HandInstalled } from '../common/handInstalled';
import { handInstalled, listPackagesCommand } from '../image/installed';
import { handInstalledAtRest } from '../image/installedAtRest';
import { kernelsSchema, type Kernel } from '../image/model';
import type { ServerObservation } from '../runtime/runtime';
import type { Workspace, WorkspaceDraft, WorkspaceId } from './model';
import { isLive } from './observed';
import type { Memory } from './observer';
import { Declined, type Look, type Site } from './parts';
import type { FrontEnd } from './service';

/** A running server answers in tens of milliseconds. */
const execTimeoutMs = 10_000;

export interface ByHandParts {
  saved(id: WorkspaceId): Workspace | undefined;
  /** What its server was made from. */
  applied(id: WorkspaceId): WorkspaceDraft | undefined;
  frontEnd(): FrontEnd | undefined;
  setKernels(id: WorkspaceId, kernels: Kernel[]): Promise<void>;
  say(id: WorkspaceId, words: string): void;
}

type Found = HandInstalled[] | null;

export class ByHand {
  /** A container at rest does not change: it is asked once. */
  private readonly atRest = new Map<WorkspaceId, { key: string; found: Promise<HandInstalled[]> }>();

  constructor(private readonly parts: ByHandParts) {}

  /** null: it could not be found out. Never rejects. */
  async find(site: Site, server: ServerObservation, workspace: Workspace): Promise<Found> {
    const { id } = workspace;
    const made = this.parts.applied(id) ?? workspace;
    try {
      if (isLive(server.state)) return await this.inRunning(site, id, made);
      // On a cluster nothing but the volume outlives the pod.
      if (site.kind === 'cluster' || server.state === 'created' || server.state === 'removing') return [];
      return await this.inResting(site, id, server, made);
    } catch {
      // Only in an image that Labdock built is it known that there is something to ask.
      return site.kind === 'local' && made.image.kind === 'build' ? null : [];
    }
  }

  /**
   * To be called before the container goes. `go`: nothing is lost that the person does not know of; `again`: the settings
   * have changed. Rejects with Declined when it shall stay.
   */
  async part({ site, server, workspace }: Look, memory: Memory, signal: AbortSignal): Promise<'go' | 'again'> {
    if (!server) return 'go';
    // The same before and after a stop.
    const key = `${server.id}/${server.startedAt ?? ''}`;
    if (memory.partedKey === key) return 'go';
    const found = await orAborted(this.find(site, server, workspace), signal);
    const asked = this.toAsk(found, workspace, memory);
    if (asked && asked.length === 0) {
      memory.partedKey = key;
      return 'go';
    }
    if (asked) this.parts.say(workspace.id, `Installed by hand: ${namesOf(asked).join(', ')}`);
    const frontEnd = this.parts.frontEnd();
    // Without a window there is nobody to ask; the log has their names.
    const answer = frontEnd ? await frontEnd.askToKeep(workspace.id, asked, signal) : 'lose';
    signal.throwIfAborted();
    if (answer === 'cancel') throw new Declined();
    if (answer === 'keep' && asked) {
      await this.keep(workspace, asked);
      return 'again';
    }
    memory.forgone = new Set([...(memory.forgone ?? []), ...(asked ? namesOf(asked) : [unknown])]);
    memory.partedKey = key;
    return 'go';
  }

  /**
   * By the settings as they are now: whoever looked may have done so before they changed. A kernel that was removed from
   * them took its packages along before the person's eyes, in the settings.
   */
  private toAsk(found: Found, workspace: Workspace, { forgone }: Memory): Found {
    if (!found) return forgone?.has(unknown) ? [] : null;
    const { kernels } = this.parts.saved(workspace.id) ?? workspace;
    const kept = found.filter(({ kernel }) => kernels.some(({ name }) => name === kernel));
    const left = (kernel: string, lines: string[]) => lines.filter((line) => !forgone?.has(nameOf(kernel, line)));
    return unlisted(kept, kernels).flatMap(({ kernel, conda, pip }) => {
      const entry = { kernel, conda: left(kernel, conda), pip: left(kernel, pip) };
      return entry.conda.length + entry.pip.length > 0 ? [entry] : [];
    });
  }

  private async keep(workspace: Workspace, found: readonly HandInstalled[]): Promise<void> {
    const { kernels } = this.parts.saved(workspace.id) ?? workspace;
    const { data, error } = kernelsSchema.safeParse(addHandInstalled(kernels, found));
    // More of them than a list takes.
    if (!data) throw new LabdockError('field-invalid', { rule: 'package' }, { detail: error.message });
    await this.parts.setKernels(workspace.id, data);
  }

  private async inRunning(site: Site, id: WorkspaceId, made: WorkspaceDraft): Promise<HandInstalled[]> {
    const command = listPackagesCommand(made.kernels.map((kernel) => kernel.name));
    const { code, stdout, stderr } = await site.runtime.exec(id, command, execTimeoutMs);
    if (code !== 0) throw new Error(`${code}: ${stderr}`);
    return handInstalled(stdout);
  }

  private inResting(
    { local }: Extract<Site, { kind: 'local' }>,
    id: WorkspaceId,
    server: ServerObservation,
    { kernels }: WorkspaceDraft,
  ): Promise<HandInstalled[]> {
    const key = `${server.id}/${server.finishedAt ?? ''}`;
    const known = this.atRest.get(id);
    if (known?.key === key) return known.found;
    const container = local.atRest(id);
    const added = () => {
      this.parts.say(id, 'Packages were installed by hand; looking which');
      return container.added();
    };
    const found = handInstalledAtRest(kernels, { ...container, added });
    this.atRest.set(id, { key, found });
    found.catch(() => this.atRest.delete(id));
    return found;
  }
}

/** Stands for what could not be found out. */
const unknown = '';

const nameOf = (kernel: string, line: string) => `${kernel}: ${line}`;
/** As {@link Memory.forgone} has them. */
export const namesOf = (found: readonly HandInstalled[]) =>
  found.flatMap((entry) => linesOf(entry).map((line) => nameOf(entry.kernel, line)));

/** What is shared with others goes on; whoever waits need not. Rejects as an aborted fetch does. */
async function orAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted();
  let onAbort: (() => void) | undefined;
  const aborted = new Promise<never>((_, reject) => {
    onAbort = () => reject(signal.reason as Error);
    signal.addEventListener('abort', onAbort, { once: true });
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    if (onAbort) signal.removeEventListener('abort', onAbort);
  }
}
