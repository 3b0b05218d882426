/**
 * Debian's nginx on the loopback in the place of an ingress controller: it serves what one Ingress object of the test cluster
 * says, as ingress-nginx would (its defaults, its annotations, its forwarded headers). The test cluster has no controller.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Agent, fetch as request, type RequestInit, type Response } from 'undici';
import type { TestNamespace } from './cluster';
import { freePort, run, start, until } from './processes';

/** The part of an Ingress that a controller goes by. */
export interface IngressObject {
  metadata: { name: string; annotations?: Record<string, string> };
  spec: {
    tls?: { hosts?: string[]; secretName?: string }[];
    rules?: { host?: string; http?: { paths: IngressPath[] } }[];
  };
}

interface IngressPath {
  path?: string;
  pathType: string;
  backend: { service?: { name: string; port: { name?: string; number?: number } } };
}

interface ServiceObject {
  spec: { clusterIP: string; ports: { name?: string; port: number }[] };
}

export interface ServedIngress {
  host: string;
  /** `https://HOST:PORT`, or `http://HOST:PORT` without TLS. The name resolves nowhere: use `fetch` or `agent`. */
  url: string;
  port: number;
  /** Goes to nginx whatever the host in the URL, and trusts the certificate of the Ingress's TLS secret and no other. */
  agent: Agent;
  fetch: (path: string, init?: RequestInit) => Promise<Response>;
  /** The configuration that was made of the Ingress. */
  config: string;
  log: () => string;
  stop: () => Promise<void>;
}

