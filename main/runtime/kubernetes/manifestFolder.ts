/**
 * A server's objects for a person to read, copy or keep: exact, but without the Secret's values. The folder is a kustomize
 * one; `kubectl apply -k` of it makes what Labdock would make, and Labdock adopts that after asking. Pure.
 */
import { dumpYaml, type KubernetesObject, type V1Secret } from '@kubernetes/client-node';
import type { ManifestFolder } from '../runtime';
import type { ServerObject } from './manifests/objects';

type AnyObject = KubernetesObject;

/** @param objects as `renderObjects` has them; @param namespace object to make first, where Labdock would */
export function manifestFolder(objects: readonly ServerObject[], namespace?: AnyObject): ManifestFolder {
  const secret = objects.find((object): object is V1Secret => object.kind === 'Secret');
  const shown: AnyObject[] = [...(namespace ? [namespace] : []), ...objects.filter(({ kind }) => kind !== 'Secret')];
  const files = shown.map((object) => ({ name: fileName(object), content: yamlOf(object) }));
  const note = secret ? secretCommands(secret) : [];
  return {
    yaml: [...(note.length > 0 ? [comment(note)] : []), ...files.map(({ content }) => content)].join('---\n'),
    files: [
      { name: 'kustomization.yaml', content: kustomization(files, secret) },
      ...files,
      ...(secret ? [{ name: 'SECRET.md', content: secretNote(secret) }] : []),
    ],
  };
}

/** One line per value, in the order of the fields, nothing folded. */
export function yamlOf(object: AnyObject): string {
  return dumpYaml(object, { lineWidth: -1, noRefs: true });
}

/** `persistentvolumeclaim.yaml`: one of each kind. */
const fileName = ({ kind = '' }: AnyObject) => `${kind.toLowerCase()}.yaml`;

function kustomization(files: readonly { name: string }[], secret: V1Secret | undefined): string {
  const text = yamlOf({
    apiVersion: 'kustomize.config.k8s.io/v1beta1',
    kind: 'Kustomization',
    ...{ resources: files.map(({ name }) => name) },
  });
  return secret ? `${text}${comment(generator(secret))}` : text;
}

/** The Secret as kustomize itself would make it, from files that are not in this folder. */
function generator(secret: V1Secret): string[] {
  const { name = '', namespace = '', labels = {} } = secret.metadata ?? {};
  return [
    'The Secret is not in this folder: see SECRET.md. Or put its values into files and let kustomize make it:',
    'secretGenerator:',
    `  - name: ${name}`,
    `    namespace: ${namespace}`,
    '    files:',
    ...Object.keys(secret.data ?? {}).map((key) => `      - secrets/${key}`),
    '    options:',
    '      disableNameSuffixHash: true',
    '      labels:',
    ...Object.entries(labels).map(([key, value]) => `        ${key}: ${value}`),
  ];
}

function secretCommands(secret: V1Secret): string[] {
  const { name = '', namespace = '' } = secret.metadata ?? {};
  return [
    `Secret ${name}: its values are not shown. From files without a trailing newline (SECRET.md says how they are made):`,
    ...commands(secret).map((line) => `  ${line}`),
    `Every object is in the namespace ${namespace}.`,
  ];
}

function commands({ metadata, data }: V1Secret): string[] {
  const { name = '', namespace = '', labels = {} } = metadata ?? {};
  const from = Object.keys(data ?? {}).map((key) => `--from-file=${key}`);
  const pairs = Object.entries(labels).map(([key, value]) => `${key}=${value}`);
  return [
    `kubectl create secret generic ${name} --namespace ${namespace} ${from.join(' ')}`,
    `kubectl label secret ${name} --namespace ${namespace} ${pairs.join(' ')}`,
  ];
}

function secretNote(secret: V1Secret): string {
  return [
    `# Secret ${secret.metadata?.name}`,
    '',
    'Labdock makes this Secret itself when it starts the workspace. Make it by hand only where the objects are applied by hand',
    'before. The server reads both files as they are: no trailing newline.',
    '',
    '```sh',
    'umask 077',
    '# The token with which the server is asked; without one anybody who reaches it is let in.',
    "openssl rand -hex 24 | tr -d '\\n' >token",
    "# The password's hash; an empty file means there is none.",
    `python3 -c 'from jupyter_server.auth import passwd; print(passwd(), end="")' >password-hash`,
    ...commands(secret),
    'rm token password-hash',
    '```',
    '',
    'The labels say whose it is: without them Labdock does not touch it. When Labdock adopts the objects it asks first, and then',
    'puts its own token and password hash in.',
    '',
  ].join('\n');
}

const comment = (lines: string[]) => lines.map((line) => `# ${line}\n`).join('');
