/** Test equipment: every page and state of the window, each as a scene that can be painted and looked at. */
import type { Page } from '@playwright/test';
import type { AppState, LogEntry, Outcome, WorkspaceState } from '../../../main/app/bridge/contract';
import type { Reply } from './fakeBridge';
import { ago, app, buildLog, docker, failLog, state, twoKernels, workspace } from './samples';
import { later, settled } from './settle';

export interface Scene {
  name: string;
  state: AppState;
  replies?: Record<string, Reply>;
  log?: LogEntry[];
  /** What a user does to get there. Buttons are found by test-independent means: roles in both languages. */
  act?: (page: Page, words: Words) => Promise<void>;
}
/** The catalogue of the language the scene is played in: `words('home.start')`. */
export type Words = (key: string, params?: Record<string, string | number>) => string;

const ok = (value: unknown): Outcome<unknown> => ({ ok: true, value });

const longName = '아주 긴 이름의 작업 공간 🚀 with a name that goes on and on until it must be cut';
const longFolder =
  '/home/mina/Documents/2026/research projects/한국어 폴더 이름/deep/deeper/the deepest of them all/final (really final) – copy';

const quiet = state('stopped', { kernels: twoKernels }, {});
const ready = state('ready', { name: 'Sales forecast', folder: '/home/mina/work/sales', port: 8889 });
const building = state(
  'preparing',
  { name: 'Genome browser', folder: '/home/mina/genome', port: 8890 },
  {
    progress: { step: 'build-image', stage: 'image', label: 'RUN conda create', current: 5, total: 14, since: ago(74) },
  },
);
const starting = state(
  'starting',
  { name: 'Survey', folder: '/home/mina/survey', port: 8891 },
  {
    progress: { step: 'await-ready', stage: 'lab', since: ago(3) },
  },
);
const pulling = state(
  'preparing',
  { name: 'Survey', folder: '/home/mina/survey', port: 8891 },
  {
    progress: { step: 'pull-image', stage: 'image', fraction: 0.43, since: ago(31) },
  },
);

const failed = (problem: NonNullable<WorkspaceState['problem']>, change = {}) => state('failed', change, { problem });

export const byHand = [{ kernel: 'py313', conda: ['numpy=2.1.3'], pip: ['seaborn==0.13.2', 'polars==1.9.0'] }];
const estimates = {
  rebuild: ok({ cost: 'rebuild', because: ['kernels'], kernels: ['py313'], handInstalled: [], interrupts: true }),
  recreate: ok({
    cost: 'recreate',
    because: ['port'],
    kernels: [],
    handInstalled: byHand,
    interrupts: true,
  }),
  restart: ok({ cost: 'restart', because: ['password'], kernels: [], handInstalled: [], interrupts: true }),
};
const well = { 'workspace.check': ok({ fields: {}, warnings: {} }), 'config.check': ok(null) };

const settings =
  (section: string, then?: (page: Page, words: Words) => Promise<void>) => async (page: Page, words: Words) => {
    await page.getByRole('button', { name: words('home.settingsOf', { name: one.workspace.name }) }).click();
    if (section !== 'general')
      await page.getByRole('button', { name: words(`section.${section}`), exact: true }).click();
    await settled(page);
    await then?.(page, words);
  };
const preferences =
  (section: string, then?: (page: Page, words: Words) => Promise<void>) => async (page: Page, words: Words) => {
    await page.getByRole('button', { name: words('home.preferences') }).click();
    if (section !== 'appearance')
      await page.getByRole('button', { name: words(`preferencesSection.${section}`), exact: true }).click();
    await settled(page);
    await then?.(page, words);
  };

const one = state('ready', { kernels: twoKernels }, { password: 'set' });
const stopped = { ...one, phase: 'stopped' as const };
const lab = (status: 'loading' | 'shown' | 'lost', workspaceState: WorkspaceState, more: Partial<AppState> = {}) =>
  app([workspaceState], { view: { kind: 'lab', workspace: workspaceState.workspace.id, status }, ...more });

const lockedKeychain = {
  reason: 'keychain-locked',
  detail: 'Cannot create an item in a locked collection',
} as const;
const noKeychain = {
  store: 'memory',
  problem: { reason: 'keychain-memory-only', detail: 'keychain-absent: Could not connect: No such file or directory' },
} as const;

