/** Every page of the real application, light and dark, English and Korean, wide and small: pictures to look at, and axe over each. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import AxeBuilder from '@axe-core/playwright';
import { expect, test } from '@playwright/test';
import { preferencesSections, settingsSections } from '../../renderer/navigation';
import { launch, newFolder, removeFolder, screenshot, type Launched } from '../harness/desktop';
import { workspaceState } from '../harness/workspace';

interface Words {
  home: { settingsOf: string; preferences: string };
  common: { back: string };
  section: Record<string, string>;
  preferencesSection: Record<string, string>;
}
const words = (language: string) =>
  JSON.parse(readFileSync(join(import.meta.dirname, `../../resources/locales/${language}/ui.json`), 'utf8')) as Words;

for (const [language, theme] of [
  ['en', 'light'],
  ['en', 'dark'],
  ['ko', 'light'],
  ['ko', 'dark'],
] as const) {
  test(`pages: ${language}, ${theme}`, async () => {
    const home = newFolder('home');
    const launched = await launch({ env: { HOME: home } });
    const { window } = launched;
    const shot = (name: string) => picture(launched, `page-${name}.${language}.${theme}`);
    try {
      await window.evaluate(
        `window.labdock.call('app.preferences', ${JSON.stringify({ language, theme, engine: 'auto' })})`,
      );
      await expect(window.locator('html')).toHaveAttribute('lang', language);
      await shot('first-start');
      const { workspace } = await workspaceState(window);
      const said = words(language);
      const button = (name: string) => window.getByRole('button', { name, exact: true });
      const section = async (name: string) => {
        await window.getByRole('navigation').getByRole('button', { name }).click();
        // Some come a moment later than their name: a picture of nothing shows nothing.
        await window.getByRole('main').getByRole('heading').first().waitFor();
      };
      await button(said.home.settingsOf.replace('{{name}}', workspace.name)).click();
      for (const id of settingsSections) {
        await section(said.section[id]!);
        await shot(`settings-${id}`);
      }
      await small(launched, 720, 480);
      await section(said.section['kernels']!);
      await shot('settings-kernels-small');
      await small(launched, 1180, 780);
      await button(said.common.back).click();
      await button(said.home.preferences).click();
      for (const id of preferencesSections) {
        await section(said.preferencesSection[id]!);
        await shot(`preferences-${id}`);
      }
    } finally {
      await launched.close();
      removeFolder(home);
    }
  });
}

const resize = (launched: Launched, size: [number, number]) =>
  launched.app.evaluate(({ BrowserWindow }, [width, height]) => {
    BrowserWindow.getAllWindows()[0]?.setContentSize(width, height);
  }, size);

/** Seen once: the runner's own promise was collected as garbage in the application before its answer was read. */
const small = (launched: Launched, ...size: [number, number]) =>
  resize(launched, size).catch((error: unknown) => {
    if (!String(error).includes('garbage collected')) throw error;
    return resize(launched, size);
  });

async function picture({ window }: Launched, name: string): Promise<void> {
  await screenshot(window, name);
  const { violations } = await new AxeBuilder({ page: window }).setLegacyMode(true).analyze();
  expect(
    violations.map(({ id, nodes }) => ({ id, where: nodes.map((node) => node.html.slice(0, 120)) })),
    name,
  ).toEqual([]);
}
