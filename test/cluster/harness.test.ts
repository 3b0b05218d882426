/** The test cluster itself: what other tests lean on does what it says. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Docker from 'dockerode';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runKubectl, testCluster, testNamespace, type TestNamespace } from '../harness/cluster';
import { kubeconfigFor, type Access, type Rule } from '../harness/clusterAccess';
import { importImage, pushImage } from '../harness/clusterImages';
import {
  partRuns,
  restartApiServer,
  restartControllers,
  startKubelet,
  stopApiServer,
  startApiServer,
  stopKubelet,
} from '../harness/clusterParts';
import { machineEngine } from '../harness/engine';
import { ownStorage } from '../harness/clusterVolumes';
import { execPlugin } from '../harness/execPlugin';
import { makeTlsSecret, serveIngress } from '../harness/ingress';
import { until } from '../harness/processes';
import { putTinyImage } from '../harness/tinyImage';
import { podSecurityViolations, validateObjects } from '../harness/validate';

const cluster = testCluster();
const home = mkdtempSync(join(tmpdir(), 'labdock-cluster-'));
let docker: Docker;
let namespace: TestNamespace;
beforeAll(async () => {
  docker = new Docker({ socketPath: await machineEngine() });
  namespace = await testNamespace({ restricted: true });
});
afterAll(async () => {
  rmSync(home, { recursive: true, force: true });
  await namespace.dispose();
});

const confined = {
  allowPrivilegeEscalation: false,
  capabilities: { drop: ['ALL'] },
  runAsNonRoot: true,
  runAsUser: 1000,
  seccompProfile: { type: 'RuntimeDefault' },
};

const pod = (name: string, container: object, spec: object = {}) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name },
  spec: {
    automountServiceAccountToken: false,
    terminationGracePeriodSeconds: 0,
    restartPolicy: 'Never',
    containers: [{ name: 'main', securityContext: confined, ...container }],
    ...spec,
  },
});

const phase = async (name: string) => (await namespace.get('pod', name)).status?.['phase'];
const ended = (name: string) => until(`pod ${name} succeeds`, async () => (await phase(name)) === 'Succeeded', 120_000);

test('a pod of the local registry runs where the restricted profile is enforced, its volume bound', async () => {
  await putTinyImage(docker, 'labdock-test/cluster:1');
  const pushed = await pushImage('labdock-test/cluster:1', 'labdock-test/tiny:1');
  await namespace.apply(
    {
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata: { name: 'data' },
      spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '10Mi' } } },
    },
    pod(
      'writer',
      {
        image: pushed.pinned,
        command: ['sh', '-c', 'echo kept > /data/file && cat /data/file'],
        volumeMounts: [{ name: 'data', mountPath: '/data' }],
      },
      { volumes: [{ name: 'data', persistentVolumeClaim: { claimName: 'data' } }] },
    ),
  );
  await ended('writer');
  expect(await namespace.kubectl('logs', 'writer')).toBe('kept\n');
  expect((await namespace.get('pvc', 'data')).status).toMatchObject({ phase: 'Bound' });
});

test('a pod that breaks the profile is refused, and a quota counts', async () => {
  const loose = { ...pod('loose', { image: 'localhost/busybox:1', securityContext: {} }) };
  await expect(namespace.apply(loose)).rejects.toThrow(/violates PodSecurity "restricted/);
  const small = await testNamespace({ quota: { pods: '0' } });
  try {
    await expect(small.apply(pod('one', { image: 'localhost/busybox:1' }))).rejects.toThrow(/exceeded quota/);
  } finally {
    await small.dispose();
  }
});

test('an image is put into the node past any registry', async () => {
  await putTinyImage(docker, 'labdock-test/imported:1');
  const image = await importImage('labdock-test/imported:1');
  await namespace.apply(pod('imported', { image, imagePullPolicy: 'Never', command: ['true'] }));
  await ended('imported');
});

/** Whether a call failed with words like these. */
const said = (call: Promise<string>, words: RegExp): Promise<boolean> =>
  call.then(
    () => false,
    (error: Error) => words.test(error.message),
  );

const readPods: Rule = { apiGroups: [''], resources: ['pods'], verbs: ['get', 'list'] };

