/** Port, password and kernels changed on the settings page of a running workspace: the stated cost is the cost. */
import { expect, test, type Page } from '@playwright/test';
import { launch, newFolder, removeFolder, screenshot } from '../harness/desktop';
import { freePort } from '../harness/processes';
import { labPage } from '../harness/lab';
import { containersOf, docker, phase, removeWorkspaces, workspaceState } from '../harness/workspace';

test('a change costs what the page says', async () => {
  test.setTimeout(900_000);
  const home = newFolder('home');
  const launched = await launch({ env: { HOME: home } });
  const { window } = launched;
  const { workspace } = await workspaceState(window);
  const container = () => containersOf(workspace.id)[0] ?? '';
  const inspect = (format: string) => docker('inspect', '-f', format, container());
  const ready = () => phase(window, 'ready', 300_000);
  try {
    await window.getByRole('button', { name: `Start ${workspace.name}` }).click();
    await labPage(launched, workspace.port, 600_000);
    await ready();
    const [first, image, startedAt] = [container(), inspect('{{.Image}}'), inspect('{{.State.StartedAt}}')];

    await openSettings(window, workspace.name, 'Password');
    await window.getByRole('button', { name: 'Set password' }).click();
    await window.getByLabel('New password').fill('pä€😀');
    await expect(window.getByText(/Restarts the server/)).toBeVisible();
    await screenshot(window, 'cost-restart');
    await apply(window);
    await expect.poll(() => inspect('{{.State.StartedAt}}'), { timeout: 60_000 }).not.toBe(startedAt);
    await ready();
    expect(container()).toBe(first);

    const port = await freePort();
    await openSettings(window, workspace.name, 'General');
    await window.getByLabel('Port').fill(String(port));
    await expect(window.getByText(/Sets the server up anew/)).toBeVisible();
    await apply(window);
    await expect.poll(container, { timeout: 60_000 }).not.toBe(first);
    await ready();
    const second = container();
    expect(inspect('{{.Image}}')).toBe(image);
    expect(inspect('{{(index (index .NetworkSettings.Ports "8888/tcp") 0).HostIp}}')).toBe('127.0.0.1');
    expect(inspect('{{(index (index .NetworkSettings.Ports "8888/tcp") 0).HostPort}}')).toBe(String(port));

    await openSettings(window, workspace.name, 'Kernels');
    await window.getByRole('button', { name: 'Add Python 2.7' }).click();
    // A name of its own: an image with the usual two may be there from another test, and would cost no build.
    const kernel = `py27-${Date.now().toString(36)}`;
    await window.getByLabel('Short name').last().fill(kernel);
    await expect(window.getByText(`Builds ${kernel} anew`)).toBeVisible();
    await screenshot(window, 'cost-rebuild');
    await apply(window);
    await expect.poll(() => inspectedImage(container()), { timeout: 600_000 }).not.toBe(image);
    await ready();
    expect(container()).not.toBe(second);
    expect(containersOf(workspace.id)).toHaveLength(1);
  } finally {
    await launched.close();
    removeWorkspaces([workspace.id]);
    removeFolder(home);
  }
});

/** The container may just be on its way from the old to the new. */
function inspectedImage(container: string): string | undefined {
  try {
    return docker('inspect', '-f', '{{.Image}}', container);
  } catch {
    return undefined;
  }
}

async function openSettings(window: Page, name: string, section: string): Promise<void> {
  const back = window.getByRole('button', { name: 'All workspaces' });
  if (await back.isVisible()) await back.click();
  await window.getByRole('button', { name: `Settings of ${name}` }).click();
  await window.getByRole('button', { name: section, exact: true }).click();
}

async function apply(window: Page): Promise<void> {
  await window.getByRole('button', { name: 'Save and apply' }).click();
  await window.getByRole('heading', { name: 'Workspaces' }).waitFor();
  // Decided. What is lost with the container is looked for before it begins: until then the old server is ready.
  await expect.poll(async () => (await workspaceState(window)).pending, { timeout: 300_000 }).toBeUndefined();
}