/** Makes a `kubernetes.io/tls` Secret with a new self-signed certificate for a host. Returns the certificate, PEM. */
export async function makeTlsSecret(namespace: TestNamespace, name: string, host: string): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'labdock-tls-'));
  try {
    const [key, certificate] = [join(folder, 'tls.key'), join(folder, 'tls.crt')];
    const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'];
    const names = ['-subj', `/CN=${host}`, '-addext', `subjectAltName=DNS:${host}`];
    await run(['openssl', 'req', '-x509', ...kind, ...names, '-keyout', key, '-out', certificate]);
    await namespace.kubectl('create', 'secret', 'tls', name, `--cert=${certificate}`, `--key=${key}`);
    return await run(['cat', certificate]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Serves an Ingress that was applied in the namespace until `stop`. */
export async function serveIngress(namespace: TestNamespace, name: string): Promise<ServedIngress> {
  const ingress = await namespace.get<IngressObject>('ingress', name);
  const rule = ingress.spec.rules?.[0];
  if (!rule?.host || !rule.http) throw new Error(`Ingress ${name} has no rule with a host`);
  const { host } = rule;
  const folder = mkdtempSync(join(tmpdir(), 'labdock-ingress-'));
  const secret = ingress.spec.tls?.find(({ hosts }) => hosts?.includes(host))?.secretName;
  const certificate = secret ? await takeTlsSecret(namespace, secret, folder) : undefined;
  const port = await freePort();
  const locations = await Promise.all(rule.http.paths.map((path) => location(namespace, ingress, path)));
  const config = configuration({ folder, host, port, tls: certificate !== undefined, locations });
  const file = join(folder, 'nginx.conf');
  writeFileSync(file, config);
  const nginx = start(['nginx', '-p', folder, '-c', file, '-e', 'stderr']);
  const agent = new Agent({
    connect: {
      ca: certificate,
      servername: host,
      lookup: (_, options, done) =>
        options.all ? done(null, [{ address: '127.0.0.1', family: 4 }]) : done(null, '127.0.0.1', 4),
    },
  });
  const url = `${certificate ? 'https' : 'http'}://${host}:${port}`;
  const served: ServedIngress = {
    host,
    url,
    port,
    agent,
    config,
    fetch: (path, init) => request(`${url}${path}`, { ...init, dispatcher: agent }),
    log: nginx.output,
    stop: async () => {
      await agent.destroy();
      await nginx.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
  try {
    await until('nginx answers', async () => (await served.fetch('/')).status > 0, 15_000);
  } catch (error) {
    await served.stop();
    throw new Error(`${String(error)}\n${nginx.output()}`, { cause: error });
  }
  return served;
}

/** Writes key and certificate of a TLS secret into the folder; returns the certificate. */
async function takeTlsSecret(namespace: TestNamespace, name: string, folder: string): Promise<string> {
  const { data } = await namespace.get<{ data: Record<string, string> }>('secret', name);
  for (const file of ['tls.crt', 'tls.key']) {
    writeFileSync(join(folder, file), Buffer.from(data[file] ?? '', 'base64'), { mode: 0o600 });
  }
  return Buffer.from(data['tls.crt'] ?? '', 'base64').toString();
}

/** One path: to the Service's ClusterIP, with ingress-nginx's defaults (60 s, 1 MiB) unless annotations say otherwise. */
async function location(namespace: TestNamespace, ingress: IngressObject, path: IngressPath): Promise<string> {
  const { service } = path.backend;
  if (!service) throw new Error('only services are served');
  const { spec } = await namespace.get<ServiceObject>('service', service.name);
  const wanted = spec.ports.find(({ name, port }) => name === service.port.name || port === service.port.number);
  if (!wanted) throw new Error(`Service ${service.name} has no port ${JSON.stringify(service.port)}`);
  const annotation = (name: string, fallback: string): string =>
    ingress.metadata.annotations?.[`nginx.ingress.kubernetes.io/${name}`] ?? fallback;
  return [
    `location ${path.pathType === 'Exact' ? '= ' : ''}${path.path ?? '/'} {`,
    `  proxy_pass http://${spec.clusterIP}:${wanted.port};`,
    `  proxy_connect_timeout ${annotation('proxy-connect-timeout', '5')}s;`,
    `  proxy_read_timeout ${annotation('proxy-read-timeout', '60')}s;`,
    `  proxy_send_timeout ${annotation('proxy-send-timeout', '60')}s;`,
    `  proxy_buffering ${annotation('proxy-buffering', 'off')};`,
    `  client_max_body_size ${annotation('proxy-body-size', '1m')};`,
    '}',
  ].join('\n    ');
}

interface Configuration {
  folder: string;
  host: string;
  port: number;
  tls: boolean;
  locations: string[];
}

function configuration({ folder, host, port, tls, locations }: Configuration): string {
  const listen = `listen 127.0.0.1:${port}${tls ? ' ssl' : ''}`;
  const certificate = tls ? ['ssl_certificate tls.crt;', 'ssl_certificate_key tls.key;'] : [];
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  return `${process.getuid?.() === 0 ? 'user root;\n' : ''}daemon off;
pid ${join(folder, 'nginx.pid')};
worker_processes 1;
error_log stderr notice;
events {}
http {
  access_log off;
  ${temporary.map((name) => `${name}_temp_path ${join(folder, name)};`).join('\n  ')}
  map $http_upgrade $connection_upgrade { default upgrade; '' ''; }
  ${certificate.join('\n  ')}
  # Hosts no rule names: the controller's default backend.
  server {
    ${listen} default_server;
    return 404;
  }
  server {
    ${listen};
    server_name ${host};
    proxy_http_version 1.1;
    proxy_set_header Host $http_host;
    proxy_set_header Upgrade $http_upgrade;
    proxy_set_header Connection $connection_upgrade;
    proxy_set_header X-Real-IP $remote_addr;
    proxy_set_header X-Forwarded-For $remote_addr;
    proxy_set_header X-Forwarded-Host $http_host;
    proxy_set_header X-Forwarded-Port $server_port;
    proxy_set_header X-Forwarded-Proto $scheme;
    proxy_set_header X-Forwarded-Scheme $scheme;
    ${locations.join('\n    ')}
  }
}
`;
}
