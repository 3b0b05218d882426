/**
 * Paints every scene of the window in both languages, themes and two sizes into LABDOCK_GALLERY (a folder), and holds
 * each against axe: `npx playwright test -c test/harness/gallery`.
 */
import { join } from 'node:path';
import { AxeBuilder } from '@axe-core/playwright';
import { expect, test } from '@playwright/test';
import { playScene, repaint, serveWindow, wordsOf } from './play';
import { clusterScenes } from './clusterScenes';
import { scenes } from './scenes';
import { galleryFolder, windowFolder } from './where';

const sizes = { wide: { width: 1100, height: 760 }, small: { width: 720, height: 480 } };

for (const scene of [...scenes, ...clusterScenes]) {
  for (const language of ['en', 'ko'] as const) {
    test(`${scene.name} ${language}`, async ({ page }) => {
      const complaints: string[] = [];
      page.on('pageerror', (error) => complaints.push(error.message));
      page.on('console', (message) => {
        if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
      });
      await page.setViewportSize(sizes.wide);
      await serveWindow(page, windowFolder);
      await playScene(page, scene, language, await wordsOf(language));

      for (const theme of ['light', 'dark'] as const) {
        await repaint(page, { ...scene.state, locale: language, theme });
        for (const [size, viewport] of Object.entries(sizes)) {
          await page.setViewportSize(viewport);
          await page.screenshot({ path: join(galleryFolder, `${scene.name}.${language}.${theme}.${size}.png`) });
          const overflow = await page.evaluate(() => document.documentElement.scrollWidth > window.innerWidth);
          expect(overflow, `nothing sticks out sideways (${size})`).toBe(false);
        }
        // Languages differ in words, not in structure or colours.
        if (language === 'en') {
          const { violations } = await new AxeBuilder({ page }).analyze();
          const found = violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.html.slice(0, 200)).join(' | ')}`);
          expect(found, theme).toEqual([]);
        }
        await page.setViewportSize(sizes.wide);
      }
      expect(complaints, 'the console stays silent').toEqual([]);
    });
  }
}