const refused = { ...docker, info: undefined };
const noEngine: AppState['engine'] = {
  status: 'unavailable',
  problem: { reason: 'engine-stopped' },
  candidates: [
    { ...refused, problem: { reason: 'engine-stopped', detail: 'connect ENOENT' } },
    {
      host: 'unix:///run/user/1000/podman/podman.sock',
      source: 'well-known:Podman',
      problem: { reason: 'engine-absent' },
    },
    { host: 'tcp://build.example.org:2376', source: 'context:build', problem: { reason: 'engine-remote' } },
    {
      host: 'unix:///home/mina/.colima/default/docker.sock',
      source: 'DOCKER_HOST',
      problem: { reason: 'engine-refused' },
    },
  ],
};

export const scenes: Scene[] = [
  {
    name: 'first-start',
    state: app([state('stopped', { name: 'My notebooks', folder: '/home/mina/Labdock' }, { everStarted: false })]),
  },
  { name: 'empty', state: app([]) },
  {
    name: 'list',
    state: app([
      ready,
      quiet,
      state('stopping', { name: 'Thesis' }, { progress: { step: 'save-work', stage: 'server', since: ago(1) } }),
      state('stopped', { name: longName, folder: longFolder, kernels: twoKernels }),
    ]),
  },
  { name: 'one-stopped', state: app([state('stopped')]) },
  { name: 'working', state: app([building, pulling, starting]) },
  {
    name: 'working-log',
    state: app([building, quiet]),
    log: buildLog,
    act: async (page, words) =>
      page.getByRole('button', { name: words('home.logOf', { name: 'Genome browser' }) }).click(),
  },
  {
    name: 'failed-port',
    state: app([failed({ reason: 'port-busy', params: { port: 8888, holder: 'node (1234)', suggestion: 8889 } })]),
    log: failLog,
  },
  {
    name: 'failed-package',
    state: app([
      failed({
        reason: 'package-not-found',
        params: { package: 'pandsa=2.2', kernel: 'py313' },
        detail: 'PackagesNotFoundError: …',
      }),
      quiet,
    ]),
    log: failLog,
  },
  {
    name: 'failed-lab',
    state: app([
      failed(
        { reason: 'image-without-lab', params: { reference: 'htdp1/jupyter-server:latest' } },
        { image: { kind: 'published', reference: 'htdp1/jupyter-server:latest', pull: 'always' } },
      ),
    ]),
    log: failLog,
  },
  {
    name: 'failed-folder',
    state: app([
      failed({ reason: 'folder-missing', params: { folder: longFolder } }, { folder: longFolder, name: longName }),
    ]),
    log: failLog,
  },
  {
    name: 'stopped-itself',
    state: app([
      state('stopped', {}, { problem: { reason: 'out-of-memory', params: { limitMiB: 2048 } } }),
      state('stopped', { name: 'Thesis' }, { problem: { reason: 'stopped-outside' } }),
    ]),
  },
  {
    name: 'pending',
    state: app([
      state('ready', {}, { pending: 'recreate' }),
      state('stopped', { name: 'Thesis' }, { pending: 'rebuild' }),
      state(
        'stopped',
        { name: 'Survey' },
        { recoverable: ['analysis.ipynb', 'notes/한국어 노트.ipynb', 'a.ipynb', 'b.ipynb'] },
      ),
    ]),
  },
  {
    name: 'hand-installed',
    state: app([one], {
      question: { id: 'q', kind: 'hand-installed', workspace: one.workspace.id, found: byHand },
    }),
  },
  {
    name: 'hand-installed-unknown',
    state: app([one], { question: { id: 'q', kind: 'hand-installed', workspace: one.workspace.id, found: null } }),
  },
  {
    name: 'no-engine',
    state: app([quiet], { engine: noEngine }),
    act: async (page) => page.locator('summary').first().click(),
  },
  {
    name: 'looking',
    state: app([quiet], { engine: { status: 'looking', candidates: [] } }),
    act: async (page) => later(page, 1200),
  },
  {
    name: 'notices',
    state: app([quiet], {
      notices: [
        {
          id: 'a',
          problem: {
            reason: 'settings-restored',
            params: { path: '/home/mina/.config/labdock/settings.damaged.json' },
          },
        },
        { id: 'b', problem: { reason: 'keychain-locked' } },
      ],
    }),
  },
  {
    name: 'toast',
    state: app([quiet]),
    replies: {
      'workspace.start': {
        ok: false,
        problem: { reason: 'engine-error', detail: 'Error response from daemon: something went wrong' },
      },
    },
    act: async (page, words) =>
      page.getByRole('button', { name: words('home.startOf', { name: quiet.workspace.name }) }).click(),
  },
  { name: 'settings-general', state: app([one]), replies: well, act: settings('general') },
  {
    name: 'settings-general-wrong',
    state: app([one]),
    replies: {
      'workspace.check': ok({
        fields: { port: { reason: 'port-taken', params: { name: 'Sales forecast', port: 8889 } } },
        warnings: { folder: { reason: 'folder-missing', params: { folder: '/home/mina/new' } } },
      }),
      'workspace.estimate': estimates.recreate,
    },
    act: settings('general', async (page, words) => {
      await page.getByLabel(words('general.port'), { exact: true }).fill('8889');
      await later(page, 500);
    }),
  },
  {
    name: 'settings-general-rules',
    state: app([one]),
    replies: well,
    act: settings('general', async (page, words) => {
      await page.getByLabel(words('general.port'), { exact: true }).fill('80');
      await page.getByLabel(words('general.name'), { exact: true }).fill('');
      await page.keyboard.press('Control+s');
    }),
  },
  {
    name: 'settings-kernels',
    state: app([one]),
    replies: { ...well, 'workspace.estimate': estimates.rebuild },
    act: settings('kernels', async (page, words) => {
      await page.locator('[aria-controls="kernel-0"]').click();
      const conda = page.getByRole('combobox', { name: words('kernels.conda') });
      await conda.fill('numpy pandas>=2,<3');
      await conda.press('Enter');
      await later(page, 500);
    }),
  },
  {
    name: 'settings-kernels-old',
    state: app([stopped]),
    replies: well,
    act: settings('kernels', async (page, words) => {
      await page.locator('[aria-controls="kernel-2"]').click();
      const conda = page.getByRole('combobox', { name: words('kernels.conda') });
      await conda.fill('a; rm -rf /');
      await conda.press('Enter');
      await later(page, 500);
    }),
  },
  {
    name: 'settings-image',
    state: app([one]),
    replies: well,
    act: settings('image'),
  },
  {
    name: 'settings-image-published',
    state: app([one]),
    replies: well,
    act: settings('image', async (page) => {
      await page.getByRole('radio').nth(1).click();
    }),
  },
  { name: 'settings-password', state: app([one]), replies: well, act: settings('password') },
  {
    name: 'settings-password-change',
    state: app([one], { secrets: noKeychain }),
    replies: { ...well, 'workspace.estimate': estimates.restart },
    act: settings('password', async (page, words) => {
      await page.getByRole('button', { name: words('password.change') }).click();
      await page.getByLabel(words('password.new'), { exact: true }).fill('pä€😀');
      await later(page, 500);
    }),
  },
  {
    name: 'settings-password-locked',
    state: app([{ ...one, password: 'unknown' }], { secrets: { store: 'memory', problem: lockedKeychain } }),
    replies: well,
    act: settings('password'),
  },
  { name: 'settings-resources', state: app([one]), replies: well, act: settings('resources') },
  {
    name: 'settings-server',
    state: app([
      state('ready', {
        id: one.workspace.id,
        server: { ...one.workspace.server, allowOrigin: '*', disableCheckXsrf: true },
      }),
    ]),
    replies: well,
    act: settings('server'),
  },
  {
    name: 'settings-server-code',
    state: app([
      state('ready', {
        id: one.workspace.id,
        server: {
          ...one.workspace.server,
          custom:
            'c.ServerApp.shutdown_no_activity_timeout = 3600\nc.ServerApp.tornado_settings = {\n  "headers": (\n}\n',
        },
      }),
    ]),
    replies: {
      ...well,
      'config.check': ok({ line: 4, message: "closing parenthesis '}' does not match opening parenthesis '('" }),
    },
    act: settings('server', async (page) => {
      await page.locator('textarea').scrollIntoViewIfNeeded();
      await later(page, 500);
      await page.locator('main').evaluate((main) => main.scrollTo(0, main.scrollHeight));
    }),
  },
  {
    name: 'settings-import',
    state: app([one]),
    replies: {
      ...well,
      'files.pickFile': ok({ path: '/home/mina/.jupyter/jupyter_notebook_config.py' }),
      'config.import': ok({
        server: { rootDir: '' },
        folder: '/srv/notebooks',
        port: 9999,
        passwordHash: 'sha1:x',
        custom: 'c.Foo.bar = 1\nc.Foo.baz = 2\n',
        imported: ['ServerApp.root_dir', 'ServerApp.port', 'PasswordIdentityProvider.hashed_password'],
        ignored: [{ setting: 'ServerApp.certfile', why: 'encryption' }],
      }),
    },
    act: settings('server', async (page, words) => page.getByRole('button', { name: words('server.import') }).click()),
  },
  {
    name: 'settings-rendered',
    state: app([one]),
    replies: {
      ...well,
      'config.render': ok({
        text: '# Written by Labdock.\nc = get_config()\nc.ServerApp.ip = "0.0.0.0"\nc.ServerApp.port = 8888\nc.ServerApp.port_retries = 0\nc.IdentityProvider.token = "<kept in the keychain>"\n',
      }),
    },
    act: settings('server', async (page, words) => page.getByRole('button', { name: words('server.render') }).click()),
  },
  {
    name: 'settings-remove',
    state: app([one]),
    replies: well,
    act: settings('general', async (page, words) => page.getByRole('button', { name: words('remove.open') }).click()),
  },
  {
    name: 'settings-leave',
    state: app([one]),
    replies: well,
    act: settings('general', async (page, words) => {
      await page.getByLabel(words('general.name'), { exact: true }).fill('Other');
      await page.getByRole('heading', { level: 1 }).click();
      await page.keyboard.press('Escape');
    }),
  },
  {
    name: 'new',
    state: app([ready]),
    replies: {
      ...well,
      'workspace.suggest': ok(
        (({ id: _id, wanted: _wanted, ...draft }) => draft)(
          workspace({ name: 'Workspace 2', folder: '/home/mina/Labdock 2', port: 8892 }),
        ),
      ),
    },
    act: async (page, words) => page.getByRole('button', { name: words('home.new') }).click(),
  },
  { name: 'preferences', state: app([one]), act: preferences('appearance') },
  {
    name: 'preferences-engine',
    state: app([one]),
    replies: { 'engine.candidates': ok([docker, ...noEngine.candidates.slice(1)]) },
    act: preferences('engine', async (page) => {
      await page.getByRole('radio').last().click();
    }),
  },
  {
    name: 'preferences-build',
    state: app([one]),
    act: preferences('build', async (page, words) =>
      page.getByLabel(words('build.proxyHttp'), { exact: true }).fill('proxy:3128'),
    ),
  },
  { name: 'preferences-about', state: app([one]), act: preferences('about') },
  {
    name: 'preferences-about-locked',
    state: app([one], { secrets: { store: 'safe-storage', problem: lockedKeychain } }),
    act: preferences('about'),
  },
  {
    name: 'preferences-about-absent',
    state: app([one], { secrets: { store: 'safe-storage', problem: { reason: 'keychain-absent' } } }),
    act: preferences('about'),
  },
  { name: 'lab-shown', state: lab('shown', one) },
  {
    name: 'lab-download',
    state: lab('shown', state('ready', { name: longName }), {
      downloads: [],
    }),
  },
  { name: 'lab-loading', state: lab('loading', one), act: async (page) => later(page, 600) },
  { name: 'lab-starting', state: lab('loading', building), log: buildLog },
  { name: 'lab-lost', state: lab('lost', one) },
  { name: 'lab-stopped', state: lab('lost', { ...one, phase: 'stopped' }) },
  {
    name: 'lab-oom',
    state: lab('lost', { ...one, phase: 'stopped', problem: { reason: 'out-of-memory', params: { limitMiB: 2048 } } }),
    log: failLog,
  },
  {
    name: 'lab-log',
    state: lab('shown', one),
    log: buildLog,
    act: async (page, words) => page.getByRole('button', { name: words('home.log') }).click(),
  },
  {
    name: 'question-quit',
    state: app([ready, quiet], { question: { id: 'q', kind: 'quit', running: [ready.workspace.id] } }),
  },
  {
    name: 'question-unsaved',
    state: lab('shown', one, {
      question: { id: 'q', kind: 'unsaved', workspace: one.workspace.id, files: ['analysis.ipynb', '노트.ipynb'] },
    }),
  },
  {
    name: 'question-busy',
    state: app([ready], {
      question: {
        id: 'q',
        kind: 'busy-kernels',
        workspace: ready.workspace.id,
        kernels: ['Python 3.13 — analysis.ipynb'],
      },
    }),
  },
];

const download = scenes.find((scene) => scene.name === 'lab-download');
if (download && download.state.view.kind === 'lab') {
  download.state.downloads = [
    {
      id: 'd',
      workspace: download.state.view.workspace,
      name: 'a rather long report name (final).pdf',
      receivedBytes: 420,
      totalBytes: 1000,
      status: 'running',
    },
  ];
}
