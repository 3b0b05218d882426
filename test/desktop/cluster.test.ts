/** A workspace goes to a real cluster and back from the window: its notebooks, what is edited there, and every byte. */
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test, type Page } from '@playwright/test';
import { testCluster, testNamespace } from '../harness/cluster';
import { launch, newFolder, removeFolder, screenshot, type Launched } from '../harness/desktop';
import { kernelIdle, labPage, newNotebook, runCell, saveAs } from '../harness/lab';
import { until } from '../harness/processes';
import { TrayWatcher } from '../harness/trayWatcher';
import { appState, phase, removeWorkspaces, workspaceState } from '../harness/workspace';

/** Chunks of main that were read so far; the cluster's is the large one that nobody needs before. */
const loaded = ({ app }: Launched) =>
  app.evaluate(() => {
    const { Module } = process.getBuiltinModule('node:module') as unknown as { Module: { _cache: object } };
    return Object.keys(Module._cache).map((file) => file.split(/[\\/]/).at(-1) ?? '');
  });
const knowsClusters = async (launched: Launched) =>
  (await loaded(launched)).some((name) => name.startsWith('cluster-'));
const hash = (path: string) => createHash('sha256').update(readFileSync(path)).digest('hex');

test('to the cluster, and back, with every byte', async () => {
  test.setTimeout(1_200_000);
  const cluster = testCluster();
  const namespace = await testNamespace({ restricted: true });
  const home = newFolder('home-cluster 한글');
  const tray = await TrayWatcher.start();
  const launched = await launch({ env: { HOME: home, KUBECONFIG: cluster.kubeconfig } });
  const { window } = launched;
  const { workspace } = await workspaceState(window);
  const { name, folder, port } = workspace;
  try {
    await window.getByRole('button', { name: `Start ${name}` }).click();
    const here = await labPage(launched, port, 600_000);
    await newNotebook(here, 'Python 3.13');
    const where = 'import os; print("in a cluster:", "KUBERNETES_SERVICE_HOST" in os.environ)';
    expect(await runCell(here, where)).toBe('in a cluster: False');
    await saveAs(here, '여행.ipynb');
    writeFileSync(join(folder, 'data.bin'), Buffer.alloc(2_000_000, 'x'));
    const sum = hash(join(folder, 'data.bin'));
    // Whoever never uses a cluster never pays for its client.
    expect(await knowsClusters(launched)).toBe(false);

    await backHome(window);
    await setUpCluster(window, name, namespace.name, `${cluster.registry}/labdock/desktop`);
    await window.getByRole('button', { name: `Move ${name} to the cluster` }).click();
    const dialog = window.getByRole('dialog');
    await dialog.getByText('Nothing of this workspace is on the cluster yet.').waitFor({ timeout: 120_000 });
    await screenshot(window, 'cluster-move-dialog');
    await dialog.getByRole('button', { name: 'Move to cluster' }).click();
    await arrived(window, 'cluster');
    await screenshot(window, 'cluster-arrived');
    expect(await knowsClusters(launched)).toBe(true);

    const there = await openNotebook(launched, name, port, '여행.ipynb', 'in a cluster: False');
    expect(await runCell(there, where)).toBe('in a cluster: True');
    expect(await runCell(there, sumOf('data.bin'))).toBe(sum);
    await runCell(there, 'open("새 파일.txt", "w").write("written there"); print("ok")');
    await there.keyboard.press('ControlOrMeta+s');
    await there.screenshot({ path: join(process.env['LABDOCK_TEST_SCREENSHOTS'] ?? home, 'cluster-lab.png') });

    const pods = await namespace.get('pods', '-l', 'app.kubernetes.io/name=jupyterlab');
    expect(pods.items).toHaveLength(1);

    // Back by the tray, which opens the same dialog.
    await (await tray.item()).click(`Move ${name} to this computer…`);
    const back = window.getByRole('dialog');
    await back.getByRole('button', { name: 'Move here' }).click({ timeout: 120_000 });
    await arrived(window, 'local');
    expect(readFileSync(join(folder, '새 파일.txt'), 'utf8')).toBe('written there');
    expect(hash(join(folder, 'data.bin'))).toBe(sum);
    expect(readFileSync(join(folder, '여행.ipynb'), 'utf8')).toContain('새 파일.txt');
    // The layout went along: the notebook is open again.
    const again = await openLab(launched, name, port);
    await again.locator('.lm-TabBar-tabLabel', { hasText: '여행.ipynb' }).first().waitFor({ timeout: 60_000 });
    await openNotebook(launched, name, port, '여행.ipynb', 'ok');
    expect(await runCell(again, where)).toBe('in a cluster: False');
    // What was left there is at rest, and goes only by name.
    const left = await namespace.get('deployments,pvc');
    expect(left.items!.map(({ kind, spec }) => [kind, spec['replicas']])).toEqual([
      ['Deployment', 0],
      ['PersistentVolumeClaim', undefined],
    ]);
    await backHome(window);
    await screenshot(window, 'cluster-back');
  } finally {
    await launched.close();
    tray.stop();
    removeWorkspaces([workspace.id]);
    await namespace.dispose();
    removeFolder(home);
  }
});

