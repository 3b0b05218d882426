import { ApiException } from '@kubernetes/client-node';
import { describe, expect, test } from 'vitest';
import { LabdockError } from '../../../main/common/problem';
import {
  apiError,
  isAlreadyThere,
  isNotFound,
  statusCode,
  withoutSecrets,
} from '../../../main/runtime/kubernetes/errors';

const connection = { context: 'prod', server: 'https://api.example:6443', user: 'ann' };
const about = { connection, verb: 'create', resource: 'pods', namespace: 'team' };

function status(code: number, message: string, more: { reason?: string; details?: object } = {}) {
  const body = { kind: 'Status', apiVersion: 'v1', status: 'Failure', message, code, ...more };
  return new ApiException(code, 'Unknown API Status Code!', JSON.stringify(body), {});
}
const forbidden = (message: string, details: object = {}) => status(403, message, { reason: 'Forbidden', details });
const problemOf = (error: unknown) => apiError(error, about).problem;

describe('answers', () => {
  test('401: the credentials', () => {
    const error = new ApiException(401, 'Unauthorized', undefined, {});
    expect(problemOf(error)).toMatchObject({ reason: 'cluster-credentials', params: { context: 'prod', user: 'ann' } });
  });

  test.each([
    [
      'pods is forbidden: User "ann" cannot list resource "pods" in API group "" in the namespace "team"',
      { verb: 'list', resource: 'pods', namespace: 'team' },
    ],
    [
      'pods "x" is forbidden: User "system:serviceaccount:a:b" cannot get resource "pods/portforward" in API group "" in the namespace "team"',
      { verb: 'get', resource: 'pods/portforward', namespace: 'team' },
    ],
    [
      'storageclasses.storage.k8s.io is forbidden: User "ann" cannot list resource "storageclasses" in API group "storage.k8s.io" at the cluster scope',
      { verb: 'list', resource: 'storageclasses', namespace: '' },
    ],
  ])('403 of an authorizer: %s', (message, params) => {
    expect(problemOf(forbidden(message))).toMatchObject({ reason: 'cluster-forbidden', params });
  });

  test('403 without a body (websockets, proxies): what was asked', () => {
    const params = { verb: 'create', resource: 'pods', namespace: 'team' };
    expect(problemOf({ statusCode: 403, body: '' })).toMatchObject({ reason: 'cluster-forbidden', params });
  });

  test.each([
    ['pods "x" is forbidden: exceeded quota: q, requested: pods=1, used: pods=1, limited: pods=1', 'quota-exceeded'],
    ['pods "x" is forbidden: failed quota: q: must specify limits.cpu for: jupyterlab', 'quota-exceeded'],
    ['pods "x" is forbidden: maximum memory usage per Container is 1Gi, but limit is 4Gi', 'quota-exceeded'],
    ['pods "x" is forbidden: [minimum cpu usage per Pod is 1, but request is 250m]', 'quota-exceeded'],
    [
      'pods "x" is forbidden: memory max limit to request ratio per Container is 2, but provided ratio is 4',
      'quota-exceeded',
    ],
    [
      'pods "x" is forbidden: error looking up service account team/ghost: serviceaccount "ghost" not found',
      'service-account-missing',
    ],
    ['persistentvolumeclaims "x" is forbidden: only dynamically provisioned pvc can be resized', 'admission-denied'],
    ['admission webhook "policy.example" denied the request: no', 'admission-denied'],
  ])('403 of admission: %s', (message, reason) => {
    expect(problemOf(forbidden(message))).toMatchObject({ reason });
  });

  test('the service account that is missing is named', () => {
    const words =
      'pods "x" is forbidden: error looking up service account team/ghost: serviceaccount "ghost" not found';
    expect(problemOf(forbidden(words)).params).toEqual({ name: 'ghost' });
  });

  test('pod security, with its level', () => {
    const words = 'pods "x" is forbidden: violates PodSecurity "restricted:latest": allowPrivilegeEscalation != false';
    expect(problemOf(forbidden(words))).toMatchObject({ reason: 'pod-security', params: { namespace: 'team', level: 'restricted' } }); // prettier-ignore
  });

  test('a namespace that is going', () => {
    const words =
      'pods "x" is forbidden: unable to create new content in namespace team because it is being terminated';
    const causes = [{ reason: 'NamespaceTerminating', message: 'namespace team is being terminated' }];
    expect(problemOf(forbidden(words, { causes }))).toMatchObject({ reason: 'namespace-terminating', params: { namespace: 'team' } }); // prettier-ignore
  });

  test('a namespace that is not there', () => {
    const error = status(404, 'namespaces "team" not found', { reason: 'NotFound', details: { name: 'team', kind: 'namespaces' } }); // prettier-ignore
    expect(problemOf(error)).toMatchObject({ reason: 'namespace-missing', params: { namespace: 'team' } });
    expect(isNotFound(apiError(error, about))).toBe(true);
  });

  test('policies of the API server itself', () => {
    const words = `deployments.apps "x" is forbidden: ValidatingAdmissionPolicy 'p' with binding 'b' denied request: no`;
    expect(problemOf(status(422, words)).reason).toBe('admission-denied');
    expect(problemOf(status(400, 'admission webhook "a.b" denied the request: no')).reason).toBe('admission-denied');
  });

  test('conflicts of server-side apply name who set what', () => {
    const causes = [
      {
        reason: 'FieldManagerConflict',
        message: 'conflict with "kubectl-edit" using apps/v1',
        field: '.spec.replicas',
      },
      { reason: 'FieldManagerConflict', message: 'conflict with "argocd" using apps/v1', field: '.spec.template.spec' },
      { reason: 'FieldManagerConflict', message: 'conflict with "argocd" using apps/v1', field: '.spec.replicas' },
    ];
    const error = status(409, 'Apply failed with 3 conflicts', { reason: 'Conflict', details: { causes } });
    const params = { manager: 'kubectl-edit, argocd', fields: '.spec.replicas, .spec.template.spec' };
    expect(problemOf(error)).toMatchObject({ reason: 'apply-conflict', params });
  });

  test('other conflicts are left to the caller', () => {
    const there = status(409, 'pods "x" already exists', { reason: 'AlreadyExists' });
    expect(problemOf(there).reason).toBe('cluster-error');
    expect(isAlreadyThere(apiError(there, about))).toBe(true);
  });

  test.each([407, 429, 502, 503, 504])('%i: a server or proxy that cannot now', (code) => {
    const error = new ApiException(code, '', '<html><h1>Bad gateway</h1></html>', {});
    expect(problemOf(error)).toMatchObject({ reason: 'cluster-unreachable', params: { server: connection.server } });
    expect(problemOf(error).detail).not.toContain('<');
  });

  test('anything else in the words it came with', () => {
    const error = status(422, 'Deployment.apps "x" is invalid: spec.replicas: Invalid value: -1', {
      reason: 'Invalid',
    });
    expect(problemOf(error)).toMatchObject({ reason: 'cluster-error', params: { message: expect.stringContaining('is invalid') as string } }); // prettier-ignore
    expect(statusCode(apiError(error, about))).toBe(422);
  });
});

