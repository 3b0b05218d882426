/** Every page of the real application, light and dark, English and Korean, wide and small: pictures to look at, and axe over each. */
import AxeBuilder from '@axe-core/playwright';
import { expect, test } from '@playwright/test';
import { launch, newFolder, removeFolder, screenshot, type Launched } from '../harness/desktop';
import { workspaceState } from '../harness/workspace';

const words = {
  en: { settings: 'Settings of', sections: ['General', 'Kernels', 'Image', 'Password', 'Resources', 'Server'] },
  ko: { settings: '', sections: [] as string[] },
};

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
      const gear = language === 'en' ? `${words.en.settings} ${workspace.name}` : /설정/;
      await window.getByRole('button', { name: gear }).first().click();
      const sections = window.getByRole('navigation').getByRole('button');
      await sections.first().waitFor();
      for (let index = 0; index < (await sections.count()); index++) {
        await sections.nth(index).click();
        await shot(`settings-${words.en.sections[index]?.toLowerCase() ?? index}`);
      }
      await small(launched, 720, 480);
      await sections.nth(1).click();
      await shot('settings-kernels-small');
      await small(launched, 1180, 780);
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
