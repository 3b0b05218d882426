/**
 * Errors are values: a `reason` the window can explain, `params` for its words, and a `detail` for the log.
 * The words live in resources/locales (problems.json: `<reason>.title`, `.cause`, `.next`), one entry per reason.
 */

export const reasons = [
  // engine
  'engine-absent', // no candidate socket answered and none seems installed
  'engine-stopped', // installed or configured, but nothing answers
  'engine-refused', // answers, but permission is denied on the socket
  'engine-remote', // an engine on another machine cannot see this computer's folders
  'engine-too-old', // API below what Labdock needs
  'engine-not-linux', // runs Windows containers
  'engine-gone', // it went away in the middle of something
  'engine-error', // anything else the engine said; `detail` has its words
  // image
  'build-failed', // params: step, total, instruction
  'build-cancelled',
  'base-not-found', // params: reference
  'image-not-found', // a published image; params: reference
  'pull-failed', // params: reference
  'pull-denied', // params: reference
  'network-unreachable', // a registry, channel or package index could not be reached; params: host?
  'disk-full',
  'archive-invalid', // params: path
  'archive-missing', // params: path
  'image-without-jupyter', // params: reference
  'image-without-lab', // params: reference
  'image-wrong-architecture', // params: image, engine
  'package-not-found', // params: package, kernel
  'packages-conflict', // each exists, but not together; params: kernel
  'base-without-conda', // params: reference
  // server
  'port-busy', // params: port, holder?, suggestion
  'port-forbidden', // params: port
  'port-masked', // something else answers on the port; params: port, holder?
  'folder-missing', // params: folder
  'folder-not-directory', // params: folder
  'folder-read-only', // params: folder
  'folder-not-shared', // the engine's virtual machine does not see the folder; params: folder
  'config-syntax', // params: line, message
  'config-rejected', // Jupyter refused a setting; params: message
  'server-exited', // params: code
  'server-crashed-while-starting', // params: code
  'server-not-ready', // did not answer in time; params: seconds
  'out-of-memory', // params: limitMiB
  'stopped-outside', // stopped by hand, not by Labdock
  'removed-outside',
  'gpu-unavailable',
  'resources-refused', // params: message
  'name-foreign', // the engine has a container or volume of this name that is not ours; params: name
  'cancelled',
  // workspace and settings
  'name-taken', // params: name
  'folder-taken', // another workspace uses this folder; params: name
  'port-taken', // another workspace has this port; params: name, port
  'kernel-clash', // params: name
  'field-invalid', // params: rule, the message key of the field's zod rule (words: ui.json `rules.<rule>`)
  'settings-damaged', // params: path of the copy that was put aside
  'settings-newer', // params: version
  'settings-unwritable', // params: path
  'defaults-invalid', // the provisioned defaults file cannot be used; params: path
  'workspace-unknown',
  'config-import-unreadable', // params: path
  'unsaved-work', // params: files
  'recovery-copies', // Jupyter left `.~name` beside an empty file; params: files
  // secrets
  'keychain-absent',
  'keychain-locked',
  'keychain-memory-only',
  'password-unreadable',
  // anything else
  'unexpected',
] as const;

export type Reason = (typeof reasons)[number];

export interface Problem {
  reason: Reason;
  params?: Record<string, string | number>;
  /** Technical text for the log view: the engine's own words, the last lines of a build. Never a secret. */
  detail?: string;
}

/** A Problem on its way up the stack. Throw it below, turn it into a value with {@link toProblem} at a border. */
export class LabdockError extends Error {
  readonly problem: Problem;
  constructor(reason: Reason, params?: Problem['params'], options: { detail?: string; cause?: unknown } = {}) {
    super(options.detail ? `${reason}: ${options.detail}` : reason, { cause: options.cause });
    this.name = 'LabdockError';
    this.problem = { reason, ...(params && { params }), ...(options.detail && { detail: options.detail }) };
  }
}

/** A problem that was a value, thrown again. */
export function asError({ reason, params, detail }: Problem): LabdockError {
  return new LabdockError(reason, params, { ...(detail && { detail }) });
}

export function toProblem(error: unknown): Problem {
  if (error instanceof LabdockError) return error.problem;
  if (error instanceof Error && error.name === 'AbortError') return { reason: 'cancelled' };
  return { reason: 'unexpected', detail: error instanceof Error ? (error.stack ?? error.message) : String(error) };
}
