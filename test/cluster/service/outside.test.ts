/** A workspace on the cluster as others reach it: a pod beside it through the Service, a browser through an ingress with TLS. */
import { createHash, randomBytes } from 'node:crypto';
import { WebSocket } from 'undici';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hostnames } from '../../../main/runtime/kubernetes/names';
import { serveIngress, makeTlsSecret, type ServedIngress } from '../../harness/ingress';
import { until } from '../../harness/processes';
import { workspaceImage } from '../../harness/workspaceImage';
import { runCell } from '../../docker/service/kernelClient';
import { api } from '../../docker/service/workbench';
import { openClusterBench, type ClusterBench } from './bench';

const host = 'lab.example.org';
const ingress = { host, className: '', annotations: {}, tlsSecret: 'lab-tls' };
let at: ClusterBench;
let nginx: ServedIngress;
/** The objects' name, and the address of the Service. */
let name: string;
let service: string;

beforeAll(async () => {
  at = await openClusterBench({ settings: { ingress } });
  await makeTlsSecret(at.namespace, ingress.tlsSecret, host);
  await at.start();
  expect((await at.switchTo('cluster'))?.problem).toBeUndefined();
  const [made] = (await at.namespace.get('service')).items!;
  name = made!.metadata.name;
  service = made!.spec['clusterIP'] as string;
  nginx = await serveIngress(at.namespace, name);
}, 900_000);
afterAll(async () => {
  await nginx?.stop();
  await at?.destroy();
});

const token = () => at.bench.service.endpoint(at.bench.id)!.token;
const outside = () => ({ origin: nginx.url, token: token() });
const config = async () => {
  const { data } = await at.namespace.get<{ data: Record<string, string> }>('configmap', name);
  return Object.values(data).join('\n');
};

describe('inside the cluster', () => {
  /** Runs in the other pod: asks the server and prints the status and the body's beginning. */
  const asking = `
import sys, urllib.request, urllib.error
address, host, token = sys.argv[1:]
request = urllib.request.Request(address + "/api/status", headers={"Host": host})
if token: request.add_header("Authorization", "token " + token)
try:
    with urllib.request.urlopen(request, timeout=20) as answer: print(answer.status, answer.read(60).decode())
except urllib.error.HTTPError as error: print(error.code)
`;
  const ask = async (hostHeader: string, given = token()) => {
    const run = ['sh', '-c', 'PATH=$PATH:/opt/conda/bin exec python3 -c "$0" "$@"', asking];
    return at.namespace.kubectl('exec', 'other', '--', ...run, `http://${service}:8888`, hostHeader, given);
  };

  beforeAll(async () => {
    await at.namespace.apply({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'other' },
      spec: {
        automountServiceAccountToken: false,
        terminationGracePeriodSeconds: 1,
        securityContext: { runAsNonRoot: true, runAsUser: 1000, seccompProfile: { type: 'RuntimeDefault' } },
        containers: [
          {
            name: 'other',
            image: workspaceImage(),
            imagePullPolicy: 'IfNotPresent',
            command: ['sleep', '3600'],
            securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
          },
        ],
      },
    });
    await at.namespace.kubectl('wait', 'pod/other', '--for=condition=Ready', '--timeout=120s');
  }, 180_000);

  test('another pod reads the status through the Service, under every name the server has', async () => {
    const names = hostnames(name, at.settings);
    expect(names).toEqual(expect.arrayContaining([name, `${name}.${at.namespace.name}.svc`, host]));
    for (const each of names) expect(await ask(`${each}:8888`), each).toMatch(/^200 \{.*"connections"/);
  }, 120_000);

  test('not under a name that is not its own, and not without the token', async () => {
    for (const foreign of ['evil.example.org', `${name}.other.svc`, service])
      expect(await ask(`${foreign}:8888`), foreign).toBe('403\n');
    expect(await ask(`${name}:8888`, '')).toBe('403\n');
    expect(await ask(`${name}:8888`, 'f'.repeat(48))).toBe('403\n');
  }, 120_000);

  test('the state names both addresses', () => {
    expect(at.bench.state().addresses).toEqual({
      inside: `http://${name}.${at.namespace.name}.svc:8888/lab`,
      outside: `https://${host}/lab`,
    });
  });
});

/** As a browser keeps them: by name. */
class Cookies {
  private readonly all = new Map<string, string>();
  take(lines: string[]): void {
    for (const line of lines) {
      const [pair] = line.split(';');
      const [key, ...value] = pair!.split('=');
      this.all.set(key!, value.join('='));
    }
  }
  get(key: string): string {
    return this.all.get(key) ?? '';
  }
  header(): string {
    return [...this.all].map(([key, value]) => `${key}=${value}`).join('; ');
  }
}

