import { readFileSync } from 'node:fs';
import type { V1ConfigMap, V1Deployment, V1Ingress, V1PersistentVolumeClaim, V1Secret, V1Service } from '@kubernetes/client-node'; // prettier-ignore
import { describe, expect, test } from 'vitest';
import { containerPort } from '../../../main/jupyter/model';
import { filesChecksum, splitFiles } from '../../../main/runtime/kubernetes/manifests/files';
import { renderObjects } from '../../../main/runtime/kubernetes/manifests/objects';
import type { ClusterSettings } from '../../../main/runtime/kubernetes/model';
import { serverPort } from '../../../main/runtime/kubernetes/names';
import { paths, type ClusterServerSpec } from '../../../main/runtime/runtime';
import { clusterSpec, passwordHash, serverFiles, token, workspaceId } from './clusterSpec';

function render(changes: Partial<ClusterSettings> = {}, spec: Partial<ClusterServerSpec> = {}, files = serverFiles) {
  const objects = renderObjects(clusterSpec(changes, spec), files, { replicas: 1 });
  const of = <T>(kind: string) => objects.find((object) => object.kind === kind) as T;
  const deployment = of<V1Deployment>('Deployment');
  return {
    objects,
    deployment,
    pod: deployment.spec!.template.spec!,
    template: deployment.spec!.template,
    container: deployment.spec!.template.spec!.containers[0]!,
    secret: of<V1Secret>('Secret'),
    config: of<V1ConfigMap>('ConfigMap'),
    claim: of<V1PersistentVolumeClaim>('PersistentVolumeClaim'),
    service: of<V1Service>('Service'),
    ingress: of<V1Ingress | undefined>('Ingress'),
  };
}

test('what the seed asks for is there: image, port, command, volume, configuration as an item, Service', () => {
  const { container, pod, claim, service, config, objects } = render();
  const name = `labdock-my-work-${workspaceId}`;
  expect(container.image).toBe('registry.example/team/labdock@sha256:0123');
  expect(container.imagePullPolicy).toBe('IfNotPresent');
  expect(container.ports).toEqual([{ name: 'http', containerPort: 8888, protocol: 'TCP' }]);
  expect(container.command).toEqual(clusterSpec().command);
  expect(container.command?.at(-1)).toBe(`--config=${paths.config}`);
  expect(pod.volumes).toContainEqual({ name: 'data', persistentVolumeClaim: { claimName: name } });
  const item = { key: 'jupyter_server_config.py', path: 'jupyter_server_config.py', mode: 0o444 };
  expect(pod.volumes).toContainEqual({ name: 'config', configMap: { name, items: [item] } });
  expect(container.volumeMounts).toContainEqual({ name: 'config', mountPath: '/opt/labdock/etc', readOnly: true });
  expect(config.data).toEqual({ 'jupyter_server_config.py': 'c = get_config()\n' });
  expect(claim.spec).toEqual({ accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '10Gi' } } });
  expect(service.spec?.ports).toEqual([{ name: 'http', port: 8888, targetPort: 'http', protocol: 'TCP' }]);
  for (const { metadata } of objects) expect([metadata?.name, metadata?.namespace]).toEqual([name, 'team']);
});

test('the port is the one that the configuration names', () => {
  expect(serverPort).toBe(containerPort);
});

test('nothing is mounted over /opt, where the image has its programs', () => {
  const { container } = render({}, {}, [
    ...serverFiles,
    { path: paths.entrypoint, content: '#!/bin/sh\n', mode: 0o755 },
  ]);
  const places = container.volumeMounts!.map(({ mountPath }) => mountPath);
  expect(places.sort()).toEqual(['/dev/shm', '/home/labdock', '/opt/labdock/bin/entrypoint', '/opt/labdock/etc', '/opt/labdock/secrets', '/work']); // prettier-ignore
});

test('no secret stands anywhere but in the Secret, and there without a trailing newline', () => {
  const { objects, secret } = render();
  const rest = JSON.stringify(objects.filter(({ kind }) => kind !== 'Secret'));
  for (const word of [token, passwordHash, Buffer.from(token).toString('base64')]) expect(rest).not.toContain(word);
  const plain = (key: string) => Buffer.from(secret.data![key]!, 'base64').toString();
  expect(plain('token')).toBe(token);
  expect(plain('password-hash')).toBe(passwordHash);
  expect(secret.type).toBe('Opaque');
});

