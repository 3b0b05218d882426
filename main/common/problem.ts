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
  'config-overridden', // a line that does not count; params: line, setting
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
  'settings-restored', // params: the same; a copy of what was last good stood in
  'settings-newer', // params: version
  'settings-unwritable', // params: path
  'defaults-invalid', // the provisioned defaults file cannot be used; params: path
  'workspace-unknown',
  'file-unwritable', // something the user wanted saved; params: path
  'config-import-unreadable', // params: path
  'unsaved-work', // params: files
  'recovery-copies', // Jupyter left `.~name` beside an empty file; params: files
  // secrets
  'keychain-absent',
  'keychain-locked',
  'keychain-memory-only',
  'password-unreadable',
  // kubeconfig and API server
  'kubeconfig-missing', // no file, or none with a context
  'kubeconfig-invalid', // params: path; detail: where
  'context-missing', // params: context
  'cluster-settings-missing', // the workspace has no place on a cluster yet
  'cluster-unreachable', // params: context, server; detail
  'cluster-tls', // the API server's certificate is not trusted; params: context, server
  'cluster-credentials', // expired or refused (401); params: context, user
  'credential-plugin-missing', // params: command, hint
  'credential-plugin-failed', // params: command; detail: its stderr
  'credential-plugin-slow', // params: command, seconds
  'cluster-forbidden', // params: verb, resource, namespace
  'cluster-error', // anything else the API server said; params: message
  // cluster objects
  'namespace-missing', // params: namespace
  'namespace-terminating', // params: namespace
  'quota-exceeded', // params: message
  'admission-denied', // a webhook or policy; params: message
  'pod-security', // the namespace's level forbids the pod; params: namespace, level
  'storage-class-missing', // params: name ('' is the default class)
  'volume-pending', // params: message
  'volume-shrinks', // params: have, want (GiB)
  'volume-class-changes', // params: have, want
  'volume-lost', // the volume is another one than before, or empty; params: name
  'volume-full', // params: sizeGiB
  'unschedulable', // params: message
  'image-pull-failed', // the nodes cannot pull it; params: reference, message
  'image-architecture', // params: image, nodes
  'secret-missing', // params: name
  'service-account-missing', // params: name
  'ingress-class-missing', // params: name
  'container-refused', // CreateContainerConfigError and kin; params: message
  'crash-loop', // params: code
  'pod-evicted', // params: message
  'node-lost', // params: node
  'apply-conflict', // params: manager, fields
  'adopt-first', // objects of ours, applied by another hand; params: manager
  'route-lost', // params: port
  // getting the image there
  'repository-missing', // an image built here needs a place to be pushed to
  'push-failed', // params: reference
  'push-denied', // params: reference
  // switching
  'move-elsewhere', // another Labdock moves this workspace now; params: holder
  'move-interrupted', // the connection was lost on the way; nothing was changed
  'move-verify-failed', // params: path
  'move-source-changed', // a file went on changing; params: path
  'move-far-full', // params: bytes, where
  'move-unfinished', // an earlier move was cut off between commit and end, and is finished first
  'workspace-moving', // it is on its way to another target
  'cluster-place-fixed', // context and namespace cannot change while the workspace is there
  'name-mismatch', // the typed name is not the workspace's; params: name
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
