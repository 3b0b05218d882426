/** What `--start` means: which workspace, made first when there is none. */
import { LabdockError } from '../common/problem';
import type { Service } from '../workspace/service';
import { isRunning } from './quitPlan';

/** The workspace of that name; without a name the one used last, or the first. null: there is none. */
export function chooseWorkspace(
  workspaces: readonly { workspace: { id: string; name: string } }[],
  name: string | undefined,
  last: string | undefined,
): string | null {
  const all = workspaces.map((state) => state.workspace);
  if (name !== undefined) {
    const exact = all.find((workspace) => workspace.name === name);
    const alike = all.find((workspace) => workspace.name.toLowerCase() === name.toLowerCase());
    return (exact ?? alike)?.id ?? null;
  }
  return (all.find((workspace) => workspace.id === last) ?? all[0])?.id ?? null;
}

/** Makes the workspace that is suggested to a newcomer. Rejects with LabdockError. */
export async function createFirst(service: Service): Promise<string> {
  const suggested = await service.procedures['workspace.suggest'](undefined);
  if (!suggested.ok) throw new LabdockError(suggested.problem.reason, suggested.problem.params);
  const created = await service.procedures['workspace.create']({ draft: suggested.value });
  if (!created.ok) throw new LabdockError(created.problem.reason, created.problem.params);
  return created.value.id;
}

/** Starts it unless it runs already; a refusal is part of the workspace's state and shown there. */
export function startUnlessRunning(service: Service, id: string): void {
  const phase = service.workspace(id)?.phase;
  if (phase && !isRunning(phase)) void service.procedures['workspace.start']({ id });
}