describe('the checksum of the files', () => {
  const checksum = (files: typeof serverFiles) => filesChecksum(splitFiles(files));
  const changed = (index: number, content: string) =>
    serverFiles.map((file, at) => (at === index ? { ...file, content } : file));

  test('is on the pod, and another one for every other content', () => {
    const { template, deployment } = render();
    const sums = [serverFiles, changed(0, 'x'), changed(1, 'other-token'), changed(2, 'other-hash')].map(checksum);
    expect(template.metadata?.annotations?.['io.labdock.files']).toBe(sums[0]);
    expect(new Set(sums).size).toBe(4);
    expect(deployment.metadata?.annotations?.['io.labdock.config']).toBe('c0ffee');
  });

  test('tells nothing to who tries passwords: it needs the token', () => {
    const guess = (files: typeof serverFiles) => checksum(files.filter(({ path }) => path !== paths.token));
    expect(guess(serverFiles)).not.toBe(checksum(serverFiles));
    expect(checksum(serverFiles)).toMatch(/^[0-9a-f]{32}$/);
  });

  test('does not depend on the order, nor on a trailing newline that is dropped anyway', () => {
    expect(checksum([...serverFiles].reverse())).toBe(checksum(serverFiles));
    expect(checksum(changed(1, token))).toBe(checksum(serverFiles));
  });
});

test('restricted: no root, no privileges, no token of the cluster', () => {
  const { pod, container } = render();
  expect(pod.automountServiceAccountToken).toBe(false);
  expect(pod.enableServiceLinks).toBe(false);
  expect(pod.securityContext).toEqual({
    runAsNonRoot: true,
    runAsUser: 1000,
    runAsGroup: 0,
    fsGroup: 1000,
    fsGroupChangePolicy: 'OnRootMismatch',
    seccompProfile: { type: 'RuntimeDefault' },
  });
  expect(container.securityContext).toEqual({ allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } });
});

test('where the cluster assigns the user (OpenShift) nothing of it is said', () => {
  const { securityContext } = render({ runAsUser: null }).pod;
  expect(securityContext).toEqual({ runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } });
});

test('one at a time, probed under a name the server knows, and never ended for being busy', () => {
  const { deployment, container, pod } = render();
  expect(deployment.spec?.strategy).toEqual({ type: 'Recreate' });
  const get = { path: '/api', port: 'http', httpHeaders: [{ name: 'Host', value: 'localhost' }] };
  expect(container.startupProbe?.httpGet).toEqual(get);
  expect(container.readinessProbe?.httpGet).toEqual(get);
  expect(container.livenessProbe).toBeUndefined();
  expect(pod.terminationGracePeriodSeconds).toBe(30);
});

test('the selectors are the workspace, not its name, configuration or helper pods', () => {
  const { deployment, service, template } = render();
  const selector = { 'app.kubernetes.io/component': 'server', 'io.labdock.workspace': workspaceId };
  expect(deployment.spec?.selector).toEqual({ matchLabels: selector });
  expect(service.spec?.selector).toEqual(selector);
  expect(template.metadata?.labels).toMatchObject(selector);
});

describe('resources', () => {
  test('requests, limits and GPU as quantities', () => {
    const gpu = { resource: 'nvidia.com/gpu', count: 2 };
    const { container } = render({ memoryRequestMiB: 512, memoryLimitMiB: 2048, cpuRequest: 0.25, cpuLimit: 2, gpu });
    expect(container.resources).toEqual({
      requests: { cpu: '250m', memory: '512Mi' },
      limits: { cpu: '2', memory: '2048Mi', 'nvidia.com/gpu': '2' },
    });
  });

  test('0 leaves out', () => {
    const { container } = render({ memoryRequestMiB: 0, memoryLimitMiB: 0, cpuRequest: 0, cpuLimit: 0 });
    expect(container).not.toHaveProperty('resources');
  });

  test.each([
    [0, '1Gi'],
    [64, '64Mi'],
    [4096, '2048Mi'],
  ])('shared memory with a limit of %i MiB: %s', (memoryLimitMiB, sizeLimit) => {
    const { pod } = render({ memoryLimitMiB, memoryRequestMiB: 0 });
    expect(pod.volumes).toContainEqual({ name: 'shm', emptyDir: { medium: 'Memory', sizeLimit } });
  });
});

