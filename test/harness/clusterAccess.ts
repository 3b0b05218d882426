/** People with little to say on the test cluster: kubeconfigs whose user may do what a test's rules allow, and no more. */
import { createSign, randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { clusterDescription, runKubectl, testCluster, type KubeObject, type TestCluster } from './cluster';
import { asRoot } from './clusterParts';
import { run, until } from './processes';

/** A rule of RBAC as a Role has it. */
export interface Rule {
  apiGroups: string[];
  resources: string[];
  verbs: string[];
  resourceNames?: string[];
}

export interface AccessOptions {
  /** Where the rules hold, and the kubeconfig's own namespace. */
  namespace: string;
  /** What the user may do in the namespace. None: may do nothing but ask what is allowed. */
  rules?: Rule[];
  /** What the user may do everywhere, for storage classes, nodes and namespaces. */
  clusterRules?: Rule[];
  /** How the user proves who it is. A service account's token can be revoked, a certificate cannot. Default `token`. */
  proof?: 'certificate' | 'token';
  /**
   * Seconds until the API server refuses the token, as few as wanted; default ten minutes. One that it has just seen it
   * believes up to ten seconds longer.
   */
  lifetime?: number;
}

export interface Access {
  /** Path of the kubeconfig file; its only context is `limited`. */
  kubeconfig: string;
  /** The user as RBAC knows it. */
  user: string;
  /** The bearer token, undefined with a certificate. */
  token?: string;
  kubectl: (...args: string[]) => Promise<string>;
  /** Replaces the rules in the namespace: a permission lost or gained while a test runs. */
  setRules: (rules: Rule[]) => Promise<void>;
  /** Makes tokens without a `lifetime` worthless: within ten seconds the API server answers 401. */
  revoke: () => Promise<void>;
  /** A fresh token of the same user. */
  freshToken: (lifetime?: number) => Promise<string>;
  dispose: () => Promise<void>;
}

/** How a user of a kubeconfig proves itself: the `user` object of the file. */
type Proof = Record<string, unknown>;

/** Writes a kubeconfig with one context, `limited`, for this cluster and the given proof. */
export async function writeKubeconfig(file: string, namespace: string, user: Proof): Promise<void> {
  const { kubectl } = testCluster();
  const view = await kubectl('config', 'view', '--raw', '--minify', '-o', 'json');
  const { clusters } = JSON.parse(view) as { clusters: { name: string; cluster: object }[] };
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'test', cluster: clusters[0]?.cluster }],
    users: [{ name: 'limited', user }],
    contexts: [{ name: 'limited', context: { cluster: 'test', user: 'limited', namespace } }],
    'current-context': 'limited',
  };
  writeFileSync(file, JSON.stringify(config, null, 2), { mode: 0o600 });
}

/** A kubeconfig for a new user with the given rights. */
export async function kubeconfigFor(options: AccessOptions): Promise<Access> {
  const cluster = testCluster();
  const { namespace, lifetime } = options;
  const name = `limited-${randomBytes(4).toString('hex')}`;
  const folder = mkdtempSync(join(tmpdir(), 'labdock-access-'));
  const kubeconfig = join(folder, 'kubeconfig');
  const certified = options.proof === 'certificate';
  const user = certified ? name : `system:serviceaccount:${namespace}:${name}`;
  const subject = certified
    ? { kind: 'User', name, apiGroup: 'rbac.authorization.k8s.io' }
    : { kind: 'ServiceAccount', name, namespace };
  const rights = new Rights(cluster, name, namespace, subject);
  const issuer = new TokenIssuer(cluster, name, namespace);
  if (!certified) await issuer.prepare();
  await rights.set(options.rules ?? []);
  await rights.setEverywhere(options.clusterRules ?? []);
  const token = certified ? undefined : await issuer.token(lifetime);
  await writeKubeconfig(kubeconfig, namespace, token ? { token } : await certificate(cluster, name, folder));
  return {
    kubeconfig,
    user,
    token,
    kubectl: (...args) => runKubectl(cluster.program, kubeconfig, args),
    setRules: (rules) => rights.set(rules),
    revoke: () => issuer.revoke(),
    freshToken: (life) => issuer.token(life),
    dispose: async () => {
      rmSync(folder, { recursive: true, force: true });
      await rights.remove();
      await issuer.remove();
    },
  };
}

class Rights {
  constructor(
    private readonly cluster: TestCluster,
    private readonly name: string,
    private readonly namespace: string,
    private readonly subject: object,
  ) {}

  set(rules: Rule[]): Promise<void> {
    return this.bind(rules, 'Role', { name: this.name, namespace: this.namespace });
  }

  setEverywhere(rules: Rule[]): Promise<void> {
    return this.bind(rules, 'ClusterRole', { name: `labdock-test-${this.name}` });
  }

