/** A policy of the cluster, as an administrator's: what is created in a namespace and does not fit is denied. */

interface Denied {
  /** Of policy and binding, both without a namespace of their own: the test takes them away. */
  name: string;
  namespace: string;
  apiGroup: string;
  resource: string;
  /** CEL; what does not make it true is denied with the message. */
  expression: string;
  message: string;
}

export function admissionPolicy({ name, namespace, apiGroup, resource, expression, message }: Denied): object[] {
  const apiVersion = 'admissionregistration.k8s.io/v1';
  const rule = { apiGroups: [apiGroup], apiVersions: ['v1'], operations: ['CREATE'], resources: [resource] };
  return [
    {
      apiVersion,
      kind: 'ValidatingAdmissionPolicy',
      metadata: { name },
      spec: { matchConstraints: { resourceRules: [rule] }, validations: [{ expression, message }] },
    },
    {
      apiVersion,
      kind: 'ValidatingAdmissionPolicyBinding',
      metadata: { name },
      spec: {
        policyName: name,
        validationActions: ['Deny'],
        matchResources: { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': namespace } } },
      },
    },
  ];
}
