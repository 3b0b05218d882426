/** Volumes as real ones are: a storage class whose volumes are file systems of their own, and really fill up. */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { clusterDescription, testCluster } from './cluster';
import { asRoot } from './clusterParts';
import { run } from './processes';

export interface OwnStorage {
  /** The class to ask for. It has as many volumes as were asked for, and each can be bound once. */
  className: string;
  /** Where the volumes are on the node, which is this machine. */
  folders: string[];
  dispose: () => Promise<void>;
}

/**
 * A storage class with ready volumes of so many MiB, on tmpfs or on a new ext4 in a file: a write beyond that gets ENOSPC.
 * They claim to have the capacity `claimed`, as thin provisioned storage does. Dispose of it after the namespace that uses
 * it.
 */
export async function ownStorage(options: {
  mebibytes: number;
  fileSystem?: 'tmpfs' | 'ext4';
  count?: number;
  claimed?: string;
}): Promise<OwnStorage> {
  const cluster = testCluster();
  const { root, node } = clusterDescription();
  const className = `labdock-test-own-${randomBytes(4).toString('hex')}`;
  const names = Array.from({ length: options.count ?? 1 }, (_, index) => `${className}-${index}`);
  const folders = names.map((name) => join(root, 'run/volumes', name));
  for (const folder of folders) {
    await run(asRoot(['mkdir', '-p', folder]));
    await (options.fileSystem === 'ext4' ? mountExt4 : mountTmpfs)(folder, options.mebibytes);
  }
  await cluster.apply(
    {
      apiVersion: 'storage.k8s.io/v1',
      kind: 'StorageClass',
      metadata: { name: className },
      provisioner: 'kubernetes.io/no-provisioner',
      volumeBindingMode: 'WaitForFirstConsumer',
    },
    ...names.map((name, index) => ({
      apiVersion: 'v1',
      kind: 'PersistentVolume',
      metadata: { name },
      spec: {
        capacity: { storage: options.claimed ?? '10Gi' },
        accessModes: ['ReadWriteOnce'],
        persistentVolumeReclaimPolicy: 'Retain',
        storageClassName: className,
        local: { path: folders[index] },
        nodeAffinity: {
          required: {
            nodeSelectorTerms: [
              { matchExpressions: [{ key: 'kubernetes.io/hostname', operator: 'In', values: [node] }] },
            ],
          },
        },
      },
    })),
  );
  return {
    className,
    folders,
    dispose: async () => {
      await cluster.kubectl('delete', 'pv', ...names, '--ignore-not-found');
      await cluster.kubectl('delete', 'storageclass', className, '--ignore-not-found');
      for (const folder of folders) {
        await run(asRoot(['umount', '-l', folder]));
        await run(asRoot(['rm', '-f', imageOf(folder)]));
      }
    },
  };
}

const mountTmpfs = (folder: string, mebibytes: number) =>
  run(asRoot(['mount', '-t', 'tmpfs', '-o', `size=${mebibytes}m,mode=0777`, 'labdock-test', folder]));

const imageOf = (folder: string) => `${folder}.ext4`;

async function mountExt4(folder: string, mebibytes: number): Promise<void> {
  await run(asRoot(['truncate', '-s', `${mebibytes}M`, imageOf(folder)]));
  await run(asRoot(['mkfs.ext4', '-q', '-F', '-E', 'nodiscard', imageOf(folder)]));
  await run(asRoot(['mount', '-o', 'loop', imageOf(folder), folder]));
  await run(asRoot(['rmdir', join(folder, 'lost+found')]));
  await run(asRoot(['chmod', '0777', folder]));
}
