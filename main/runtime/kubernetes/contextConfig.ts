/**
 * One context of the user's kubeconfig as client-node's KubeConfig, with what client-node lacks: credential plugins with a
 * limit, token files without their newline, impersonated groups, proxies of the environment, kept connections. One object
 * per context: client-node keeps tokens by the name of the user, which two files may share.
 */
import type { Agent } from 'node:https';
import type { RequestOptions } from 'node:https';
import { KubeConfig, type RequestContext } from '@kubernetes/client-node';
import { LabdockError } from '../../common/problem';
import { CredentialPlugin } from './credentialPlugin';
import { readBounded, type KubeCluster, type Kubeconfig, type KubeUser } from './kubeconfig';
import { proxyFromEnvironment } from './proxy';

/** Calls at a time, and with them TCP connections. Watches, logs and streams have their own. */
const maximumSockets = 8;
/** An unused connection is closed before sleep, a proxy or a restart can make a dead one of it. Milliseconds. */
const idleMs = 5_000;
/** As client-go: a projected token is written anew long before it expires. Milliseconds. */
const tokenFileMs = 60_000;

/** kubectl itself refuses these since 1.26; client-node would run their command synchronously. */
const removedProviders = new Set(['gcp', 'azure']);

type AuthOptions = RequestOptions & { headers?: Record<string, string> };

export class ContextConfig extends KubeConfig {
  private readonly plugin: CredentialPlugin | undefined;
  private tokenFile: { token: string; since: number } | undefined;
  private shared: { key: string; agent: Agent } | undefined;

  /** @throws LabdockError `context-missing`, `kubeconfig-invalid`, `credential-plugin-failed` */
  constructor(
    kubeconfig: Kubeconfig,
    readonly contextName: string,
    env: NodeJS.ProcessEnv = process.env,
  ) {
    super();
    const context = kubeconfig.contexts.get(contextName);
    if (!context) throw new LabdockError('context-missing', { context: contextName });
    const missing = (what: string) => new LabdockError('context-missing', { context: contextName }, { detail: what });
    const cluster = kubeconfig.clusters.get(context.cluster);
    if (!cluster) throw missing(`it names the cluster "${context.cluster}", which no file has`);
    const user = context.user === undefined ? undefined : kubeconfig.users.get(context.user);
    if (context.user !== undefined && !user) throw missing(`it names the user "${context.user}", which no file has`);
    const userName = context.user ?? '';
    const provider = user?.['auth-provider']?.name;
    if (provider && removedProviders.has(provider)) {
      const detail = `auth-provider "${provider}" was removed from Kubernetes's clients in 1.26: its credential plugin takes its place`;
      throw new LabdockError('credential-plugin-failed', { command: provider }, { detail });
    }
    // node-fetch joins several headers of one name with commas, which makes another group.
    if (user && user['as-groups'].length > 1) {
      const detail = `user "${userName}": more than one of as-groups is not supported`;
      throw new LabdockError('kubeconfig-invalid', { path: '' }, { detail });
    }
    this.plugin = user?.exec && new CredentialPlugin({ plugin: user.exec, cluster: clusterInfo(cluster) });
    this.loadFromOptions({
      clusters: [clientCluster(context.cluster, cluster, env)],
      users: [clientUser(userName, user)],
      contexts: [{ name: contextName, cluster: context.cluster, user: userName, namespace: context.namespace }],
      currentContext: contextName,
    });
    if (user) {
      this.addAuthenticator({
        isAuthProvider: () => true,
        applyAuthentication: (_, options) => this.authenticate(user, options as AuthOptions),
      });
    }
  }

  get server(): string {
    return this.getCurrentCluster()?.server ?? '';
  }

  get userName(): string {
    return this.getCurrentUser()?.name ?? '';
  }

  get namespace(): string {
    return this.getContextObject(this.contextName)?.namespace ?? 'default';
  }

  /** The API server said 401. @returns whether asking again may help: there is a source of other credentials */
  credentialsRefused(): boolean {
    if (this.tokenFile && Date.now() - this.tokenFile.since > 1_000) {
      this.tokenFile = undefined;
      return true;
    }
    return this.plugin?.refused() ?? false;
  }

  /** client-node's, but with connections that are kept for the next call. */
  override async applySecurityAuthentication(request: RequestContext): Promise<void> {
    const options: AuthOptions = {};
    await this.applyToHTTPSOptions(options);
    if (options.auth) request.setHeaderParam('Authorization', `Basic ${Buffer.from(options.auth).toString('base64')}`);
    for (const [name, value] of Object.entries(options.headers ?? {})) request.setHeaderParam(name, value);
    request.setAgent(this.keptAgent(options));
  }

