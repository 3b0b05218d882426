/** Driving a real JupyterLab page as a person does: cards, keys, and what stands on the screen afterwards. */
import { expect, type Page } from '@playwright/test';
import type { Launched } from './desktop';
import { until } from './processes';

/** The Lab page of the window, once its launcher or last layout is painted. */
export async function labPage(launched: Launched, port: number, patience = 240_000): Promise<Page> {
  const own = (page: Page) => page.url().startsWith(`http://127.0.0.1:${port}/lab`);
  const page = await until(`Lab on port ${port}`, () => Promise.resolve(launched.app.windows().find(own)), patience);
  await page.locator('#jp-main-dock-panel').waitFor({ timeout: 60_000 });
  return page;
}

/** Opens a new notebook with the kernel of this display name by its card in the launcher. */
export async function newNotebook(lab: Page, kernel: string): Promise<void> {
  // The last layout comes first, and with it perhaps a launcher; a second one would hide the first one's cards.
  await lab.evaluate(`window.jupyterapp.restored`);
  const card = lab.locator('.jp-LauncherCard[data-category="Notebook"]:visible', { hasText: kernel }).first();
  if (!(await card.isVisible())) await lab.evaluate(`window.jupyterapp.commands.execute('launcher:create')`);
  await card.click();
  await panel(lab).locator('.cm-content').first().waitFor();
  await kernelIdle(lab);
}

/** Types code into the first cell, runs it, and returns its output. */
export async function runCell(lab: Page, code: string, patience = 60_000): Promise<string> {
  // Lab keeps an empty cell for measuring beside those it shows.
  const cell = panel(lab).locator('.jp-CodeCell:has(.cm-content)').first();
  await cell.locator('.cm-content').click();
  await lab.keyboard.press('ControlOrMeta+a');
  await lab.keyboard.insertText(code);
  await lab.keyboard.press('Shift+Enter');
  const output = cell.locator('.jp-OutputArea-output').first();
  await expect(output).not.toBeEmpty({ timeout: patience });
  return (await output.innerText()).trim();
}

/** Saves the current notebook under this name, as the dialog of the first save asks. */
export async function saveAs(lab: Page, name: string): Promise<void> {
  await lab.keyboard.press('ControlOrMeta+s');
  const dialog = lab.locator('.jp-Dialog');
  await dialog.locator('input[type="text"], input:not([type])').first().fill(name);
  await dialog.locator('.jp-mod-accept').click();
  await dialog.waitFor({ state: 'detached' });
  await expect(
    lab.locator('.lm-TabBar-tab.jp-mod-current .lm-TabBar-tabLabel', { hasText: name }).first(),
  ).toBeVisible();
}

/** Waits until the current notebook's kernel can be asked something. */
export async function kernelIdle(lab: Page): Promise<void> {
  await lab.waitForFunction(
    `window.jupyterapp.shell.currentWidget?.sessionContext?.session?.kernel?.status === 'idle'`,
    undefined,
    { timeout: 60_000 },
  );
}

const panel = (lab: Page) => lab.locator('.jp-NotebookPanel:not(.lm-mod-hidden)').first();