const sumOf = (file: string) => `import hashlib; print(hashlib.sha256(open("${file}", "rb").read()).hexdigest())`;

async function backHome(window: Page): Promise<void> {
  const { view } = await appState(window);
  if (view.kind === 'lab') await window.evaluate(`window.labdock.call('view.home')`);
  await window.getByRole('heading', { name: 'Workspaces' }).waitFor();
}

/** By the settings page, as a person would. */
async function setUpCluster(window: Page, name: string, namespace: string, repository: string): Promise<void> {
  await window.getByRole('button', { name: `Settings of ${name}` }).click();
  await window.getByRole('button', { name: 'Cluster', exact: true }).click();
  await window.getByRole('button', { name: 'Set up a cluster' }).click();
  await window.getByText(/The cluster answers: Kubernetes/).waitFor({ timeout: 60_000 });
  await window.getByRole('combobox', { name: 'Namespace' }).fill(namespace);
  await window.getByLabel('Repository for the image').fill(repository);
  await screenshot(window, 'cluster-settings');
  await window.getByRole('button', { name: 'Save', exact: true }).click();
  await window.getByRole('button', { name: `Settings of ${name}` }).waitFor();
}

async function arrived(window: Page, to: 'local' | 'cluster'): Promise<void> {
  await until(
    `moved to ${to}`,
    async () => {
      const { moved, move } = await workspaceState(window);
      if (moved?.problem) throw new Error(JSON.stringify(moved.problem));
      return moved?.to === to && !move ? moved : undefined;
    },
    300_000,
  );
  await phase(window, 'ready');
}

/** The page of the server before is loaded anew for this one, at the same address: what was asked of the old one is asked again. */
async function openNotebook(launched: Launched, name: string, port: number, file: string, has: string): Promise<Page> {
  let lab!: Page;
  await expect(async () => {
    lab = await openLab(launched, name, port);
    await lab.evaluate(`window.jupyterapp.commands.execute('docmanager:open', { path: '${file}' })`);
    await lab.locator('.jp-OutputArea-output', { hasText: has }).first().waitFor({ timeout: 15_000 });
    await kernelIdle(lab);
  }).toPass({ timeout: 180_000 });
  return lab;
}

async function openLab(launched: Launched, name: string, port: number): Promise<Page> {
  const { view } = await appState(launched.window);
  if (view.kind === 'home') await launched.window.getByRole('button', { name: `Open ${name}` }).click();
  // Signed in at the new server and loaded from it, says who shows the page.
  await until(
    'the new page is shown',
    async () => {
      const { view } = await appState(launched.window);
      return view.kind === 'lab' && view.status === 'shown';
    },
    120_000,
  );
  return labPage(launched, port);
}
