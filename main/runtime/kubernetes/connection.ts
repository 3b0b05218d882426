/** A context of the user's kubeconfig, connected: client-node's APIs, every call of them bounded and cancellable. */
import {
  ApiException,
  AppsV1Api,
  AuthorizationV1Api,
  CoordinationV1Api,
  CoreV1Api,
  createConfiguration,
  HttpMethod,
  NetworkingV1Api,
  RequestContext,
  ServerConfiguration,
  StorageV1Api,
  VersionApi,
  type KubeConfig,
} from '@kubernetes/client-node';
import { ContextConfig } from './contextConfig';
import { apiError, type ErrorContext } from './errors';
import { readKubeconfigs } from './kubeconfig';
import { transport } from './transport';

export { bounded } from './transport';

/** A call that client-node's typed APIs have no words for. */
export interface RawCall {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** From the root: `/api/v1/namespaces/x/pods`. */
  path: string;
  query?: Record<string, string | number | boolean | undefined>;
  body?: unknown;
  /** Of the body; default `application/json`. */
  contentType?: string;
  signal?: AbortSignal | undefined;
}

export interface Connection {
  context: string;
  /** URL of the API server. */
  server: string;
  /** Name in the kubeconfig; '' where the context has none. */
  user: string;
  /** The context's own namespace, or `default`. */
  namespaceOfContext: string;
  /** For watches, logs and websockets: `applyToHTTPSOptions`, `applyToFetchOptions`. */
  config: KubeConfig;
  core: CoreV1Api;
  apps: AppsV1Api;
  networking: NetworkingV1Api;
  storage: StorageV1Api;
  authorization: AuthorizationV1Api;
  coordination: CoordinationV1Api;
  version: VersionApi;
  /** Rejects with client-node's ApiException, as the typed APIs do; JSON, unchecked. */
  request(call: RawCall): Promise<unknown>;
  /** Runs calls and puts what they reject with into our words. */
  ask<T>(about: Omit<ErrorContext, 'connection'>, work: () => Promise<T>): Promise<T>;
  /** A websocket or watch met a 401: forgets the credentials. @returns whether others may be had */
  credentialsRefused(): boolean;
  /** Ends what is on its way (`cancelled`). */
  close(): void;
}

/**
 * Reads the files anew; asks the server nothing.
 * @param files kubeconfig files in their order; see `kubeconfigFiles` in contexts.ts
 * @throws LabdockError `context-missing`, `kubeconfig-invalid`, `credential-plugin-failed`
 */
export async function connect(files: readonly string[], context: string): Promise<Connection> {
  const kubeconfig = await readKubeconfigs(files);
  return connectTo(new ContextConfig(kubeconfig, context));
}

export function connectTo(config: ContextConfig): Connection {
  const closing = new AbortController();
  const http = transport(config, closing.signal);
  const configuration = createConfiguration({
    baseServer: new ServerConfiguration(config.server, {}),
    authMethods: { default: config },
    httpApi: http,
  });
  const { contextName: context, server, userName: user } = config;
  const names = { context, server, user };

  async function request({ method, path, query = {}, body, contentType = 'application/json', signal }: RawCall) {
    const call = new RequestContext(server + path, HttpMethod[method]);
    call.setHeaderParam('Accept', 'application/json');
    for (const [name, value] of Object.entries(query)) if (value !== undefined) call.setQueryParam(name, String(value));
    if (body !== undefined) {
      call.setHeaderParam('Content-Type', contentType);
      call.setBody(JSON.stringify(body));
    }
    if (signal) call.setSignal(signal);
    await config.applySecurityAuthentication(call);
    const answer = await http.send(call).toPromise();
    const text = await answer.body.text();
    if (answer.httpStatusCode < 200 || answer.httpStatusCode > 299)
      throw new ApiException(answer.httpStatusCode, method, text, answer.headers);
    return text === '' ? undefined : (JSON.parse(text) as unknown);
  }

  return {
    ...names,
    namespaceOfContext: config.namespace,
    config,
    core: new CoreV1Api(configuration),
    apps: new AppsV1Api(configuration),
    networking: new NetworkingV1Api(configuration),
    storage: new StorageV1Api(configuration),
    authorization: new AuthorizationV1Api(configuration),
    coordination: new CoordinationV1Api(configuration),
    version: new VersionApi(configuration),
    request,
    async ask(about, work) {
      try {
        return await work();
      } catch (error) {
        throw apiError(error, { ...about, connection: names });
      }
    },
    credentialsRefused: () => config.credentialsRefused(),
    close() {
      closing.abort();
      config.close();
    },
  };
}
