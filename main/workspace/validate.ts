/** What the schema cannot know of a draft: the disk, the ports, the other workspaces. Problems stand at their fields. */
import { stat } from 'node:fs/promises';
import type { z } from 'zod';
import type { Problem } from '../common/problem';
import { folderProblem, isOwn, sameFolder } from './folders';
import type { Workspace, WorkspaceDraft } from './model';
import { samePlace } from './place';
import { sameName } from './suggest';

export interface ValidationContext {
  /** The workspace the draft belongs to; undefined for a new one. */
  id?: string;
  workspaces: readonly Workspace[];
  home: string;
  /** Host port this workspace's own server holds now: busy, and rightly so. */
  ownPort?: number;
  /** undefined: nothing else is on it. */
  portProblem: (port: number) => Promise<Problem | undefined>;
  /** Of the free text of the server's configuration. */
  configProblem: (text: string) => Promise<Problem | undefined>;
  /** What in it will not count. */
  configOverridden: (text: string) => Promise<Problem | undefined>;
}

export interface Findings {
  fields: Record<string, Problem>;
  /** Worth saying, no reason to refuse. */
  warnings: Record<string, Problem>;
}

export async function validate(draft: WorkspaceDraft, context: ValidationContext): Promise<Findings> {
  const saved = context.workspaces.find((workspace) => workspace.id === context.id);
  const others = context.workspaces.filter((other) => other !== saved);
  const findings: Findings = { fields: {}, warnings: {} };
  /** What was fine when it was saved (an unplugged disk, a port in use just now) must not block editing the rest. */
  const put = (field: string, problem: Problem | undefined, touched: boolean) => {
    if (problem) (touched ? findings.fields : findings.warnings)[field] ??= problem;
  };

  const namesake = others.find((other) => sameName(other.name, draft.name));
  if (namesake) put('name', { reason: 'name-taken', params: { name: namesake.name } }, true);

  const portTouched = saved?.port !== draft.port;
  const holder = others.find((other) => other.port === draft.port);
  if (holder) put('port', { reason: 'port-taken', params: { name: holder.name, port: draft.port } }, portTouched);

  const { custom } = draft.server;
  const [folder, port, config, overridden, archive] = await Promise.all([
    folderProblem(draft.folder),
    draft.port === context.ownPort ? undefined : context.portProblem(draft.port),
    custom === '' ? undefined : context.configProblem(custom),
    custom === '' ? undefined : context.configOverridden(custom),
    draft.image.kind === 'archive' ? archiveProblem(draft.image.path) : undefined,
  ]);
  put('port', port, portTouched);
  put('server.custom', config, true);
  put('server.custom', overridden, false);
  put('image.path', archive, true);

  // A missing folder in Labdock's own place is made when the draft is saved.
  const folderTouched = saved?.folder !== draft.folder;
  const willBeMade = folder?.reason === 'folder-missing' && folderTouched && isOwn(draft.folder, context.home);
  if (!willBeMade) put('folder', folder, folderTouched);
  // A server and a volume are there: another place is reached by switching back first.
  if (saved?.target.kind === 'cluster' && !samePlace(saved.cluster, draft.cluster)) {
    const context = saved.cluster?.context !== draft.cluster?.context;
    put(context ? 'cluster.context' : 'cluster.namespace', { reason: 'cluster-place-fixed' }, true);
  }
  const neighbour = others.find((other) => sameFolder(other.folder, draft.folder));
  if (neighbour) put('folder', { reason: 'folder-taken', params: { name: neighbour.name } }, false);
  return findings;
}

async function archiveProblem(path: string): Promise<Problem | undefined> {
  const file = await stat(path).catch(() => null);
  if (!file) return { reason: 'archive-missing', params: { path } };
  return file.isFile() ? undefined : { reason: 'archive-invalid', params: { path } };
}

/** Schema failures in the same shape: the message of each rule is the key of its words. `forms`: keys that are no part of paths. */
export function fieldProblems(error: z.ZodError, forms: ReadonlySet<string>): Record<string, Problem> {
  const fields: Record<string, Problem> = {};
  for (const issue of error.issues) {
    const path = issue.path.map(String);
    if (forms.has(path[0] ?? '')) path.shift();
    const rule = /^[a-z][a-z-]*$/.test(issue.message) ? issue.message : issue.code.replaceAll('_', '-');
    const reason = rule === 'kernel-clash' ? 'kernel-clash' : 'field-invalid';
    fields[path.join('.')] ??= { reason, params: { rule } };
  }
  return fields;
}
