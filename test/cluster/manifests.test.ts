/** Every combination of settings that shapes the objects, against Kubernetes's schemas and the pod security evaluator. */
import { expect, test } from 'vitest';
import { renderObjects, type ServerObject } from '../../main/runtime/kubernetes/manifests/objects';
import { clusterSettingsSchema, type ClusterSettings } from '../../main/runtime/kubernetes/model';
import { paths, type ClusterServerSpec, type ServerFile } from '../../main/runtime/runtime';
import { podSecurityViolations, validateObjects } from '../harness/validate';
import { clusterSpec, serverFiles } from '../unit/kubernetes/clusterSpec';

interface Choice {
  settings?: Partial<ClusterSettings>;
  spec?: Partial<ClusterServerSpec>;
  files?: ServerFile[];
}

const ingress = { host: 'lab.example.org', className: '', annotations: {}, tlsSecret: '' };
const annotations = { 'nginx.ingress.kubernetes.io/proxy-read-timeout': '3600', 'example.org/yes': 'yes' };
const entrypoint = { path: paths.entrypoint, content: '#!/bin/sh\nexec "$@"\n', mode: 0o755 };

/** One of each; every combination is rendered. */
const dimensions: Choice[][] = [
  [
    {},
    { settings: { ingress } },
    { settings: { ingress: { ...ingress, className: 'nginx', tlsSecret: 'lab-tls', annotations } } },
  ],
  [{}, { settings: { gpu: { resource: 'nvidia.com/gpu', count: 2 } } }],
  [{}, { settings: { runAsUser: null } }, { settings: { runAsUser: 2_147_483_647 } }],
  [
    {},
    {
      settings: { storage: { className: 'fast.example', sizeGiB: 65_536 } },
      spec: { init: true },
      files: [entrypoint],
    },
  ],
  [
    {},
    { settings: { memoryRequestMiB: 0, memoryLimitMiB: 0, cpuRequest: 0, cpuLimit: 0 } },
    { settings: { memoryRequestMiB: 64, memoryLimitMiB: 64, cpuRequest: 0.01, cpuLimit: 1024 } },
  ],
  [
    {},
    {
      settings: {
        imagePullSecrets: ['one', 'two.example'],
        serviceAccount: 'analyst',
        nodeSelector: { pool: 'data', 'example.org/zone': '' },
        podLabels: { team: 'data' },
        podAnnotations: { 'example.org/cost': 'long words: {"json": true}\n' },
      },
      spec: { architecture: 'amd64', pullPolicy: 'Always' },
    },
  ],
  [
    {},
    {
      settings: {
        tolerations: [
          { key: '', operator: 'Exists', value: '', effect: '', seconds: null },
          { key: 'gpu', operator: 'Equal', value: 'yes', effect: 'NoExecute', seconds: 0 },
          { key: 'example.org/x', operator: 'Exists', value: '', effect: 'PreferNoSchedule', seconds: null },
        ],
      },
    },
  ],
];

function combinations(): { objects: ServerObject[]; settings: ClusterSettings }[] {
  const rows = dimensions.reduce<Choice[][]>(
    (all, some) => all.flatMap((row) => some.map((one) => [...row, one])),
    [[]],
  );
  return rows.map((row) => {
    const settings = Object.assign({}, ...row.map((one) => one.settings)) as Partial<ClusterSettings>;
    const spec = Object.assign({}, ...row.map((one) => one.spec)) as Partial<ClusterServerSpec>;
    const whole = clusterSpec(settings, spec);
    const files = [...serverFiles, ...row.flatMap((one) => one.files ?? [])];
    return { objects: renderObjects(whole, files, { replicas: 1 }), settings: whole.settings };
  });
}

const table = combinations();

test('the table holds every combination, each of settings that may be entered', () => {
  expect(table).toHaveLength(432);
  for (const { settings } of table) expect(clusterSettingsSchema.safeParse(settings).error).toBeUndefined();
});

test("Kubernetes's schemas take every object, with no field that they do not know", async () => {
  const objects = table.flatMap((row) => row.objects);
  expect(await validateObjects(objects)).toEqual([]);
  expect(objects.length).toBeGreaterThan(2_000);
});

test('the schemas would say so', async () => {
  const service = table[0]!.objects.find(({ kind }) => kind === 'Service')!;
  expect((await validateObjects([{ ...service, sepc: {} }])).join()).toContain('sepc');
});

test('every pod keeps to the restricted profile', async () => {
  const deployments = table.flatMap(({ objects }) => objects.filter(({ kind }) => kind === 'Deployment'));
  expect(deployments).toHaveLength(432);
  expect((await podSecurityViolations(deployments, 'restricted')).flat()).toEqual([]);
});

test('the evaluator would say so', async () => {
  const deployment = structuredClone(table[0]!.objects.find(({ kind }) => kind === 'Deployment'))!;
  const text = JSON.stringify(deployment).replace(
    '"allowPrivilegeEscalation":false',
    '"allowPrivilegeEscalation":true',
  );
  const [violations] = await podSecurityViolations([JSON.parse(text) as object], 'restricted');
  expect(violations?.join()).toContain('allowPrivilegeEscalation');
});
