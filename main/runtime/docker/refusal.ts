/** Why a candidate is no engine for Labdock. Pure. */
import type { Problem, Reason } from '../../common/problem';
import { LabdockError } from '../../common/problem';
import { compareVersions, minimumApiVersion, type EngineTraits } from './engineTraits';
import { statusCode } from './errors';

export interface Circumstances {
  configured: boolean;
  /** Is the socket's file there? Unknown for tcp and pipes. */
  socketExists?: boolean | undefined;
  /** Is the product installed, as far as its files show? */
  installed: boolean;
}

/** For a candidate that did not answer, or not well. */
export function explainSilence(error: unknown, { configured, socketExists, installed }: Circumstances): Problem {
  const root = rootOf(error);
  const detail = root instanceof Error ? root.message : String(root);
  const code = (root as NodeJS.ErrnoException | null)?.code;
  if (code === 'EACCES' || code === 'EPERM' || [401, 403].includes(statusCode(error) ?? 0)) {
    return { reason: 'engine-refused', detail };
  }
  // Something answers, but with an error of its own, not in HTTP, or as somebody else than the keys say.
  if (statusCode(error) !== undefined || /^HPE_|CERT|SSL/.test(code ?? '')) return { reason: 'engine-error', detail };
  const nothingThere = code === 'ENOENT' || socketExists === false;
  const reason: Reason = nothingThere && !configured && !installed ? 'engine-absent' : 'engine-stopped';
  return { reason, detail };
}

function rootOf(error: unknown): unknown {
  return error instanceof LabdockError && error.cause !== undefined ? rootOf(error.cause) : error;
}

/** For one that answers; undefined when it will do. */
export function explainUnfit(engine: EngineTraits): Problem | undefined {
  const { product, version, apiVersion } = engine;
  const words = `${product} ${version}, API ${apiVersion}`;
  if (!/^\d+\.\d+/.test(apiVersion)) return { reason: 'engine-error', detail: 'it answers, but not as an engine' };
  if (engine.os === 'windows') return { reason: 'engine-not-linux', detail: words };
  if (compareVersions(apiVersion, minimumApiVersion) < 0) {
    return { reason: 'engine-too-old', params: { version }, detail: `${words}; needs API ${minimumApiVersion}` };
  }
  return undefined;
}

/** Which refusal speaks for all when no engine is to be had: the one a person can do most about. */
const telling: Reason[] = ['engine-refused', 'engine-too-old', 'engine-not-linux', 'engine-error', 'engine-stopped', 'engine-remote', 'engine-absent']; // prettier-ignore

export function summary(problems: Problem[]): Problem {
  const rank = (problem: Problem) => (telling.indexOf(problem.reason) + telling.length + 1) % (telling.length + 1);
  const [first] = [...problems].sort((a, b) => rank(a) - rank(b));
  return first ?? { reason: 'engine-absent' };
}