describe('where it runs', () => {
  test('nothing is said where nothing is chosen', () => {
    const { pod } = render();
    for (const key of [
      'nodeSelector',
      'tolerations',
      'imagePullSecrets',
      'serviceAccountName',
      'shareProcessNamespace',
    ])
      expect(pod).not.toHaveProperty(key);
  });

  test('all of it', () => {
    const { pod } = render(
      {
        nodeSelector: { pool: 'data' },
        tolerations: [
          { key: '', operator: 'Exists', value: '', effect: '', seconds: null },
          { key: 'gpu', operator: 'Equal', value: 'yes', effect: 'NoExecute', seconds: 60 },
          { key: 'x', operator: 'Exists', value: 'ignored', effect: 'NoSchedule', seconds: 60 },
        ],
        imagePullSecrets: ['regcred'],
        serviceAccount: 'analyst',
      },
      { architecture: 'arm64', init: true },
    );
    expect(pod.nodeSelector).toEqual({ 'kubernetes.io/arch': 'arm64', pool: 'data' });
    expect(pod.tolerations).toEqual([
      { operator: 'Exists' },
      { key: 'gpu', operator: 'Equal', value: 'yes', effect: 'NoExecute', tolerationSeconds: 60 },
      { key: 'x', operator: 'Exists', effect: 'NoSchedule' },
    ]);
    expect(pod.imagePullSecrets).toEqual([{ name: 'regcred' }]);
    expect(pod.serviceAccountName).toBe('analyst');
    expect(pod.shareProcessNamespace).toBe(true);
  });

  test('the user has the last word on the architecture of nodes', () => {
    const nodeSelector = { 'kubernetes.io/arch': 'amd64' };
    expect(render({ nodeSelector }, { architecture: 'arm64' }).pod.nodeSelector).toEqual(nodeSelector);
  });
});

test("pod labels and annotations are the user's, except for ours", () => {
  const { template, objects } = render({ podLabels: { team: 'data' }, podAnnotations: { 'example.org/cost': '1' } });
  expect(template.metadata?.labels).toMatchObject({ team: 'data', 'io.labdock.workspace': workspaceId });
  expect(template.metadata?.annotations).toMatchObject({ 'example.org/cost': '1' });
  for (const { metadata } of objects) expect(metadata?.labels).not.toHaveProperty('team');
});

describe('ingress', () => {
  const ingress = { host: 'lab.example.org', className: '', annotations: {}, tlsSecret: '' };

  test('none unless wanted', () => {
    expect(render().ingress).toBeUndefined();
  });

  test('plain: host and Service, and websockets that last', () => {
    const { spec, metadata } = render({ ingress }).ingress!;
    const backend = { service: { name: `labdock-my-work-${workspaceId}`, port: { name: 'http' } } };
    expect(spec).toEqual({
      rules: [{ host: 'lab.example.org', http: { paths: [{ path: '/', pathType: 'Prefix', backend }] } }],
    });
    expect(metadata?.annotations).toMatchObject({
      'nginx.ingress.kubernetes.io/proxy-read-timeout': '86400',
      'nginx.ingress.kubernetes.io/proxy-body-size': '0',
    });
  });

  test('class, TLS and annotations are settings', () => {
    const annotations = { 'nginx.ingress.kubernetes.io/proxy-read-timeout': '10', 'example.org/a': 'b' };
    const made = render({ ingress: { ...ingress, className: 'nginx', tlsSecret: 'lab-tls', annotations } }).ingress!;
    expect(made.spec?.ingressClassName).toBe('nginx');
    expect(made.spec?.tls).toEqual([{ hosts: ['lab.example.org'], secretName: 'lab-tls' }]);
    expect(made.metadata?.annotations).toMatchObject(annotations);
  });
});

test('a storage class only where one is named', () => {
  const { claim } = render({ storage: { className: 'fast', sizeGiB: 3 } });
  expect(claim.spec).toMatchObject({ storageClassName: 'fast', resources: { requests: { storage: '3Gi' } } });
});

test('an entrypoint for images that have none is mounted alone, and executable', () => {
  const content = readFileSync(new URL('../../../resources/image/bin/entrypoint', import.meta.url), 'utf8');
  const { config, pod, container } = render({}, {}, [...serverFiles, { path: paths.entrypoint, content, mode: 0o755 }]);
  expect(config.data?.['entrypoint']).toBe(content);
  const items = [{ key: 'entrypoint', path: 'entrypoint', mode: 0o755 }];
  expect(pod.volumes).toContainEqual({ name: 'files', configMap: { name: config.metadata?.name, items } });
  const mount = { name: 'files', mountPath: paths.entrypoint, subPath: 'entrypoint', readOnly: true };
  expect(container.volumeMounts).toContainEqual(mount);
});

test('objects that are there keep their name when the workspace gets another one', () => {
  const objects = renderObjects(clusterSpec({}, { workspaceName: 'New' }), serverFiles, {
    replicas: 0,
    name: 'labdock-old',
  });
  for (const { metadata } of objects) expect(metadata?.name).toBe('labdock-old');
  expect(JSON.stringify(objects)).not.toContain('labdock-new');
});

test('the same settings render the same objects', () => {
  expect(render().objects).toEqual(render().objects);
});
