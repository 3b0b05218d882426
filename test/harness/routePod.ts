/** A pod with a small web server, and what a route to it needs: requests that are cheap to answer, downloads of any size. */
import { createHash } from 'node:crypto';
import { request, type Agent } from 'node:http';
import { connect, type Connection } from '../../main/runtime/kubernetes/connection';
import { Route } from '../../main/runtime/kubernetes/route/route';
import type { RouteState } from '../../main/runtime/runtime';
import { testCluster, type TestNamespace } from './cluster';
import { workspaceImage } from './workspaceImage';
import { freePort, start, until, type Started } from './processes';

export const routePort = 8888;

/**
 * HTTP/1.1 that keeps connections, a thread for each, answers in one piece. `/name` says the pod's name, `/bytes/N` gives N
 * bytes (a random MiB over and over) and their sha256 before them, POST answers the sha256 of what it got.
 */
const server = `
import hashlib, os, socket
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
block = os.urandom(1 << 20)
def pieces(n):
    while n > 0:
        yield block[:n] if n < len(block) else block
        n -= len(block)
sums = {}
def digest(n):
    if n not in sums:
        h = hashlib.sha256()
        for p in pieces(n): h.update(p)
        sums[n] = h.hexdigest()
    return sums[n]
class Handler(BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'
    disable_nagle_algorithm = True
    wbufsize = 1 << 16
    def log_message(self, *args): pass
    def answer(self, body, size=None, extra=()):
        self.send_response(200)
        self.send_header('Content-Length', str(len(body) if size is None else size))
        for pair in extra: self.send_header(*pair)
        self.end_headers()
        if body: self.wfile.write(body)
    def do_GET(self):
        if self.path.startswith('/bytes/'):
            n = int(self.path.split('?')[0].split('/')[2])
            self.answer(b'', n, [('X-Sha256', digest(n))] if '?hash' in self.path else [])
            for p in pieces(n): self.wfile.write(p)
        else: self.answer(socket.gethostname().encode())
    def do_POST(self):
        left, h = int(self.headers['Content-Length']), hashlib.sha256()
        while left > 0:
            p = self.rfile.read(min(left, 1 << 20))
            h.update(p); left -= len(p)
        self.answer(h.hexdigest().encode())
class Server(ThreadingHTTPServer):
    request_queue_size = 256
    daemon_threads = True
Server(('', ${routePort}), Handler).serve_forever()
`;

/** Resolves when the pod is ready. All pods of a namespace have one label, `app=route`. */
export async function startRoutePod(namespace: TestNamespace, name: string): Promise<void> {
  await namespace.apply({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, labels: { app: 'route' } },
    spec: {
      automountServiceAccountToken: false,
      terminationGracePeriodSeconds: 1,
      securityContext: { runAsNonRoot: true, runAsUser: 1000, seccompProfile: { type: 'RuntimeDefault' } },
      containers: [
        {
          name: 'web',
          image: workspaceImage(),
          imagePullPolicy: 'IfNotPresent',
          command: ['sh', '-c', 'PATH=$PATH:/opt/conda/bin exec python3 -u -c "$0"', server],
          securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
          readinessProbe: { httpGet: { path: '/name', port: routePort }, periodSeconds: 1 },
        },
      ],
    },
  });
  await namespace.kubectl('wait', '--for=condition=Ready', `pod/${name}`, '--timeout=180s');
}

export function clusterConnection(): Promise<Connection> {
  const { kubeconfig, context } = testCluster();
  return connect([kubeconfig], context);
}

export interface TestRoute {
  port: number;
  route: Route;
  states: RouteState[];
  close(): Promise<void>;
}

/** A route to whichever pod of {@link startRoutePod} is ready; it was reached. */
export async function routeTo(namespace: TestNamespace): Promise<TestRoute> {
  const connection = await clusterConnection();
  const port = await freePort();
  const states: RouteState[] = [];
  const findPod = async () => {
    const list = { namespace: namespace.name, labelSelector: 'app=route' };
    const { items } = await connection.ask({ verb: 'list', resource: 'pods' }, () =>
      connection.core.listNamespacedPod(list),
    );
    const ready = items.find(
      ({ metadata, status }) =>
        !metadata?.deletionTimestamp && status?.conditions?.some((c) => c.type === 'Ready' && c.status === 'True'),
    );
    return ready?.metadata?.name ?? null;
  };
  const onChange = (state: RouteState) => states.push(state);
  const route = new Route({ connection, namespace: namespace.name, findPod, targetPort: routePort, port, onChange });
  await route.open();
  await until('the pod is reached', () => route.state.open);
  return {
    port,
    route,
    states,
    close: async () => {
      await route.close();
      connection.close();
    },
  };
}

/** `kubectl port-forward` to a pod; it answers. */
export async function kubectlForward(
  namespace: TestNamespace,
  pod: string,
): Promise<{ port: number; forward: Started }> {
  const { kubeconfig, program } = testCluster();
  const port = await freePort();
  const where = ['--kubeconfig', kubeconfig, '-n', namespace.name];
  const forward = start([program, ...where, 'port-forward', '--address', '127.0.0.1', pod, `${port}:${routePort}`]);
  await until('kubectl forwards', async () => (await get(port, '/name')).body.length > 0);
  return { port, forward };
}

export interface Answer {
  sha256: string;
  bytes: number;
  /** The first 64 KiB. */
  body: Buffer;
  headers: Record<string, string | string[] | undefined>;
}

/** One request; a body makes it a POST. Rejects when the connection fails or breaks off. */
export function get(
  port: number,
  path: string,
  { agent, body, timeoutMs = 120_000 }: { agent?: Agent; body?: Buffer; timeoutMs?: number } = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const method = body ? 'POST' : 'GET';
    const call = request({ host: '127.0.0.1', port, path, agent: agent ?? false, method }, (answer) => {
      const hash = createHash('sha256');
      const first: Buffer[] = [];
      let bytes = 0;
      answer.on('data', (part: Buffer) => {
        hash.update(part);
        if (bytes < 65_536) first.push(part);
        bytes += part.length;
      });
      answer.on('error', reject);
      answer.on('aborted', () => reject(new Error('the answer broke off')));
      answer.on('end', () => {
        resolve({ sha256: hash.digest('hex'), bytes, body: Buffer.concat(first), headers: answer.headers });
      });
    });
    call.setTimeout(timeoutMs, () => call.destroy(new Error(`no answer in ${timeoutMs} ms`)));
    call.on('error', reject);
    call.end(body);
  });
}