  /** Ends the connections that wait for a next call. */
  close(): void {
    this.shared?.agent.destroy();
    this.shared = undefined;
  }

  private keptAgent(options: AuthOptions): Agent {
    const material = [options.ca, options.cert, options.key] as (string | Buffer | undefined)[];
    const key = JSON.stringify(material.map((value) => value?.toString()));
    if (this.shared?.key === key) return this.shared.agent;
    this.shared?.agent.destroy();
    const agent = options.agent as Agent & { keepAlive: boolean };
    agent.keepAlive = true;
    agent.maxSockets = maximumSockets;
    Object.assign(agent.options, { keepAlive: true, timeout: idleMs });
    this.shared = { key, agent };
    return agent;
  }

  private async authenticate(user: KubeUser, options: AuthOptions): Promise<void> {
    const headers = (options.headers ??= {});
    if (user['as-uid']) headers['Impersonate-Uid'] = user['as-uid'];
    const [group] = user['as-groups'];
    if (group) headers['Impersonate-Group'] = group;
    if (this.plugin) {
      const { token, certificate, key } = await this.plugin.credential();
      if (token) headers['Authorization'] = `Bearer ${token}`;
      if (certificate && key) Object.assign(options, { cert: certificate, key });
    } else if (user.tokenFile) {
      headers['Authorization'] = `Bearer ${await this.readToken(user.tokenFile)}`;
    }
  }

  private async readToken(path: string): Promise<string> {
    if (this.tokenFile && Date.now() - this.tokenFile.since < tokenFileMs) return this.tokenFile.token;
    let token;
    try {
      token = (await readBounded(path)).trim();
    } catch (error) {
      const detail = error instanceof Error ? error.message : String(error);
      throw new LabdockError('kubeconfig-invalid', { path }, { detail, cause: error });
    }
    this.tokenFile = { token, since: Date.now() };
    return token;
  }
}

function clientCluster(name: string, cluster: KubeCluster, env: NodeJS.ProcessEnv) {
  const server = cluster.server.replace(/\/+$/, '');
  const proxyUrl = cluster['proxy-url'] ?? proxyFromEnvironment(server, env);
  return {
    name,
    server,
    // The data wins in kubectl, the file in client-node.
    ...(cluster['certificate-authority-data']
      ? { caData: cluster['certificate-authority-data'] }
      : cluster['certificate-authority'] && { caFile: cluster['certificate-authority'] }),
    // client-node refuses plain HTTP (`kubectl proxy`) without it; there is nothing to verify.
    skipTLSVerify: cluster['insecure-skip-tls-verify'] === true || server.startsWith('http:'),
    ...(cluster['tls-server-name'] && { tlsServerName: cluster['tls-server-name'] }),
    ...(proxyUrl && { proxyUrl }),
  };
}

function clientUser(name: string, user: KubeUser | undefined) {
  if (!user) return { name };
  const provider = user['auth-provider'];
  return {
    name,
    ...(user['client-certificate-data']
      ? { certData: user['client-certificate-data'] }
      : user['client-certificate'] && { certFile: user['client-certificate'] }),
    ...(user['client-key-data']
      ? { keyData: user['client-key-data'] }
      : user['client-key'] && { keyFile: user['client-key'] }),
    // A token file wins over a token in kubectl, and is read anew.
    ...(user.token && !user.tokenFile && { token: user.token }),
    ...(user.username && { username: user.username, password: user.password ?? '' }),
    ...(user.as && { impersonateUser: user.as }),
    ...(provider && { authProvider: { name: provider.name, config: { ...provider.config } } }),
  };
}

/** `Cluster` of client.authentication.k8s.io/v1, for plugins that ask for it. */
function clusterInfo(cluster: KubeCluster): Record<string, unknown> {
  return {
    server: cluster.server,
    ...(cluster['tls-server-name'] && { 'tls-server-name': cluster['tls-server-name'] }),
    ...(cluster['insecure-skip-tls-verify'] && { 'insecure-skip-tls-verify': true }),
    ...(cluster['certificate-authority-data'] && {
      'certificate-authority-data': cluster['certificate-authority-data'],
    }),
    ...(cluster['proxy-url'] && { 'proxy-url': cluster['proxy-url'] }),
  };
}
