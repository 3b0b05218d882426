/** Test equipment: workspaces on clusters and on their way there. */
import {
  defaultClusterSettings,
  type ClusterOffer,
  type ClusterSettings,
  type Condition,
  type KubeContext,
  type MovePreview,
  type MoveReport,
  type MoveState,
} from '../../../main/app/bridge/contract';
import { ago } from './samples';

export const longContext = 'gke_climate-research-prod-europe-west4_europe-west4-a_notebooks-and-batch-jobs';

export function cluster(change: Partial<ClusterSettings> = {}): ClusterSettings {
  return { ...defaultClusterSettings, context: 'research', namespace: 'mina', ...change };
}

export const contexts: KubeContext[] = [
  { name: 'research', cluster: 'research-eu', user: 'mina@example.org', namespace: 'mina', current: true },
  { name: longContext, cluster: longContext, user: longContext, namespace: 'climate', current: false },
  { name: 'kind-local', cluster: 'kind-local', user: 'kind-local', namespace: 'default', current: false },
];

export const offer: ClusterOffer = {
  version: 'v1.33.2',
  namespaces: ['climate', 'default', 'mina', 'shared'],
  mayCreateNamespace: true,
  storageClasses: [
    { name: 'standard', isDefault: true, provisioner: 'pd.csi.storage.gke.io', waitsForConsumer: true },
    { name: 'fast', isDefault: false, provisioner: 'pd.csi.storage.gke.io', waitsForConsumer: true },
  ],
  ingressClasses: [{ name: 'nginx', isDefault: true }],
  architectures: ['amd64'],
};

export const advanced = cluster({
  repository: 'registry.example.org/climate/labdock',
  nodeSelector: { 'cloud.google.com/gke-nodepool': 'notebooks', 'kubernetes.io/arch': 'amd64' },
  tolerations: [
    { key: 'dedicated', operator: 'Equal', value: 'notebooks', effect: 'NoSchedule', seconds: null },
    { key: 'node.kubernetes.io/unreachable', operator: 'Exists', value: '', effect: 'NoExecute', seconds: 300 },
  ],
  imagePullSecrets: ['registry-login'],
  serviceAccount: 'notebooks',
  ingress: {
    host: 'mina.lab.example.org',
    className: '',
    annotations: { 'nginx.ingress.kubernetes.io/proxy-read-timeout': '3600' },
    tlsSecret: '',
  },
  podLabels: { team: 'climate' },
  gpu: { resource: 'nvidia.com/gpu', count: 1 },
});

export const route = (status: Condition['status'], reason?: 'route-lost' | 'cluster-credentials'): Condition[] => [
  { type: 'Image', status: 'true', reason: 'Present', since: ago(3600) },
  {
    type: 'Route',
    status,
    reason: status === 'true' ? 'Open' : 'Closed',
    since: ago(12),
    ...(reason && { problem: { reason, params: { port: 8888, user: 'mina@example.org', context: 'research' } } }),
  },
];

export const addresses = {
  inside: 'http://climate-study-k3v9.mina.svc:8888',
  outside: 'https://mina.lab.example.org/',
};

export const preview: MovePreview = {
  to: 'cluster',
  files: 1234,
  bytes: 1_234_567_890,
  unchanged: 0,
  deletions: 0,
  conflicts: [],
  conflictCount: 0,
  leftOut: [
    { path: 'data/raw/era5-1950-2025.nc', bytes: 48_000_000_000, why: 'ignored' },
    { path: 'scratch/link-to-shared', bytes: 0, why: 'outside' },
    { path: 'notes/private.txt', bytes: 2_100, why: 'unreadable' },
  ],
  leftOutCount: 3,
  leftOutBytes: 48_000_002_100,
  firstCopy: true,
  image: ['build', 'push'],
  findings: [],
  running: true,
};

export const conflicts = [
  { path: 'analysis.ipynb', copy: 'analysis (from this computer, 2026-11-20).ipynb' },
  { path: '노트/결과 정리.ipynb', copy: '노트/결과 정리 (from this computer, 2026-11-20).ipynb' },
];

export const previewBack: MovePreview = {
  ...preview,
  to: 'local',
  files: 12,
  bytes: 3_400_000,
  unchanged: 1222,
  deletions: 3,
  conflicts,
  conflictCount: 2,
  leftOut: [],
  leftOutCount: 0,
  leftOutBytes: 0,
  firstCopy: false,
  image: [],
};

export function move(change: Partial<MoveState> = {}): MoveState {
  return {
    to: 'cluster',
    stage: 'copying',
    filesDone: 512,
    filesTotal: 1234,
    bytesDone: 530_000_000,
    bytesTotal: 1_234_567_890,
    secondsLeft: 130,
    cancellable: true,
    since: ago(95),
    ...change,
  };
}

export function report(change: Partial<MoveReport> = {}): MoveReport {
  return {
    to: 'cluster',
    files: 1234,
    bytes: 1_234_567_890,
    conflicts: [],
    conflictCount: 0,
    leftOut: [],
    leftOutCount: 0,
    leftOutBytes: 0,
    at: ago(20),
    ...change,
  };
}

export const yaml = `apiVersion: v1
kind: Service
metadata:
  name: climate-study-k3v9
  namespace: mina
  labels:
    app.kubernetes.io/name: jupyter-server
    app.kubernetes.io/managed-by: labdock
spec:
  type: ClusterIP
  selector:
    app.kubernetes.io/instance: climate-study-k3v9
  ports:
    - name: http
      port: 8888
      targetPort: http
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: climate-study-k3v9
  annotations:
    io.labdock.config: 9f2c4a1e7b60d5c83f1a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d5e6f70
spec:
  replicas: 1
  strategy:
    type: Recreate
`;
