/** Test equipment: pieces that scenes are put together from. */
import {
  defaultKernel,
  defaultServerSettings,
  seedKernels,
  type AppState,
  type Condition,
  type EngineCandidate,
  type LogEntry,
  type Phase,
  type Workspace,
  type WorkspaceState,
} from '../../../main/app/bridge/contract';

export const now = '2026-11-20T09:00:00.000Z';
export const ago = (seconds: number) => new Date(Date.parse(now) - seconds * 1000).toISOString();

export const docker: EngineCandidate = {
  host: 'unix:///var/run/docker.sock',
  source: 'well-known:Docker',
  info: {
    product: 'docker',
    version: '28.5.1',
    apiVersion: '1.51',
    rootless: false,
    architecture: 'amd64',
    os: 'linux',
  },
};

let serial = 0;
export function workspace(change: Partial<Workspace> = {}): Workspace {
  serial += 1;
  return {
    id: `ws${String(serial).padStart(10, '0')}`,
    name: 'Climate study',
    folder: '/home/mina/Documents/climate-study',
    target: { kind: 'local' },
    kernels: [defaultKernel],
    image: { kind: 'build' },
    port: 8888,
    resources: { memoryMiB: 0, cpus: 0, gpu: 'none' },
    server: defaultServerSettings,
    cluster: null,
    wanted: 'stopped',
    ...change,
  };
}

export function state(
  phase: Phase,
  change: Partial<Workspace> = {},
  more: Partial<WorkspaceState> = {},
): WorkspaceState {
  return {
    workspace: workspace(change),
    phase,
    conditions: [image(phase)],
    everStarted: true,
    password: 'unset',
    recoverable: [],
    ...more,
  };
}

/** At rest the image is not looked at: nothing is to be started from it. */
const image = (phase: Phase): Condition =>
  phase === 'stopped' || phase === 'failed'
    ? { type: 'Image', status: 'unknown', reason: 'NotNeeded', since: ago(3600) }
    : { type: 'Image', status: 'true', reason: 'Present', since: ago(3600) };

export const twoKernels = [defaultKernel, ...seedKernels];

export function app(workspaces: WorkspaceState[], change: Partial<AppState> = {}): AppState {
  return {
    version: '0.1.0',
    platform: 'linux',
    locale: 'en',
    theme: 'light',
    preferences: {
      language: 'system',
      theme: 'system',
      onQuit: 'ask',
      engine: 'auto',
      build: {
        base: 'condaforge/miniforge3:25.3.1-0',
        channels: ['conda-forge'],
        caBundle: '',
        proxy: { http: '', https: '', noProxy: '' },
      },
    },
    engine: { status: 'available', chosen: docker, candidates: [docker] },
    secrets: { store: 'keychain' },
    workspaces,
    notices: [],
    view: { kind: 'home' },
    ...change,
  };
}

export const buildLog: LogEntry[] = [
  'Step 1/14 : FROM condaforge/miniforge3:25.3.1-0 AS base',
  ' ---> 2f1d0c5b8e3a',
  'Step 5/14 : RUN conda create --yes --override-channels -c conda-forge -n py313 python=3.13 ipykernel',
  'Channels:',
  ' - conda-forge',
  'Platform: linux-64',
  'Collecting package metadata (repodata.json): ...working... done',
  'Solving environment: ...working... done',
  '',
  '## Package Plan ##',
  '  environment location: /opt/conda/envs/py313',
  'Downloading and Extracting Packages: ...working... done',
  'Preparing transaction: ...working... done',
].map((text, index): LogEntry => ({ source: 'build', time: ago(60 - index), text }));

export const failLog: LogEntry[] = [
  ...buildLog.slice(0, 6),
  ...[
    'PackagesNotFoundError: The following packages are not available from current channels:',
    '',
    '  - pandsa=2.2*',
    '',
    'Current channels:  - https://conda.example.org/conda-forge/a-very-long-channel-address-that-must-wrap/linux-64',
  ].map((text): LogEntry => ({ source: 'build', time: ago(5), text, error: true })),
  { source: 'labdock', time: ago(4), text: 'Building stopped: step 5 of 14 failed.' },
];
