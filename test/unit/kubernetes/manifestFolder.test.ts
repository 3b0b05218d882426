import { loadAllYaml, loadYaml, type KubernetesObject } from '@kubernetes/client-node';
import { expect, test } from 'vitest';
import { manifestFolder } from '../../../main/runtime/kubernetes/manifestFolder';
import { renderNamespace, renderObjects } from '../../../main/runtime/kubernetes/manifests/objects';
import { clusterSpec, passwordHash, serverFiles, token, workspaceId } from './clusterSpec';

const ingress = { host: 'lab.example.org', className: 'nginx', annotations: { 'example.org/on': 'on' }, tlsSecret: '' };
const objects = renderObjects(clusterSpec({ ingress }), serverFiles, { replicas: 1 });
const plain = (value: unknown) => JSON.parse(JSON.stringify(value)) as unknown;

test('the YAML is exactly what is applied, but for the Secret', () => {
  const { yaml, files } = manifestFolder(objects);
  const read = loadAllYaml(yaml).filter((object) => object as unknown);
  expect(plain(read)).toEqual(plain(objects.filter(({ kind }) => kind !== 'Secret')));
  for (const { name, content } of files.filter(
    (file) => file.name.endsWith('.yaml') && file.name !== 'kustomization.yaml',
  )) {
    const { kind } = loadYaml<KubernetesObject>(content);
    expect(name).toBe(`${kind!.toLowerCase()}.yaml`);
  }
});

test('kustomize is given every file, and the Secret only as a comment', () => {
  const { files } = manifestFolder(objects, renderNamespace({ namespace: 'team' }));
  const kustomization = loadYaml<{ resources: string[] }>(files[0]!.content);
  expect(kustomization.resources).toEqual(['namespace.yaml', 'configmap.yaml', 'persistentvolumeclaim.yaml', 'service.yaml', 'ingress.yaml', 'deployment.yaml']); // prettier-ignore
  expect(kustomization).not.toHaveProperty('secretGenerator');
  expect(files.map(({ name }) => name)).toEqual(['kustomization.yaml', ...kustomization.resources, 'SECRET.md']);
});

test('how the Secret is made is said, with its labels; its values are not', () => {
  const { yaml, files } = manifestFolder(objects);
  const all = [yaml, ...files.map(({ content }) => content)].join('\n');
  for (const word of [token, passwordHash, Buffer.from(token).toString('base64')]) expect(all).not.toContain(word);
  const name = `labdock-my-work-${workspaceId}`;
  const create = `kubectl create secret generic ${name} --namespace team --from-file=token --from-file=password-hash`;
  for (const text of [yaml, files.at(-1)!.content]) {
    expect(text).toContain(create);
    expect(text).toContain(`io.labdock.workspace=${workspaceId}`);
  }
});
