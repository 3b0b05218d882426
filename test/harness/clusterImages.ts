/** The ways an image of this machine's engine gets to the cluster: into the node's own store, or through the registry. */
import { randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { clusterDescription, testCluster } from './cluster';
import { asRoot } from './clusterParts';
import { machineEngine } from './engine';
import { run } from './processes';

const docker = async (...args: string[]): Promise<string> =>
  run(['docker', ...args], { env: { DOCKER_HOST: `unix://${await machineEngine()}` }, timeout: 600_000 });

/** The name under which the node knows an image: short names get Docker's host, as `docker run` does. */
function nodeName(image: string): string {
  const [first = ''] = image.split('/');
  const hasHost = image.includes('/') && (/[.:]/.test(first) || first === 'localhost');
  if (hasHost) return image;
  return `docker.io/${image.includes('/') ? '' : 'library/'}${image}`;
}

/** Puts an image of the engine into the node's store, for pods with `imagePullPolicy: IfNotPresent` or `Never`. */
export async function importImage(image: string): Promise<string> {
  const archive = join(tmpdir(), `labdock-image-${randomBytes(5).toString('hex')}.tar`);
  const { containerd } = clusterDescription();
  try {
    await docker('save', '-o', archive, image);
    const ctr = ['ctr', '--address', containerd, '-n', 'k8s.io'];
    await run(asRoot([...ctr, 'images', 'import', archive]), { timeout: 600_000 });
  } finally {
    rmSync(archive, { force: true });
  }
  return nodeName(image);
}

export interface PushedImage {
  /** `HOST:PORT/NAME:TAG` */
  reference: string;
  /** `sha256:…` of the manifest in the registry. */
  digest: string;
  /** `HOST:PORT/NAME@sha256:…`, what a Deployment pins. */
  pinned: string;
}

/** Pushes an image of the engine into the cluster's registry under `name` (`labdock/workspace:dev`). */
export async function pushImage(image: string, name: string): Promise<PushedImage> {
  const reference = `${testCluster().registry}/${name}`;
  await docker('tag', image, reference);
  const output = await docker('push', reference);
  // The tag served the push only. Another run may have removed it already.
  await docker('rmi', reference).catch(() => undefined);
  const digest = /digest: (sha256:[0-9a-f]{64})/.exec(output)?.[1];
  if (!digest) throw new Error(`docker push named no digest:\n${output}`);
  return { reference, digest, pinned: `${reference.replace(/:[^:/]*$/, '')}@${digest}` };
}
