/** A workspace's cluster settings: where on a cluster it runs and what its objects look like there. Pure zod, shared with the window. */
import { z } from 'zod';

// eslint-disable-next-line no-control-regex
const plain = z.string().regex(/^[^\u0000-\u001f\u007f]*$/, 'control-characters');

/** RFC 1123 label, as namespaces and most names must be (k8s.io/apimachinery, `validation.IsDNS1123Label`). */
const label = z
  .string()
  .max(63, 'too-long')
  .regex(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/, 'kubernetes-name');
/** RFC 1123 subdomain: names of Secrets, classes, hosts. */
const subdomain = z
  .string()
  .max(253, 'too-long')
  .regex(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/, 'kubernetes-name');
const optional = (schema: typeof subdomain) => z.union([z.literal(''), schema]);

const prefix = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const nameOfKey = /^[A-Za-z0-9]([-\w.]*[A-Za-z0-9])?$/;
/** `validation.IsQualifiedName`: an optional DNS prefix and a name of at most 63 characters. */
const qualified = z.string().refine((key) => {
  const slash = key.indexOf('/');
  const name = key.slice(slash + 1);
  if (slash >= 0 && !(slash <= 253 && prefix.test(key.slice(0, slash)))) return false;
  return name.length <= 63 && nameOfKey.test(name);
}, 'kubernetes-key');
const own = (key: string) => /(^|\.)labdock\.io\/|^io\.labdock\./.test(key) || key.startsWith('app.kubernetes.io/');
/** Keys that Labdock itself sets are not the user's to change. */
const freeKey = qualified.refine((key) => !own(key), 'kubernetes-key-reserved');
const labelValue = z
  .string()
  .max(63, 'too-long')
  .regex(/^([A-Za-z0-9]([-\w.]*[A-Za-z0-9])?)?$/, 'kubernetes-label');
const annotationValue = z.string().max(100_000, 'too-long');
const count = (schema: z.ZodType<Record<string, string>>) =>
  schema.refine((map) => Object.keys(map).length <= 50, 'too-long');

export const tolerationSchema = z.object({
  /** Empty with operator Exists: every taint. */
  key: z.union([z.literal(''), qualified]),
  operator: z.enum(['Exists', 'Equal']),
  value: labelValue,
  effect: z.enum(['', 'NoSchedule', 'PreferNoSchedule', 'NoExecute']),
  /** Only with NoExecute; null: for ever. Seconds. */
  seconds: z.number().int().min(0).max(86_400).nullable(),
});
export type Toleration = z.infer<typeof tolerationSchema>;

export const ingressSchema = z.object({
  host: subdomain,
  /** '' leaves the choice to the cluster's default class. */
  className: optional(subdomain),
  annotations: count(z.record(qualified, annotationValue)),
  /** Name of a TLS secret in the namespace; '' serves plain HTTP, and forwarded headers are then not trusted. */
  tlsSecret: optional(subdomain),
});
export type IngressSettings = z.infer<typeof ingressSchema>;

const memory = z
  .number('memory')
  .int('memory')
  .refine((n) => n === 0 || (n >= 64 && n <= 16_777_216), 'memory');
const cpus = z.number('cpus').refine((n) => n === 0 || (n >= 0.01 && n <= 1024), 'cpus');

export const clusterSettingsSchema = z
  .object({
    /** Name of a context of the user's kubeconfig. */
    context: plain.min(1, 'required').max(500, 'too-long'),
    namespace: label,
    /** Make the namespace where it is missing (and allowed). */
    createNamespace: z.boolean(),
    storage: z.object({
      /** '' is the cluster's default class. */
      className: optional(subdomain),
      /** GiB, for files and HOME together. */
      sizeGiB: z.number('size').int('size').min(1, 'size').max(65_536, 'size'),
    }),
    /** 0 leaves it out. Requests are at most the limits. MiB and cores. */
    memoryRequestMiB: memory,
    memoryLimitMiB: memory,
    cpuRequest: cpus,
    cpuLimit: cpus,
    /** `resource` is the extended resource's name (`nvidia.com/gpu`); count 0: none. */
    gpu: z.object({ resource: qualified, count: z.number('count').int('count').min(0, 'count').max(64, 'count') }),
    nodeSelector: count(z.record(qualified, labelValue)),
    tolerations: z.array(tolerationSchema).max(50, 'too-long'),
    imagePullSecrets: z.array(subdomain).max(20, 'too-long'),
    /** '' is the namespace's default one. Its token is never mounted. */
    serviceAccount: optional(subdomain),
    /** Numeric user of the server; null: the cluster assigns one (OpenShift). */
    runAsUser: z.number().int().min(1, 'uid').max(2_147_483_647, 'uid').nullable(),
    ingress: ingressSchema.nullable(),
    podLabels: count(z.record(freeKey, labelValue)),
    podAnnotations: count(z.record(freeKey, annotationValue)),
    /**
     * Repository, without tag, that an image built or loaded here is pushed to (`registry.example/team/labdock`);
     * '' where the workspace uses a published image.
     */
    repository: z.union([z.literal(''), z.string().max(500, 'too-long').regex(/^[a-z0-9]+([.\-_:/a-z0-9]*[a-z0-9])?$/, 'repository')]), // prettier-ignore
    /** What the nodes are, where Labdock may not list them; '' believes the image. */
    architecture: z.enum(['', 'amd64', 'arm64']),
    /** Files above that stay where they are when the workspace moves; 0: no limit. MiB. */
    moveLimitMiB: z.number('memory').int('memory').min(0, 'memory').max(16_777_216, 'memory').default(0),
  })
  .superRefine((settings, context) => {
    const over = (request: number, limit: number) => limit > 0 && request > limit;
    if (over(settings.memoryRequestMiB, settings.memoryLimitMiB))
      context.addIssue({ code: 'custom', path: ['memoryRequestMiB'], message: 'request-over-limit' });
    if (over(settings.cpuRequest, settings.cpuLimit))
      context.addIssue({ code: 'custom', path: ['cpuRequest'], message: 'request-over-limit' });
  });
export type ClusterSettings = z.infer<typeof clusterSettingsSchema>;

/** What a person starts from: everything but the place. */
export const defaultClusterSettings: Omit<ClusterSettings, 'context' | 'namespace'> = {
  createNamespace: false,
  storage: { className: '', sizeGiB: 10 },
  memoryRequestMiB: 1024,
  memoryLimitMiB: 4096,
  cpuRequest: 0.25,
  cpuLimit: 0,
  gpu: { resource: 'nvidia.com/gpu', count: 0 },
  nodeSelector: {},
  tolerations: [],
  imagePullSecrets: [],
  serviceAccount: '',
  runAsUser: 1000,
  ingress: null,
  podLabels: {},
  podAnnotations: {},
  repository: '',
  architecture: '',
  moveLimitMiB: 0,
};

/** One context of the user's kubeconfig files, as the window shows it. */
export interface KubeContext {
  name: string;
  cluster: string;
  user: string;
  /** The context's own namespace, or `default`. */
  namespace: string;
  current: boolean;
}

/** What a context's cluster offers, as far as this user may see; undefined: may not be listed. */
export interface ClusterOffer {
  version: string;
  namespaces?: string[];
  /** Whether this user may create namespaces. */
  mayCreateNamespace: boolean;
  storageClasses?: { name: string; isDefault: boolean; provisioner: string; waitsForConsumer: boolean }[];
  ingressClasses?: { name: string; isDefault: boolean }[];
  architectures?: string[];
}
