/** The files of a server that is there: read and written in its ConfigMap and its Secret. */
import { basename } from 'node:path/posix';
import type { V1ConfigMap, V1Deployment, V1Secret } from '@kubernetes/client-node';
import { labels, type ServerFile } from '../runtime';
import { apply } from './apply';
import { filesChecksum, isSecret, splitFiles } from './manifests/files';
import { annotations, fieldManager, objectLabels } from './names';
import { orNull, type ServerObjects } from './serverObjects';

/** null where it does not exist. */
export async function readServerFile(
  objects: ServerObjects,
  deployment: V1Deployment,
  path: string,
): Promise<Buffer | null> {
  const [resource, encoding] = isSecret(path) ? (['secrets', 'base64'] as const) : (['configmaps', 'utf8'] as const);
  const call = { method: 'GET', path: `${objects.path('', resource)}/${deployment.metadata?.name}` } as const;
  const found = (await orNull(objects.ask('get', resource, call))) as V1Secret | V1ConfigMap | null;
  const text = found?.data?.[basename(path)];
  return text === undefined ? null : Buffer.from(text, encoding);
}

/**
 * All files of the server, anew. The checksum on its pod template then asks for another pod, since mounted files do not
 * change under a running one.
 */
export async function writeServerFiles(
  objects: ServerObjects,
  deployment: V1Deployment,
  files: readonly ServerFile[],
  signal?: AbortSignal,
): Promise<void> {
  const { connection, namespace } = objects;
  const name = deployment.metadata?.name ?? '';
  const split = splitFiles(files);
  const metadata = {
    name,
    namespace,
    labels: objectLabels(name, deployment.metadata?.labels?.[labels.workspace] ?? ''),
  };
  const base64 = Object.entries(split.secret).map(
    ([key, value]) => [key, Buffer.from(value).toString('base64')] as const,
  );
  const secret = { apiVersion: 'v1', kind: 'Secret', metadata, type: 'Opaque', data: Object.fromEntries(base64) };
  await apply(connection, secret, { signal });
  await apply(connection, { apiVersion: 'v1', kind: 'ConfigMap', metadata, data: split.config } as V1ConfigMap, {
    signal,
  });
  const template = { metadata: { annotations: { [annotations.files]: filesChecksum(split) } } };
  const path = `${objects.path('apps', 'deployments')}/${name}`;
  const contentType = 'application/merge-patch+json';
  const body = { spec: { template } };
  await objects.ask('patch', 'deployments', {
    method: 'PATCH',
    path,
    query: { fieldManager },
    body,
    contentType,
    signal,
  });
}