test.for(['token', 'certificate'] as const)(
  'a limited user (%s) may do what its rules say and no more',
  async (proof) => {
    const limited = await kubeconfigFor({ namespace: namespace.name, rules: [readPods], proof });
    try {
      await limited.kubectl('get', 'pods');
      await expect(limited.kubectl('get', 'secrets')).rejects.toThrow(/secrets is forbidden: User ".*limited-/);
      await expect(limited.kubectl('get', 'pods', '-n', 'default')).rejects.toThrow('forbidden');
      await expect(limited.kubectl('get', 'nodes')).rejects.toThrow('forbidden');
      await limited.setRules([]);
      await until('the right is lost', () => said(limited.kubectl('get', 'pods'), /pods is forbidden/));
    } finally {
      await limited.dispose();
    }
  },
);

const refused = (access: Access) =>
  until('the token is refused', () => said(access.kubectl('get', 'pods'), /logged in to the server/));

test('tokens end: by time, and when revoked', async () => {
  const short = await kubeconfigFor({ namespace: namespace.name, rules: [readPods], lifetime: 5 });
  const revoked = await kubeconfigFor({ namespace: namespace.name, rules: [readPods] });
  try {
    await short.kubectl('get', 'pods');
    await refused(short);
    await revoked.kubectl('get', 'pods');
    await revoked.revoke();
    await refused(revoked);
  } finally {
    await short.dispose();
    await revoked.dispose();
  }
});

test('a credential plugin answers, fails and is counted', async () => {
  const limited = await kubeconfigFor({ namespace: namespace.name, rules: [readPods] });
  const plugin = execPlugin();
  const kubeconfig = join(home, 'with-plugin');
  try {
    await plugin.kubeconfig(kubeconfig, namespace.name);
    const ask = () => runKubectl(cluster.program, kubeconfig, ['get', 'pods']);
    await expect(ask()).rejects.toThrow('not told what to answer');
    plugin.answer({ token: limited.token });
    await ask();
    expect(plugin.calls()).toBeGreaterThan(1);
  } finally {
    plugin.dispose();
    await limited.dispose();
  }
});

test('API server and kubelet are stopped and started, and pods outlive it', async () => {
  const image = 'localhost/busybox:1';
  await namespace.apply(pod('long', { image, command: ['sh', '-c', 'echo started; exec sleep 600'] }));
  await until('the pod runs', async () => (await phase('long')) === 'Running', 60_000);
  await stopApiServer();
  expect(await partRuns('kube-apiserver')).toBe(false);
  await expect(namespace.kubectl('get', 'pods', '--request-timeout=3s')).rejects.toThrow(/refused/);
  await startApiServer();
  expect(await phase('long')).toBe('Running');
  await restartApiServer();
  await stopKubelet();
  expect(await partRuns('kubelet')).toBe(false);
  await expect(namespace.kubectl('exec', 'long', '--', 'true')).rejects.toThrow(/refused/);
  await startKubelet();
  await until('exec works', () => namespace.kubectl('exec', 'long', '--', 'echo', 'still here'), 60_000);
  expect(await namespace.kubectl('logs', 'long')).toBe('started\n');
  await restartControllers();
});

test('the validators find planted mistakes in the midst of hundreds of good objects', async () => {
  const good = (index: number) => ({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: `good-${index}` },
    spec: {
      selector: { matchLabels: { app: 'a' } },
      template: {
        metadata: { labels: { app: 'a' } },
        spec: pod('x', { image: 'localhost/busybox:1' }, { restartPolicy: 'Always' }).spec,
      },
    },
  });
  const objects: object[] = Array.from({ length: 300 }, (_, index) => good(index));
  expect(await validateObjects(objects)).toEqual([]);
  expect((await podSecurityViolations(objects, 'restricted')).flat()).toEqual([]);
  const misspelt = { ...good(1), spec: { ...good(1).spec, replicsa: 1 } };
  const service = {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'wrong' },
    spec: { ports: [{ port: 'http' }] },
  };
  const loose = pod('loose', { image: 'localhost/busybox:1', securityContext: { privileged: true } });
  objects.push(misspelt, service, loose);
  const found = await validateObjects(objects);
  expect(found).toHaveLength(2);
  expect(found[0]).toMatch(/^#300 Deployment good-1: spec: .*replicsa/);
  expect(found[1]).toMatch(/^#301 Service wrong: spec.ports.0.port: .*http/);
  const violations = await podSecurityViolations([good(1), loose], 'baseline');
  expect(violations[0]).toEqual([]);
  expect(violations[1]?.join()).toContain('privileged');
});

test('a small volume fills up', async () => {
  const storage = await ownStorage({ mebibytes: 4 });
  const own = await testNamespace();
  try {
    await own.apply(
      {
        apiVersion: 'v1',
        kind: 'PersistentVolumeClaim',
        metadata: { name: 'data' },
        spec: {
          storageClassName: storage.className,
          accessModes: ['ReadWriteOnce'],
          resources: { requests: { storage: '10Gi' } },
        },
      },
      pod(
        'filler',
        {
          image: 'localhost/busybox:1',
          command: ['sh', '-c', 'dd if=/dev/zero of=/data/full bs=1M count=8; echo ended with $?; sleep 600'],
          volumeMounts: [{ name: 'data', mountPath: '/data' }],
        },
        { volumes: [{ name: 'data', persistentVolumeClaim: { claimName: 'data' } }] },
      ),
    );
    // Binding goes by the controller's own clock, and the tests before this one restarted it.
    const full = async () => {
      const text = await own.kubectl('logs', 'filler');
      return text.includes('ended with') && text;
    };
    const log = await until('the volume is full', full, 150_000).catch(async (error: Error) => {
      throw new Error(`${error.message}\n${await own.kubectl('describe', 'pod/filler', 'pvc/data')}`);
    });
    expect(log).toContain('No space left on device');
    expect(log).toContain('ended with 1');
  } finally {
    await own.dispose();
    await storage.dispose();
  }
});

test('nginx serves what an Ingress says: host, certificate, and the headers of a proxy', async () => {
  const host = 'lab.example.test';
  const script = 'printf "#!/bin/sh\\necho Content-Type: text/plain\\necho\\nenv\\n" >/tmp/cgi-bin/asked';
  const serve = `mkdir /tmp/cgi-bin; ${script}; chmod +x /tmp/cgi-bin/asked; exec httpd -f -p 8888 -h /tmp`;
  const certificate = await makeTlsSecret(namespace, 'lab-tls', host);
  await namespace.apply(
    {
      ...pod('web', { image: 'localhost/busybox:1', command: ['sh', '-c', serve] }),
      metadata: { name: 'web', labels: { app: 'web' } },
    },
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'web' },
      spec: { selector: { app: 'web' }, ports: [{ name: 'http', port: 80, targetPort: 8888 }] },
    },
    {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'Ingress',
      metadata: { name: 'web', annotations: { 'nginx.ingress.kubernetes.io/proxy-read-timeout': '86400' } },
      spec: {
        tls: [{ hosts: [host], secretName: 'lab-tls' }],
        rules: [
          {
            host,
            http: {
              paths: [{ path: '/', pathType: 'Prefix', backend: { service: { name: 'web', port: { name: 'http' } } } }],
            },
          },
        ],
      },
    },
  );
  await until('the pod runs', async () => (await phase('web')) === 'Running', 60_000);
  const served = await serveIngress(namespace, 'web');
  try {
    expect(served.config).toContain('proxy_read_timeout 86400s');
    expect(certificate).toContain('BEGIN CERTIFICATE');
    const asked = await until(
      'what the pod was asked is served',
      async () => {
        const answer = await served.fetch('/cgi-bin/asked');
        const text = await answer.text();
        return answer.status === 200 && text.includes('REQUEST_METHOD=GET') && text;
        // kube-proxy, which makes the Service's address work, comes back slowly after the API server was away (above).
      },
      90_000,
    );
    expect(asked).toContain(`HTTP_HOST=${host}:${served.port}`);
    expect(asked).toContain('HTTP_X_FORWARDED_PROTO=https');
    expect((await served.fetch('/lab', { headers: { Host: 'other.example.test' } })).status).toBe(404);
  } finally {
    await served.stop();
  }
});
