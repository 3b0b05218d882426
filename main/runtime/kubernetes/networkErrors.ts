/** Connections to an API server that did not come about or broke. Pure. */
import type { Problem } from '../../common/problem';

/** Codes of Node's TLS (`tls.TLSSocket` authorizationError) and OpenSSL. */
const tlsCode = /^(?:CERT_|UNABLE_TO_|SELF_SIGNED_CERT|DEPTH_ZERO_SELF_SIGNED|HOSTNAME_MISMATCH|INVALID_CA|INVALID_PURPOSE|ERR_TLS_|ERR_SSL_|ERR_OSSL_|EPROTO$)/; // prettier-ignore
const tlsWords = /self[- ]signed certificate|unable to (?:verify|get) .*certificate|certificate has expired|does not match certificate|wrong version number|SSL routines|PEM routines/i; // prettier-ignore

/** Codes of a connection that failed or broke. */
const lostCodes = new Set(['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'EHOSTDOWN', 'ENETUNREACH', 'ENETDOWN', 'EADDRNOTAVAIL', 'ECONNABORTED', 'ERR_STREAM_PREMATURE_CLOSE', 'ERR_SOCKET_CONNECTION_TIMEOUT', 'ESOCKETTIMEDOUT']); // prettier-ignore
const lostWords = /socket hang up|network socket disconnected|premature close|aborted|Bad response: \d+|Proxy connection|timed? ?out|getaddrinfo|closed/i; // prettier-ignore

export function networkProblem(error: unknown, connection: { context: string; server: string }): Problem {
  const params = { context: connection.context, server: connection.server };
  if (!(error instanceof Error)) {
    // ws's ErrorEvent carries the error it is about.
    const inner = (error as { error?: unknown } | null)?.error;
    if (inner instanceof Error) return networkProblem(inner, connection);
    return { reason: 'cluster-error', params: { message: String(error) }, detail: String(error) };
  }
  if (error.name === 'AbortError') return { reason: 'cancelled' };
  const { code, path } = error as NodeJS.ErrnoException;
  const detail = code && !error.message.includes(code) ? `${code}: ${error.message}` : error.message;
  if (error.name === 'TimeoutError') return { reason: 'cluster-unreachable', params, detail };
  // A certificate, key or token file that the kubeconfig names.
  if ((code === 'ENOENT' || code === 'EACCES' || code === 'EISDIR') && path !== undefined)
    return { reason: 'kubeconfig-invalid', params: { path }, detail };
  if ((code && tlsCode.test(code)) || tlsWords.test(error.message)) return { reason: 'cluster-tls', params, detail };
  if ((code && lostCodes.has(code)) || lostWords.test(error.message))
    return { reason: 'cluster-unreachable', params, detail };
  return { reason: 'cluster-error', params: { message: error.message.slice(0, 400) }, detail };
}