  private bind(
    rules: Rule[],
    kind: 'Role' | 'ClusterRole',
    metadata: { name: string; namespace?: string },
  ): Promise<void> {
    const apiVersion = 'rbac.authorization.k8s.io/v1';
    const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind, name: metadata.name };
    return this.cluster.apply(
      { apiVersion, kind, metadata, rules },
      { apiVersion, kind: `${kind}Binding`, metadata, roleRef, subjects: [this.subject] },
    );
  }

  async remove(): Promise<void> {
    const gone = ['--ignore-not-found', '--wait=false'];
    await this.cluster.kubectl(
      'delete',
      '-n',
      this.namespace,
      `role/${this.name}`,
      `rolebinding/${this.name}`,
      ...gone,
    );
    const everywhere = `labdock-test-${this.name}`;
    await this.cluster.kubectl('delete', `clusterrole/${everywhere}`, `clusterrolebinding/${everywhere}`, ...gone);
  }
}

/** Tokens of one service account, bound to a Secret so that removing it revokes them. */
class TokenIssuer {
  private bound = 0;

  constructor(
    private readonly cluster: TestCluster,
    private readonly name: string,
    private readonly namespace: string,
  ) {}

  private secret = (): string => `${this.name}-${this.bound}`;

  async prepare(): Promise<void> {
    const metadata = { name: this.name, namespace: this.namespace };
    await this.cluster.apply({ apiVersion: 'v1', kind: 'ServiceAccount', metadata });
  }

  async token(lifetime?: number): Promise<string> {
    if (lifetime !== undefined) return signedToken(this.cluster, this.name, this.namespace, lifetime);
    const { kubectl, apply } = this.cluster;
    const metadata = { name: this.secret(), namespace: this.namespace };
    await apply({ apiVersion: 'v1', kind: 'Secret', metadata });
    const bound = ['--bound-object-kind=Secret', `--bound-object-name=${metadata.name}`];
    return (await kubectl('create', 'token', '-n', this.namespace, this.name, '--duration=10m', ...bound)).trim();
  }

  async revoke(): Promise<void> {
    await this.cluster.kubectl('delete', 'secret', '-n', this.namespace, this.secret());
    this.bound += 1;
  }

  async remove(): Promise<void> {
    const gone = ['--ignore-not-found', '--wait=false'];
    await this.cluster.kubectl('delete', '-n', this.namespace, `sa/${this.name}`, `secret/${this.secret()}`, ...gone);
  }
}

/** How far the API server lets clocks differ: a token is good for so many seconds after its `exp`. */
const leeway = 60;

/** A token of a life shorter than the API gives out (ten minutes), signed with the cluster's own key. */
async function signedToken(cluster: TestCluster, name: string, namespace: string, lifetime: number): Promise<string> {
  const key = await run(asRoot(['cat', join(clusterDescription().root, 'run/pki/sa.key')]));
  const { metadata } = await cluster.get<KubeObject>('-n', namespace, 'serviceaccount', name);
  const issuer = 'https://kubernetes.default.svc.cluster.local';
  const now = Math.floor(Date.now() / 1000);
  const claims = {
    iss: issuer,
    aud: [issuer],
    sub: `system:serviceaccount:${namespace}:${name}`,
    iat: now,
    nbf: now,
    exp: now + lifetime - leeway,
    'kubernetes.io': { namespace, serviceaccount: { name, uid: metadata.uid } },
  };
  const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const content = `${encode({ alg: 'RS256', typ: 'JWT' })}.${encode(claims)}`;
  return `${content}.${createSign('RSA-SHA256').update(content).sign(key, 'base64url')}`;
}

/** A client certificate by the cluster's own way: a signing request, approved by the administrator. */
async function certificate(cluster: TestCluster, name: string, folder: string): Promise<Proof> {
  const key = join(folder, 'key.pem');
  const request = join(folder, 'request.pem');
  const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  await run(['openssl', 'req', '-new', ...kind, '-subj', `/CN=${name}`, '-keyout', key, '-out', request]);
  const base64 = async (file: string) => (await run(['base64', '-w0', file])).trim();
  const metadata = { name: `labdock-test-${name}` };
  await cluster.apply({
    apiVersion: 'certificates.k8s.io/v1',
    kind: 'CertificateSigningRequest',
    metadata,
    spec: {
      request: await base64(request),
      signerName: 'kubernetes.io/kube-apiserver-client',
      expirationSeconds: 7200,
      usages: ['client auth'],
    },
  });
  await cluster.kubectl('certificate', 'approve', metadata.name);
  const signed = await until('the certificate is signed', async () => {
    const { status } = await cluster.get('csr', metadata.name);
    return status?.['certificate'] as string | undefined;
  });
  await cluster.kubectl('delete', 'csr', metadata.name);
  return { 'client-certificate-data': signed, 'client-key-data': await base64(key) };
}
