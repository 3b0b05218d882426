/** Test equipment: every page and state of the window that has to do with a cluster. */
import type { Page } from '@playwright/test';
import type { AppState, Outcome, WorkspaceState } from '../../../main/app/bridge/contract';
import * as on from './clusterSamples';
import { ago, app, buildLog, state, twoKernels } from './samples';
import type { Scene, Words } from './scenes';
import { later, settled } from './settle';

const ok = (value: unknown): Outcome<unknown> => ({ ok: true, value });
const longName = '아주 긴 이름의 작업 공간 🚀 with a name that goes on and on until it must be cut';

const here = state('ready', { kernels: twoKernels, cluster: on.cluster({ repository: 'registry.example.org/lab' }) });
const plain = state('stopped', { name: 'Thesis', folder: '/home/mina/thesis' });
const there = state(
  'ready',
  { name: 'Sales forecast', target: { kind: 'cluster' }, cluster: on.cluster(), port: 8889 },
  { conditions: on.route('true'), addresses: on.addresses, leftBehind: 'local' },
);
const changed = (base: WorkspaceState, change: Partial<WorkspaceState>): WorkspaceState => ({ ...base, ...change });
const withCluster = (base: WorkspaceState, cluster: ReturnType<typeof on.cluster> | null): WorkspaceState => ({
  ...base,
  workspace: { ...base.workspace, cluster },
});
const starting = (
  step: 'push-image' | 'create' | 'start' | 'forward',
  stage: 'image' | 'container' | 'server' | 'lab',
  more = {},
) =>
  state(
    step === 'push-image' || step === 'create' ? 'preparing' : 'starting',
    { name: step, target: { kind: 'cluster' }, cluster: on.cluster() },
    { progress: { step, stage, since: ago(8), ...more } },
  );
const lab = (status: 'loading' | 'shown' | 'lost', one: WorkspaceState, more: Partial<AppState> = {}) =>
  app([one], { view: { kind: 'lab', workspace: one.workspace.id, status }, ...more });

const well = {
  'workspace.check': ok({ fields: {}, warnings: {} }),
  'config.check': ok(null),
  'cluster.contexts': ok({ contexts: on.contexts }),
  'cluster.offer': ok(on.offer),
};
const section =
  (of: WorkspaceState, name: string, then?: (page: Page, words: Words) => Promise<void>) =>
  async (page: Page, words: Words) => {
    await page.getByRole('button', { name: words('home.settingsOf', { name: of.workspace.name }) }).click();
    if (name !== 'general') await page.getByRole('button', { name: words(`section.${name}`), exact: true }).click();
    await later(page, 600);
    await then?.(page, words);
  };
const toEnd = (page: Page) => page.locator('main').evaluate((main) => main.scrollTo(0, main.scrollHeight));
const openMove =
  (of: WorkspaceState, to: 'cluster' | 'local', then?: (page: Page) => Promise<void>) =>
  async (page: Page, words: Words) => {
    await page.getByRole('button', { name: words(`move.of.${to}`, { name: of.workspace.name }) }).click();
    await later(page, 200);
    await then?.(page);
  };

const openFolds = async (page: Page) => {
  await page.getByRole('dialog').locator('details').first().waitFor();
  await page
    .getByRole('dialog')
    .locator('details')
    .evaluateAll((all) => all.forEach((one) => one.setAttribute('open', '')));
};