describe('from outside, through nginx as the Ingress says', () => {
  const cookies = new Cookies();
  let given: string[] = [];
  const browse = async (path: string, init: { method?: string; body?: string; form?: boolean } = {}) => {
    const answer = await nginx.fetch(path, {
      method: init.method ?? 'GET',
      redirect: 'manual',
      body: init.body ?? null,
      headers: {
        cookie: cookies.header(),
        ...(init.method && { origin: nginx.url, 'x-xsrftoken': cookies.get('_xsrf') }),
        ...(init.form && { 'content-type': 'application/x-www-form-urlencoded' }),
      },
    });
    given = answer.headers.getSetCookie();
    cookies.take(given);
    return answer;
  };

  test('who is not logged in is asked to, and the token is accepted; its cookie goes over TLS only', async () => {
    const asked = await browse('/lab');
    expect(asked.status).toBe(302);
    expect(asked.headers.get('location')).toMatch(/^\/login/);
    expect((await browse('/login?next=%2Flab')).status).toBe(200);
    const body = new URLSearchParams({ _xsrf: cookies.get('_xsrf'), password: token() }).toString();
    const login = await browse('/login?next=%2Flab', { method: 'POST', body, form: true });
    expect([login.status, login.headers.get('location')]).toEqual([302, '/lab']);
    // That the browser came over https is known from the forwarded headers alone.
    expect(given.find((line) => line.startsWith('username-'))).toMatch(/; secure/i);
  });

  test('Lab’s page and its program load', async () => {
    const page = await browse('/lab');
    const html = await page.text();
    expect(page.status).toBe(200);
    expect(html).toContain('jupyter-config-data');
    const script = /src="(\/static\/lab\/[^"]+\.js[^"]*)"/.exec(html)![1]!;
    expect((await browse(script)).status).toBe(200);
  });

  test('a kernel’s websocket opens for the page, and not for a foreign one', async () => {
    const made = await browse('/api/kernels', { method: 'POST', body: '{}' });
    expect(made.status).toBe(201);
    const { id } = (await made.json()) as { id: string };
    const opens = (origin: string) =>
      new Promise<boolean>((resolve) => {
        const socket = new WebSocket(`${nginx.url.replace(/^http/, 'ws')}/api/kernels/${id}/channels`, {
          dispatcher: nginx.agent,
          headers: { cookie: cookies.header(), origin },
        });
        const over = (opened: boolean) => {
          resolve(opened);
          if (opened) socket.close();
        };
        socket.addEventListener('open', () => over(true));
        socket.addEventListener('error', () => over(false));
      });
    expect(await opens(nginx.url)).toBe(true);
    expect(await opens('https://evil.example.org')).toBe(false);
    expect((await browse(`/api/kernels/${id}`, { method: 'DELETE' })).status).toBe(204);
  });

  test('a cell runs through it, on the cluster', async () => {
    const code = 'import os; print(os.environ["KUBERNETES_SERVICE_HOST"])';
    expect(await runCell(outside(), code, undefined, nginx.agent)).toMatch(/^\d+\.\d+\.\d+\.\d+\n$/);
  }, 90_000);

  test('a file of 20 MB is uploaded through it', async () => {
    const content = randomBytes(20_000_000);
    const body = { type: 'file', format: 'base64', content: content.toString('base64') };
    const init = { method: 'PUT', body, dispatcher: nginx.agent };
    expect((await api(outside(), '/api/contents/upload.bin', init)).status).toBe(201);
    const code = 'import hashlib; print(hashlib.sha256(open("upload.bin", "rb").read()).hexdigest())';
    const sum = createHash('sha256').update(content).digest('hex');
    expect(await runCell(outside(), code, undefined, nginx.agent)).toBe(`${sum}\n`);
  }, 90_000);

  test('websockets may be silent for a day, and bodies are as large as they are', () => {
    expect(nginx.config).toContain('proxy_read_timeout 86400s;');
    expect(nginx.config).toContain('client_max_body_size 0;');
  });

  test('without TLS at the ingress nobody’s word on the scheme is taken', async () => {
    expect(await config()).toContain('c.ServerApp.trust_xheaders = True');
    await at.bench.update({ cluster: { ...at.settings, ingress: { ...ingress, tlsSecret: '' } } }, true);
    await until('the configuration is another', async () => !(await config()).includes('trust_xheaders'), 120_000);
    await at.bench.until('ready', 120_000);
    const { origin } = at.bench.service.endpoint(at.bench.id)!;
    const login = await fetch(`${origin}/lab?token=${token()}`, {
      redirect: 'manual',
      headers: { 'x-forwarded-proto': 'https', 'x-scheme': 'https' },
    });
    const cookie = login.headers.getSetCookie().find((line) => line.startsWith('username-'));
    expect(cookie).toBeDefined();
    expect(cookie).not.toMatch(/; secure/i);
    expect(at.bench.state().addresses?.outside).toBe(`http://${host}/lab`);
    const plain = await serveIngress(at.namespace, name);
    try {
      const there = { origin: plain.url, token: token() };
      expect(await runCell(there, 'print("plain")', undefined, plain.agent)).toBe('plain\n');
    } finally {
      await plain.stop();
    }
  }, 300_000);
});
