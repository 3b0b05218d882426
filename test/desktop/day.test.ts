/** A person's first day: open, add Python 2.7, start, run a cell in each Python, save, stop from the tray, find the files. */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@playwright/test';
import { launch, newFolder, removeFolder, screenshot, type Launched } from '../harness/desktop';
import { labPage, newNotebook, runCell, saveAs } from '../harness/lab';
import { TrayWatcher } from '../harness/trayWatcher';
import { containersOf, phase, removeWorkspaces, workspaceState } from '../harness/workspace';

test('from the first launch to notebooks in the folder', async () => {
  test.setTimeout(900_000);
  const home = newFolder('home-한글 and blanks');
  const tray = await TrayWatcher.start();
  const launched = await launch({ env: { HOME: home } });
  const { window } = launched;
  const { workspace } = await workspaceState(window);
  try {
    await addPython27(launched);
    await window.getByRole('button', { name: `Start ${workspace.name}` }).click();
    await window.getByText('Image', { exact: true }).first().waitFor();
    await screenshot(window, 'day-preparing');

    const lab = await labPage(launched, workspace.port, 600_000);
    await newNotebook(lab, 'Python 3.13');
    expect(await runCell(lab, 'import sys; print("three", sys.version_info[:2])')).toBe('three (3, 13)');
    await saveAs(lab, '삼.ipynb');
    await lab.screenshot({ path: join(process.env['LABDOCK_TEST_SCREENSHOTS'] ?? home, 'day-lab.png') });
    await newNotebook(lab, 'Python 2.7');
    expect(await runCell(lab, 'import sys; print "two", sys.version_info[:2]')).toBe('two (2, 7)');
    await saveAs(lab, 'two.ipynb');

    const item = await tray.item();
    expect(await item.tooltip()).toContain('running');
    await item.click(`Stop ${workspace.name}`);
    await phase(window, 'stopped', 60_000);
    expect(await item.tooltip()).toContain('nothing is running');
    // Stopping keeps the container: the next start takes seconds.
    expect(containersOf(workspace.id)).toHaveLength(1);

    for (const [file, output] of [
      ['삼.ipynb', 'three (3, 13)'],
      ['two.ipynb', 'two (2, 7)'],
    ] as const) {
      const path = join(workspace.folder, file);
      expect(existsSync(path), `${file} in ${readdirSync(workspace.folder).join(', ')}`).toBe(true);
      expect(readFileSync(path, 'utf8')).toContain(output);
      expect(statSync(path).uid).toBe(process.getuid?.());
      expect(statSync(path).gid).toBe(process.getgid?.());
    }
  } finally {
    await launched.close();
    tray.stop();
    removeWorkspaces([workspace.id]);
    removeFolder(home);
  }
});

/** By the settings page, as a person would; the end-of-life word is there to read. */
async function addPython27({ window }: Launched): Promise<void> {
  const { workspace } = await workspaceState(window);
  await window.getByRole('button', { name: `Settings of ${workspace.name}` }).click();
  await window.getByRole('button', { name: 'Kernels', exact: true }).click();
  await window.getByRole('button', { name: 'Add Python 2.7' }).click();
  await expect(window.getByText(/Python 2\.7 is end-of-life/).first()).toBeVisible();
  await expect(window.getByText(/\(amd64\) only/).first()).toBeVisible();
  await screenshot(window, 'day-kernels');
  await window.getByRole('button', { name: 'Save', exact: true }).click();
  await expect.poll(async () => (await workspaceState(window)).workspace.kernels.length).toBe(2);
  // Saving leads back to the list.
  await window.getByRole('button', { name: `Start ${workspace.name}` }).waitFor();
}
