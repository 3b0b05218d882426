/**
 * Why a build failed, from the engine's sentence, the step it was in and the step's last lines. Pure. Neither engines nor
 * package tools give codes for this, so sentences are matched; each pattern names who says it.
 */
import type { Problem } from '../../common/problem';
import type { BuildStep } from './buildProgress';

export interface BuildFailure {
  /** The engine's error line. */
  words: string;
  step?: BuildStep | undefined;
  tail: readonly string[];
}

// Docker, Podman, and what runs in a step (pip: `[Errno 28]`, conda: `NoSpaceLeftError`).
const diskFull = /no space left on device|disk quota exceeded|not enough space on the disk|NoSpaceLeft|\[Errno 28\]/i;

// pip/urllib3, conda/libmamba, curl, apt, git, npm; Go's dialler in the engine itself.
const networkLost =
  /temporary failure (?:in name resolution|resolving)|could not resolve (?:host|proxy)|name or service not known|getaddrinfo|no such host|network is unreachable|i\/o timeout|tls handshake timeout|server misbehaving|CondaHTTPError|HTTP 000 CONNECTION FAILED|failed to establish a new connection|max retries exceeded|cannot connect to proxy|proxyconnect|could not connect to|connection timed out|could not connect to server|connect: connection refused|Client\.Timeout exceeded/i;

// apt and curl `Could not resolve host: x` / `resolving 'x'`, urllib3 `host='x'`, Go `lookup x`, conda `url <https://x/…>`.
const hostPatterns = [
  /host='([\w.-]+)'/,
  /could not resolve (?:host|proxy):? '?([\w.-]+)/i,
  /resolving '([\w.-]+)/i,
  /lookup ([\w.-]+)[^\n]*no such host/i,
  /dial tcp (?:\[[\da-f:]+\]|([\w.-]+)):\d+/i,
  /CONNECTION FAILED for url <https?:\/\/([\w.-]+)/i,
];

// Registries through Docker (classic and BuildKit) and Podman.
const notFound =
  /manifest (?:for \S+ )?(?:not found|unknown)|manifest unknown|name unknown|repository (?:name )?(?:\S+ )?(?:does not exist|not known|not found)|: not found|no such image|image not known|reading manifest[^\n]*(?:unknown|not found)/i;
const denied = /unauthorized|authentication required|no basic auth credentials|denied: |access denied|403 forbidden/i;

// pip; conda (classic solver, libmamba: "nothing provides requested x", "x does not exist").
const packagePatterns = [
  /No matching distribution found for ([^\s(]+)/,
  /PackagesNotFoundError:[\s\S]*?^\s*- ([^\s]+)/m,
  /ResolvePackageNotFound:[\s\S]*?^\s*- ([^\s]+)/m,
  /nothing provides (?:requested )?([\w.-]+)/,
  /^[\s─└├│]*([\w.-]+(?: [^\n]*?)?) does not exist \(perhaps a typo/m,
];

/** Kernels are stages (`kernel-NAME`), or their environment stands in the instruction. */
const kernelPatterns = [
  /kernel-([a-z0-9][\w.-]*)/,
  /(?:make-environment"?,? "?|--?n(?:ame)?[ =]|envs\/)([a-z0-9][\w.-]*)/,
];

export function buildProblem({ words, step, tail }: BuildFailure): Problem {
  const text = [...tail, words].join('\n');
  const detail = text.trim();
  if (diskFull.test(text)) return { reason: 'disk-full', detail };
  const beforeSteps = !step || step.current === 0 || /^FROM\s/i.test(step.label);
  if (beforeSteps) {
    const base = registryProblem(words, baseOf(step?.label ?? ''));
    if (base) return { ...base, detail };
  }
  if (!beforeSteps && networkLost.test(text)) return { reason: 'network-unreachable', ...hostOf(text), detail };
  if (step && !beforeSteps) {
    const missing = packagePatterns.map((pattern) => pattern.exec(text)?.[1]).find((found) => found);
    if (missing) {
      const where = `${step.stage ?? ''} ${step.label}`;
      const kernel = kernelPatterns.map((pattern) => pattern.exec(where)?.[1]).find((found) => found) ?? '';
      return { reason: 'package-not-found', params: { package: missing, kernel }, detail };
    }
  }
  return {
    reason: 'build-failed',
    params: {
      step: step?.current ?? 0,
      total: step?.total ?? 0,
      // A step that never began has no instruction; the engine's sentence (a Dockerfile that cannot be read) stands for it.
      instruction: oneLine(step && !beforeSteps ? step.label : withoutLayers(words)),
    },
    detail,
  };
}

/** What a registry's refusal means; undefined when the words are of something else. `reference` may be unknown (''). */
export function registryProblem(
  words: string,
  reference: string,
  missing: 'base-not-found' | 'image-not-found' = 'base-not-found',
): Problem | undefined {
  if (networkLost.test(words)) return { reason: 'network-unreachable', ...hostOf(words), detail: words };
  // Registries that hide private repositories answer "denied" for what does not exist; Docker says both in one sentence.
  if (notFound.test(words)) return { reason: missing, params: { reference }, detail: words };
  if (denied.test(words)) return { reason: 'pull-denied', params: { reference }, detail: words };
  return undefined;
}

function hostOf(text: string): { params: { host: string } } | undefined {
  const host = hostPatterns.map((pattern) => pattern.exec(text)?.[1]).find((found) => found);
  return host ? { params: { host } } : undefined;
}

/** `FROM x AS y`, or BuildKit's `[internal] load metadata for x`. */
function baseOf(label: string): string {
  return /^FROM (?:--\S+ )*(\S+)/i.exec(label)?.[1] ?? /load metadata for (\S+)/.exec(label)?.[1] ?? '';
}

/** BuildKit wraps what it says in where it said it. */
function withoutLayers(words: string): string {
  return words.replace(
    /^(?:failed to solve(?: with frontend \S+)?: |failed to create LLB definition: |rpc error: code = \w+ desc = )+/,
    '',
  );
}

function oneLine(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim();
  return line.length > 300 ? `${line.slice(0, 299)}…` : line;
}

/**
 * BuildKit that cannot do its work although the Dockerfile may be fine: no session (older engines want one for registries
 * that ask for a login), switched off, or without the kernel features it needs. The classic builder then gets its turn.
 */
export function buildkitRefused(words: string): boolean {
  return /no active session|session (?:for )?\S* ?not found|buildkit[^\n]*(?:not supported|not enabled|disabled|unavailable)|invalid version 2|unknown builder version|frontend [^\n]*not (?:found|supported)|failed to (?:dial|connect to) [^\n]*buildkit|(?:mount callback failed|failed to mount)[^\n]*(?:operation not permitted|invalid argument|not supported)/i.test(
    words,
  );
}
