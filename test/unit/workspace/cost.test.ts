import { describe, expect, test } from 'vitest';
import { defaultKernel, seedKernels } from '../../../main/image/model';
import { defaultServerSettings } from '../../../main/jupyter/model';
import { defaultClusterSettings, type ClusterSettings } from '../../../main/runtime/kubernetes/model';
import { estimate, losesPackages, type CostInput } from '../../../main/workspace/cost';
import type { WorkspaceDraft } from '../../../main/workspace/model';
import { configHash } from '../../../main/workspace/shape';

const applied: WorkspaceDraft = {
  name: 'Notebooks',
  folder: '/home/ann',
  target: { kind: 'local' },
  kernels: [defaultKernel, seedKernels[0]!],
  image: { kind: 'build' },
  port: 8888,
  resources: { memoryMiB: 0, cpus: 0, gpu: 'none' },
  server: defaultServerSettings,
  cluster: null,
};
const input = (next: Partial<WorkspaceDraft>, rest: Partial<CostInput> = {}): CostInput => ({
  applied,
  next: { ...applied, ...next },
  passwordChanged: false,
  image: 'same',
  live: true,
  ...rest,
});
function onCluster(change: Partial<ClusterSettings>): CostInput {
  const cluster = { ...defaultClusterSettings, context: 'c', namespace: 'n' };
  const there = { ...applied, target: { kind: 'cluster' }, cluster } as const;
  return { ...input({}), applied: there, next: { ...there, cluster: { ...cluster, ...change } } };
}
const numpy = { ...defaultKernel, conda: ['numpy'] };

describe('cost', () => {
  test.each<[string, CostInput, object]>([
    ['nothing', input({}), { cost: 'nothing', because: [], kernels: [], interrupts: false }],
    ['name', input({ name: 'Other' }), { cost: 'nothing', because: [], interrupts: false }],
    ['password', input({}, { passwordChanged: true }), { cost: 'restart', because: ['password'], interrupts: true }],
    [
      'origin',
      input({ server: { ...defaultServerSettings, allowOrigin: 'x' } }),
      { cost: 'restart', because: ['server.allowOrigin'] },
    ],
    [
      'root',
      input({ server: { ...defaultServerSettings, allowRoot: true } }),
      { cost: 'recreate', because: ['server.allowRoot'] },
    ],
    ['port', input({ port: 9000 }), { cost: 'recreate', because: ['port'], kernels: [] }],
    [
      'port and password',
      input({ port: 9000 }, { passwordChanged: true }),
      { cost: 'recreate', because: ['port', 'password'] },
    ],
    ['folder', input({ folder: '/x' }), { cost: 'recreate', because: ['folder'] }],
    [
      'memory',
      input({ resources: { memoryMiB: 2048, cpus: 0, gpu: 'none' } }),
      { cost: 'recreate', because: ['resources'] },
    ],
    [
      'a package in the first of two kernels',
      input({ kernels: [numpy, seedKernels[0]!] }, { image: 'missing' }),
      { cost: 'rebuild', because: ['kernels'], kernels: ['py313'], interrupts: true },
    ],
    [
      'a third kernel',
      input({ kernels: [...applied.kernels, seedKernels[1]!] }, { image: 'missing' }),
      { cost: 'rebuild', kernels: ['py27'] },
    ],
    [
      'back to kernels whose image is still there',
      input({ kernels: [defaultKernel] }, { image: 'other' }),
      { cost: 'recreate', because: ['kernels'], kernels: [] },
    ],
    [
      'packages in another order: the same image',
      input({ kernels: [{ ...defaultKernel }, seedKernels[0]!] }),
      { cost: 'nothing' },
    ],
    ['another base image for all', input({}, { image: 'missing' }), { cost: 'rebuild', because: ['build'] }],
    [
      'another base for this one',
      input({ image: { kind: 'build', base: 'x/y:1' } }, { image: 'missing' }),
      { cost: 'rebuild', because: ['image'], kernels: ['py313', 'py38'] },
    ],
    [
      'a published image',
      input({ image: { kind: 'published', reference: 'a/b:1', pull: 'always' } }, { image: 'missing' }),
      { cost: 'rebuild', because: ['image'], kernels: [] },
    ],
    ['stopped', input({ port: 9000 }, { live: false }), { cost: 'recreate', interrupts: false }],
    [
      'never started, nothing built',
      input({}, { applied: null, image: 'missing', live: false }),
      { cost: 'rebuild', because: [], kernels: ['py313', 'py38'], interrupts: false },
    ],
    [
      'never started, image there',
      input({}, { applied: null, image: 'other', live: false }),
      { cost: 'nothing', because: [] },
    ],
    [
      'what moves, and the size of the volume, on a cluster',
      onCluster({ moveLimitMiB: 100, storage: { className: '', sizeGiB: 20 } }),
      { cost: 'recreate', because: ['cluster'] },
    ],
    ['only what moves', onCluster({ moveLimitMiB: 100 }), { cost: 'nothing', because: [], interrupts: false }],
  ])('%s', (_, change, expected) => {
    expect(estimate(change)).toMatchObject(expected);
  });
});

test('the shape of a container is everything it cannot change, and nothing else', () => {
  const spec = {
    workspaceId: 'aaaaaaaaaaaa',
    workspaceName: 'N',
    image: 'sha256:1',
    command: ['jupyter-lab'],
    init: false,
    env: { A: '1', B: '2' },
    folder: '/x',
    port: 8888,
    resources: { memoryMiB: 0, cpus: 0, gpu: 'none' as const },
    allowRoot: false,
  };
  const hash = configHash(spec);
  expect(hash).toMatch(/^[0-9a-f]{32}$/);
  expect(configHash({ ...spec, workspaceName: 'Other', env: { B: '2', A: '1' } })).toBe(hash);
  const changes = [
    { image: 'sha256:2' },
    { command: ['x'] },
    { init: true },
    { env: {} },
    { folder: '/y' },
    { port: 1 },
    { allowRoot: true },
    { resources: { memoryMiB: 0, cpus: 1, gpu: 'none' as const } },
  ];
  expect(new Set([hash, ...changes.map((change) => configHash({ ...spec, ...change }))]).size).toBe(changes.length + 1);
});

test.each([
  ['nothing', [], 'local', false],
  ['restart', ['password'], 'local', false],
  ['recreate', ['port'], 'local', true],
  ['rebuild', ['kernels'], 'local', true],
  ['restart', ['port'], 'cluster', false],
  ['restart', ['password'], 'cluster', true],
  ['recreate', ['cluster'], 'cluster', true],
] as const)('%s for %j on %s takes packages away: %s', (cost, because, on, expected) => {
  expect(losesPackages({ cost, because: [...because] }, on)).toBe(expected);
});