export const clusterScenes: Scene[] = [
  {
    name: 'cluster-list',
    state: app([
      here,
      there,
      state('stopped', {
        name: longName,
        target: { kind: 'cluster' },
        cluster: on.cluster({ context: on.longContext, namespace: 'climate-research-team-notebooks' }),
      }),
      plain,
    ]),
  },
  {
    name: 'cluster-starting',
    state: app([
      starting('push-image', 'image', { fraction: 0.37 }),
      starting('create', 'container'),
      starting('start', 'server', { label: 'Pulling' }),
      starting('forward', 'lab'),
    ]),
  },
  {
    name: 'cluster-failed',
    state: app([
      changed(there, {
        phase: 'failed',
        addresses: undefined,
        problem: {
          reason: 'unschedulable',
          params: {
            message: '0/12 nodes are available: 12 Insufficient memory. preemption: 0/12 nodes are available.',
          },
        },
      }),
      state(
        'failed',
        { name: 'By hand', target: { kind: 'cluster' }, cluster: on.cluster() },
        { problem: { reason: 'adopt-first', params: { manager: 'kubectl-client-side-apply' } } },
      ),
    ]),
    log: [
      ...buildLog.slice(0, 3),
      {
        source: 'cluster',
        time: ago(9),
        text: 'Pod climate-study-k3v9-6f9: FailedScheduling: 0/12 nodes are available',
        error: true,
      },
    ],
  },
  {
    name: 'cluster-route-lost',
    state: app([
      changed(there, { phase: 'starting', conditions: on.route('false', 'route-lost') }),
      changed(state('ready', { name: 'Survey', target: { kind: 'cluster' }, cluster: on.cluster() }), {
        conditions: on.route('false', 'cluster-credentials'),
      }),
    ]),
  },
  {
    name: 'moving',
    state: app([
      changed(here, { phase: 'stopped', move: on.move() }),
      changed(state('ready', { name: 'Preparing' }), {
        move: on.move({ stage: 'image' }),
        progress: { step: 'push-image', stage: 'image', fraction: 0.62, since: ago(30) },
      }),
      changed(state('stopped', { name: 'Comparing', target: { kind: 'cluster' }, cluster: on.cluster() }), {
        move: on.move({ to: 'local', stage: 'comparing' }),
      }),
      changed(state('stopped', { name: 'Going back' }), { move: on.move({ stage: 'returning', cancellable: false }) }),
    ]),
  },
  {
    name: 'moved',
    state: app([
      changed(there, {
        moved: on.report({ leftOut: on.preview.leftOut, leftOutCount: 3, leftOutBytes: on.preview.leftOutBytes }),
      }),
      changed(here, {
        moved: on.report({ to: 'local', files: 12, bytes: 3_400_000, conflicts: on.conflicts, conflictCount: 2 }),
        leftBehind: 'cluster',
      }),
      changed(state('ready', { name: 'Failed', cluster: on.cluster() }), {
        moved: on.report({ problem: { reason: 'move-far-full', params: { bytes: 123_000_000, where: 'cluster' } } }),
      }),
      changed(state('ready', { name: 'Refused', cluster: on.cluster() }), {
        moved: on.report({
          problem: { reason: 'push-denied', params: { reference: 'registry.example.org/climate/labdock' } },
        }),
      }),
    ]),
  },
  {
    name: 'moved-conflicts',
    state: app([
      changed(here, {
        moved: on.report({ to: 'local', files: 12, bytes: 3_400_000, conflicts: on.conflicts, conflictCount: 2 }),
        leftBehind: 'cluster',
      }),
    ]),
    act: async (page) => page.locator('summary').click(),
  },
  {
    name: 'move-to-cluster',
    state: app([here]),
    replies: { 'move.preview': ok(on.preview) },
    act: openMove(here, 'cluster'),
  },
  {
    name: 'move-to-cluster-left-out',
    state: app([here]),
    replies: { 'move.preview': ok(on.preview) },
    act: openMove(here, 'cluster', openFolds),
  },
  {
    name: 'move-back',
    state: app([there]),
    replies: { 'move.preview': ok(on.previewBack) },
    act: openMove(there, 'local', openFolds),
  },
  {
    name: 'move-blocked',
    state: app([here]),
    replies: {
      ...well,
      'move.preview': ok({
        ...on.preview,
        leftOut: [],
        leftOutCount: 0,
        findings: [
          { problem: { reason: 'repository-missing' }, blocks: true },
          {
            problem: {
              reason: 'cluster-forbidden',
              params: { verb: 'create', resource: 'deployments.apps', namespace: 'mina' },
            },
            blocks: true,
          },
          { problem: { reason: 'image-architecture', params: { image: 'arm64', nodes: 'amd64' } }, blocks: false },
        ],
      }),
    },
    act: openMove(here, 'cluster'),
  },
  {
    name: 'move-no-settings',
    state: app([plain]),
    replies: { 'move.preview': { ok: false, problem: { reason: 'cluster-settings-missing' } } },
    act: openMove(plain, 'cluster'),
  },
  {
    name: 'move-refused',
    state: app([here]),
    replies: {
      'move.preview': {
        ok: false,
        problem: {
          reason: 'cluster-unreachable',
          params: { context: 'research', server: 'https://api.research.example.org:6443' },
          detail: 'connect ETIMEDOUT 203.0.113.7:6443',
        },
      },
    },
    act: openMove(here, 'cluster'),
  },
  {
    name: 'move-looking',
    state: app([here]),
    replies: { 'move.preview': 'never' },
    act: openMove(here, 'cluster'),
  },
  {
    name: 'move-long-names',
    state: app([
      changed(here, {
        workspace: {
          ...here.workspace,
          name: longName,
          folder: '/home/mina/Documents/2026/research projects/한국어 폴더 이름/deep/deeper/the deepest of them all',
          cluster: on.cluster({ context: on.longContext, namespace: 'climate-research-team-notebooks' }),
        },
      }),
    ]),
    replies: { 'move.preview': ok(on.preview) },
    act: async (page, words) =>
      openMove(changed(here, { workspace: { ...here.workspace, name: longName } }), 'cluster')(page, words),
  },
  {
    name: 'move-from-tray',
    state: app([plain, here], { question: { id: 'q', kind: 'move', workspace: here.workspace.id, to: 'cluster' } }),
    replies: { 'move.preview': ok({ ...on.preview, running: false, image: [], leftOutCount: 0, leftOut: [] }) },
    act: async (page) => later(page, 200),
  },
  {
    name: 'forget-cluster',
    state: app([changed(here, { moved: on.report({ to: 'local' }), leftBehind: 'cluster' })]),
    act: async (page, words) => {
      await page.getByRole('button', { name: words('leftBehind.open.cluster') }).click();
      await page.getByRole('textbox').fill('Climate study');
    },
  },
  {
    name: 'forget-local',
    state: app([there]),
    replies: { ...well, 'move.forget': { ok: false, problem: { reason: 'engine-stopped' } } },
    act: section(there, 'general', async (page, words) => {
      await page.getByRole('button', { name: words('leftBehind.open.local') }).click();
      await page.getByRole('dialog').getByRole('textbox').fill(there.workspace.name);
      await page
        .getByRole('dialog')
        .getByRole('button', { name: words('common.remove') })
        .click();
      await settled(page);
    }),
  },
  {
    name: 'settings-general-left-behind',
    state: app([changed(here, { leftBehind: 'cluster' })]),
    replies: well,
    act: section(here, 'general', toEnd),
  },
  {
    name: 'settings-remove-cluster',
    state: app([there]),
    replies: well,
    act: section(there, 'general', async (page, words) => {
      await page.getByRole('button', { name: words('remove.open') }).click();
      await page.getByRole('checkbox').check();
    }),
  },
  {
    name: 'settings-cluster-invitation',
    state: app([withCluster(here, null)]),
    replies: well,
    act: section(here, 'cluster'),
  },
  {
    name: 'settings-cluster-no-kubeconfig',
    state: app([withCluster(here, null)]),
    replies: { ...well, 'cluster.contexts': ok({ contexts: [] }) },
    act: section(here, 'cluster'),
  },
  { name: 'settings-cluster', state: app([here]), replies: well, act: section(here, 'cluster') },
  {
    name: 'settings-cluster-contexts',
    state: app([here]),
    replies: well,
    act: section(here, 'cluster', async (page, words) => {
      await page.getByRole('combobox', { name: words('cluster.context') }).click();
      await later(page, 200);
    }),
  },
  {
    name: 'settings-cluster-end',
    state: app([here]),
    replies: well,
    act: section(here, 'cluster', toEnd),
  },
  {
    name: 'settings-cluster-placed',
    state: app([there]),
    replies: { ...well, 'cluster.preflight': ok([]) },
    act: section(there, 'cluster', async (page, words) => {
      await page.getByRole('button', { name: words('check.button'), exact: true }).click();
      await settled(page);
    }),
  },
  {
    name: 'settings-cluster-findings',
    state: app([here]),
    replies: {
      ...well,
      'cluster.preflight': ok([
        { problem: { reason: 'storage-class-missing', params: { name: 'fast' } }, blocks: true },
        {
          problem: {
            reason: 'quota-exceeded',
            params: { message: 'requests.memory: requested 1Gi, used 31Gi, limited 32Gi' },
          },
          blocks: false,
        },
      ]),
    },
    act: section(here, 'cluster', async (page, words) => {
      const findings = page
        .getByText(words('check.findings'))
        .or(page.getByRole('list', { name: words('check.findings') }))
        .first();
      await page.getByRole('button', { name: words('check.button'), exact: true }).click();
      await findings.scrollIntoViewIfNeeded();
    }),
  },
  {
    name: 'settings-cluster-unreachable',
    state: app([withCluster(here, on.cluster({ context: 'gone' }))]),
    replies: well,
    act: section(here, 'cluster'),
  },
  {
    name: 'settings-cluster-asleep',
    state: app([here]),
    replies: {
      ...well,
      'cluster.offer': {
        ok: false,
        problem: {
          reason: 'credential-plugin-missing',
          params: { command: 'gke-gcloud-auth-plugin', hint: 'gcloud components install gke-gcloud-auth-plugin' },
        },
      },
    },
    act: section(here, 'cluster'),
  },
  {
    name: 'settings-cluster-advanced',
    state: app([withCluster(here, on.advanced)]),
    replies: well,
    act: section(here, 'cluster', async (page, words) => {
      await page.getByRole('button', { name: words('cluster.advanced') }).click();
      await page.getByText(words('cluster.nodeSelector'), { exact: true }).scrollIntoViewIfNeeded();
      await page.locator('main').evaluate((main) => main.scrollBy(0, 320));
    }),
  },
  {
    name: 'settings-cluster-advanced-end',
    state: app([withCluster(here, on.advanced)]),
    replies: well,
    act: section(here, 'cluster', async (page, words) => {
      await page.getByRole('button', { name: words('cluster.advanced') }).click();
      await toEnd(page);
    }),
  },
  {
    name: 'settings-cluster-wrong',
    state: app([withCluster(here, on.advanced)]),
    replies: well,
    act: section(here, 'cluster', async (page, words) => {
      await page.getByLabel(words('cluster.repository'), { exact: true }).fill('Not a repository');
      await page.getByLabel(words('cluster.size'), { exact: true }).fill('');
      await page.getByLabel(words('cluster.amount.memoryRequestMiB'), { exact: true }).fill('64');
      await page.getByRole('button', { name: words('cluster.advanced') }).click();
      await page
        .getByLabel(words('keyValues.keyOf', { list: words('cluster.podLabels'), row: 1 }))
        .fill('app.kubernetes.io/name');
      await page.keyboard.press('Control+s');
      await page.getByLabel(words('cluster.repository'), { exact: true }).scrollIntoViewIfNeeded();
    }),
  },
  {
    name: 'settings-cluster-manifests',
    state: app([here]),
    replies: {
      ...well,
      'cluster.manifests': ok({
        yaml: on.yaml,
        files: [
          { name: 'service.yaml', content: '' },
          {
            name: 'SECRET.txt',
            content:
              'kubectl -n mina create secret generic climate-study-k3v9 \\\n  --from-file=token --from-file=password-hash\n',
          },
        ],
      }),
      'cluster.saveManifests': ok({ path: '/home/mina/deploy/labdock-Climate-study' }),
    },
    act: section(here, 'cluster', async (page, words) => {
      await page.getByRole('button', { name: words('manifests.button') }).click();
      await page.getByRole('dialog').locator('summary').click();
      await page.getByRole('button', { name: words('manifests.save') }).click();
      await settled(page);
    }),
  },
  { name: 'lab-cluster', state: lab('shown', there) },
  {
    name: 'lab-cluster-long',
    state: lab(
      'shown',
      changed(there, {
        workspace: { ...there.workspace, name: longName, cluster: on.cluster({ context: on.longContext }) },
      }),
    ),
  },
  {
    name: 'lab-addresses',
    state: lab('shown', there),
    act: async (page, words) => page.getByRole('button', { name: words('addresses.title') }).click(),
  },
  { name: 'lab-route-lost', state: lab('shown', changed(there, { conditions: on.route('false', 'route-lost') })) },
  { name: 'lab-moving-shown', state: lab('shown', changed(here, { move: on.move({ stage: 'image' }) })) },
  { name: 'lab-moving', state: lab('lost', changed(here, { phase: 'stopped', move: on.move() })), log: buildLog },
  { name: 'lab-moved', state: lab('shown', changed(there, { moved: on.report() })) },
  {
    name: 'lab-move-failed',
    state: lab('shown', changed(here, { moved: on.report({ problem: { reason: 'move-interrupted' } }) })),
    act: async (page, words) => page.getByRole('button', { name: words('moved.failed.cluster') }).click(),
  },
  {
    name: 'question-quit-moving',
    state: app([changed(here, { move: on.move() })], {
      question: { id: 'q', kind: 'quit', running: [], moving: [here.workspace.id] },
    }),
  },
];
