/** The many meanings of a 403. Pure. Sentences: k8s.io/apiserver `ForbiddenMessage`, plugin/pkg/admission, pod-security-admission. */
import type { Problem } from '../../common/problem';
import type { ErrorContext } from './errors';
import { short, type ApiStatus } from './status';

/** RBAC and other authorizers; the resource is given as `resource/subresource`. */
const notAllowed =
  /cannot (?<verb>[\w*-]+) (?:resource|path) "(?<resource>[^"]+)"(?:.* in the namespace "(?<namespace>[^"]+)")?/s;

export function forbiddenProblem(
  message: string,
  status: ApiStatus | undefined,
  about: Omit<ErrorContext, 'connection'>,
): Problem {
  const detail = message;
  const namespace = about.namespace ?? '';
  const allowed = notAllowed.exec(message)?.groups;
  if (allowed) {
    return {
      reason: 'cluster-forbidden',
      params: {
        verb: allowed['verb'] ?? about.verb ?? '',
        resource: allowed['resource'] ?? about.resource ?? '',
        namespace: allowed['namespace'] ?? '',
      },
      detail,
    };
  }
  if (
    status?.details?.causes?.some(({ reason }) => reason === 'NamespaceTerminating') ||
    /is being terminated/.test(message)
  )
    return { reason: 'namespace-terminating', params: { namespace }, detail };
  const level = /violates PodSecurity "(?<level>[\w-]+):/.exec(message)?.groups?.['level'];
  if (level) return { reason: 'pod-security', params: { namespace, level }, detail };
  if (/exceeded quota:|failed quota:|insufficient quota/.test(message))
    return { reason: 'quota-exceeded', params: { message: short(message) }, detail };
  // LimitRange: "maximum memory usage per Container is 1Gi, but limit is 4Gi".
  if (/(?:maximum|minimum) [\w./-]+ usage per |limit to request ratio per /.test(message))
    return { reason: 'quota-exceeded', params: { message: short(message) }, detail };
  const account = /error looking up service account (?:[^/\s]+\/)?(?<name>[^:\s]+):/.exec(message)?.groups?.['name'];
  if (account) return { reason: 'service-account-missing', params: { name: account }, detail };
  // No words of an authorizer's: some plugin or policy does not want this object.
  if (status) return { reason: 'admission-denied', params: { message: short(message) }, detail };
  // A proxy's own 403, or an answer without a body (websockets).
  return {
    reason: 'cluster-forbidden',
    params: { verb: about.verb ?? '', resource: about.resource ?? '', namespace },
    detail,
  };
}
