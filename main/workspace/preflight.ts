/** What can be known to fail before anything is built or stopped. Quick: milliseconds on the way of every start. */
import { mkdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Problem } from '../common/problem';
import { folderProblem } from './folders';
import type { Workspace } from './model';

export interface PreflightChecks {
  portProblem: (port: number) => Promise<Problem | undefined>;
  configProblem: (text: string) => Promise<Problem | undefined>;
  hasPassword: boolean;
}

export interface PreflightResult {
  problem?: Problem;
  folder?: Problem;
}

/** @param ownPort the port its own running server holds; undefined when it holds none */
export async function preflight(
  workspace: Workspace,
  checks: PreflightChecks,
  ownPort: number | undefined,
): Promise<PreflightResult> {
  const { server, port, image } = workspace;
  const [folder, config, busy, archive] = await Promise.all([
    usableFolder(workspace),
    server.custom === '' ? undefined : checks.configProblem(server.custom),
    port === ownPort ? undefined : checks.portProblem(port),
    image.kind === 'archive' ? missingArchive(image.path) : undefined,
  ]);
  // Jupyter would exit with a sentence that only its own documentation explains.
  const password: Problem | undefined =
    server.passwordRequired && !checks.hasPassword
      ? { reason: 'field-invalid', params: { rule: 'password-required' } }
      : undefined;
  const problem = folder ?? config ?? password ?? archive ?? busy;
  return { ...(problem && { problem }), ...(folder && { folder }) };
}

async function usableFolder({ folder, server }: Workspace): Promise<Problem | undefined> {
  const problem = await folderProblem(folder);
  if (problem || server.rootDir === '') return problem;
  // Jupyter exits when its root is missing. A folder inside the user's own is made, as typing its name meant.
  const root = join(folder, server.rootDir);
  await mkdir(root, { recursive: true }).catch(() => undefined);
  return folderProblem(root);
}

/** What was loaded before may still be on the engine; then `load-image` is never reached. */
async function missingArchive(path: string): Promise<Problem | undefined> {
  const file = await stat(path).catch(() => null);
  return file ? undefined : { reason: 'archive-missing', params: { path } };
}
