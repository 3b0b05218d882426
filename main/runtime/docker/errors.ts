/**
 * What an engine says, in our words. Pure. Engines differ by product and version and give no codes beyond HTTP's, so their
 * sentences are matched; each pattern names who says it. The original words go into `detail`.
 */
import { LabdockError, type Problem, type Reason } from '../../common/problem';

export interface ErrorContext {
  /** Known to the caller; go into the problem's params where its reason uses them. */
  port?: number;
  folder?: string;
}

interface Rule {
  pattern: RegExp;
  reason: Reason;
  params?: (match: RegExpExecArray, context: ErrorContext) => Problem['params'];
}

const port = (m: RegExpExecArray, c: ErrorContext) => ({ port: c.port ?? Number(m.groups?.['port'] ?? 0) });
const folder = (m: RegExpExecArray, c: ErrorContext) => ({ folder: c.folder ?? m.groups?.['path']?.trim() ?? '' });

const rules: Rule[] = [
  // Docker Desktop on Windows (excluded port ranges), rootless engines below ip_unprivileged_port_start.
  { pattern: /forbidden by its access permissions/i, reason: 'port-forbidden', params: port },
  { pattern: /cannot expose privileged port (?<port>\d+)/i, reason: 'port-forbidden', params: port },
  {
    pattern: /(?:bind|listen)[^\n]*?(?::(?<port>\d+))?[^\n]*permission denied/i,
    reason: 'port-forbidden',
    params: port,
  },
  // Docker: "Bind for 127.0.0.1:8888 failed: port is already allocated" (another container).
  { pattern: /(?::(?<port>\d+) failed: )?port is already allocated/i, reason: 'port-busy', params: port },
  // Docker: "listen tcp4 127.0.0.1:8888: bind: address already in use" (a host process); Podman likewise.
  { pattern: /(?::(?<port>\d+): )?bind: address already in use/i, reason: 'port-busy', params: port },
  { pattern: /Ports are not available|only one usage of each socket address/i, reason: 'port-busy', params: port },
  // Docker Desktop: the folder is outside the list of shared ones.
  { pattern: /mounts denied|is not shared from the host/i, reason: 'folder-not-shared', params: folder },
  // Docker: the Mounts API refuses what is not there; Podman: statfs of the source.
  { pattern: /bind source path does not exist: (?<path>[^\n]*)/i, reason: 'folder-missing', params: folder },
  { pattern: /statfs (?<path>[^\n]*): no such file or directory/i, reason: 'folder-missing', params: folder },
  {
    pattern: /could not select device driver[^\n]*gpu|nvidia-container-cli|no known GPU vendor/i,
    reason: 'gpu-unavailable',
  },
  { pattern: /unresolvable CDI devices|nvidia\.com\/gpu/i, reason: 'gpu-unavailable' },
  { pattern: /no space left on device|disk quota exceeded|not enough space on the disk/i, reason: 'disk-full' },
  {
    pattern:
      /Range of CPUs is from|memory limit (?:should|must|allowed)|memory limit allowed|NanoCPUs can ?not be set/i,
    reason: 'resources-refused',
    params: (m) => ({ message: m.input.trim().slice(0, 300) }),
  },
  // Go's dialler, speaking of registries and mirrors. The engine's own socket never comes as a sentence.
  {
    pattern:
      /(?:lookup (?<host>[\w.-]+)[^\n]*)?(?:no such host|i\/o timeout|TLS handshake timeout|network is unreachable|server misbehaving|proxyconnect|Temporary failure in name resolution|Client\.Timeout exceeded)/i,
    reason: 'network-unreachable',
    params: (m) => (m.groups?.['host'] ? { host: m.groups['host'] } : undefined),
  },
  {
    pattern: /dial tcp (?<host>[^\s]+?):\d+: (?:connect: )?connection refused/i,
    reason: 'network-unreachable',
    params: (m) => ({ host: m.groups?.['host'] ?? '' }),
  },
];

/** Codes of a connection that failed or broke. */
const lostCodes = new Set(['ECONNREFUSED', 'ECONNRESET', 'ENOENT', 'EPIPE', 'ETIMEDOUT', 'ENOTFOUND', 'EHOSTUNREACH', 'ERR_STREAM_PREMATURE_CLOSE', 'ECONNABORTED']); // prettier-ignore

/** A problem for a sentence of the engine (HTTP body, or an `{"error": …}` line of a progress stream). */
export function problemFromWords(words: string, context: ErrorContext = {}): Problem {
  for (const { pattern, reason, params } of rules) {
    const match = pattern.exec(words);
    if (!match) continue;
    const values = params?.(match, context);
    return { reason, ...(values && { params: values }), detail: words.trim() };
  }
  return { reason: 'engine-error', detail: words.trim() };
}

/** Anything thrown while speaking to an engine becomes a LabdockError; one that is already passes through. */
export function engineError(error: unknown, context: ErrorContext = {}): LabdockError {
  if (error instanceof LabdockError) return error;
  const make = ({ reason, params, detail }: Problem) => new LabdockError(reason, params, { detail, cause: error });
  if (!(error instanceof Error)) return make({ reason: 'engine-error', detail: String(error) });
  if (error.name === 'AbortError') return make({ reason: 'cancelled' });
  const { code } = error as NodeJS.ErrnoException;
  if (statusCode(error) === undefined) {
    if (code === 'EACCES' || code === 'EPERM') return make({ reason: 'engine-refused', detail: error.message });
    if (code && lostCodes.has(code)) return make({ reason: 'engine-gone', detail: error.message });
    if (/^(?:aborted|socket hang up)$/.test(error.message))
      return make({ reason: 'engine-gone', detail: error.message });
  }
  return make(problemFromWords(engineWords(error), context));
}

/** HTTP status of the engine's answer, where there was one. */
export function statusCode(error: unknown): number | undefined {
  const value = (error as { statusCode?: unknown } | null)?.statusCode;
  if (typeof value === 'number') return value;
  return error instanceof LabdockError && error.cause ? statusCode(error.cause) : undefined;
}

/** The engine's own sentence without docker-modem's decoration. */
function engineWords(error: Error): string {
  const { json } = error as { json?: { message?: unknown; cause?: unknown } | null };
  return typeof json?.message === 'string' ? json.message : error.message;
}