describe('no answer', () => {
  const failed = (message: string, code?: string, more: object = {}) => Object.assign(new Error(message), { ...(code && { code }), ...more }); // prettier-ignore

  test.each([
    ['connect ECONNREFUSED 10.0.0.1:6443', 'ECONNREFUSED'],
    ['getaddrinfo ENOTFOUND api.example', 'ENOTFOUND'],
    ['getaddrinfo EAI_AGAIN api.example', 'EAI_AGAIN'],
    ['read ECONNRESET', 'ECONNRESET'],
    ['socket hang up', undefined],
    ['Bad response: 502', undefined],
  ])('%s: out of reach', (message, code) => {
    const params = { context: 'prod', server: 'https://api.example:6443' };
    expect(problemOf(failed(message, code))).toMatchObject({ reason: 'cluster-unreachable', params });
  });

  test.each([
    ['self-signed certificate in certificate chain', 'SELF_SIGNED_CERT_IN_CHAIN'],
    ['unable to verify the first certificate', 'UNABLE_TO_VERIFY_LEAF_SIGNATURE'],
    ['certificate has expired', 'CERT_HAS_EXPIRED'],
    ["Hostname/IP does not match certificate's altnames", 'ERR_TLS_CERT_ALTNAME_INVALID'],
    ['error:0A00010B:SSL routines:ssl3_get_record:wrong version number', 'EPROTO'],
    ['error:0480006C:PEM routines::no start line', 'ERR_OSSL_PEM_NO_START_LINE'],
  ])('%s: not trusted', (message, code) => {
    expect(problemOf(failed(message, code)).reason).toBe('cluster-tls');
  });

  test('a file that the kubeconfig names', () => {
    const error = failed("ENOENT: no such file or directory, open '/x/ca.crt'", 'ENOENT', { path: '/x/ca.crt' });
    expect(problemOf(error)).toMatchObject({ reason: 'kubeconfig-invalid', params: { path: '/x/ca.crt' } });
  });

  test('what was given up', () => {
    expect(problemOf(new DOMException('This operation was aborted', 'AbortError')).reason).toBe('cancelled');
    expect(problemOf(new DOMException('timed out', 'TimeoutError')).reason).toBe('cluster-unreachable');
  });

  test('an event of a websocket is the error it carries', () => {
    expect(problemOf({ error: failed('connect ECONNREFUSED', 'ECONNREFUSED') }).reason).toBe('cluster-unreachable');
  });
});

test('one that is in our words already passes through', () => {
  const error = new LabdockError('credential-plugin-slow', { command: 'x', seconds: 30 });
  expect(apiError(error, about)).toBe(error);
});

test('no detail carries a credential', () => {
  const jwt = `eyJhbGciOiJSUzI1NiJ9.${'a'.repeat(40)}.${'b'.repeat(40)}`;
  const text = `Authorization: Bearer abc.def-123 and ${jwt}, proxy http://me:pass@proxy:3128, cert ${'QUJD'.repeat(60)}==`;
  const clean = withoutSecrets(text);
  for (const word of ['abc.def-123', jwt, 'me:pass', 'QUJDQUJD']) expect(clean).not.toContain(word);
  expect(clean).toContain('proxy:3128');
});
