/**
 * Paints every scene of the window in both languages, themes and two sizes into LABDOCK_GALLERY (a folder), and holds
 * each against axe: `npx playwright test -c test/harness/gallery`.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AxeBuilder } from '@axe-core/playwright';
import { expect, test } from '@playwright/test';
import { playScene, serveWindow, wordsOf, type Look } from './play';
import { scenes } from './scenes';
import { galleryFolder, windowFolder } from './where';

const sizes = { wide: { width: 1100, height: 760 }, small: { width: 720, height: 480 } };
const looks: Look[] = [
  { language: 'en', theme: 'light' },
  { language: 'en', theme: 'dark' },
  { language: 'ko', theme: 'light' },
  { language: 'ko', theme: 'dark' },
];

for (const [size, viewport] of Object.entries(sizes)) {
  for (const look of looks) {
    for (const scene of scenes) {
      test(`${scene.name} ${look.language} ${look.theme} ${size}`, async ({ page }) => {
        const complaints: string[] = [];
        page.on('pageerror', (error) => complaints.push(error.message));
        page.on('console', (message) => {
          if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
        });
        await page.setViewportSize(viewport);
        await serveWindow(page, windowFolder);
        await playScene(page, scene, look, await wordsOf(look.language));
        await mkdir(galleryFolder, { recursive: true });
        await page.screenshot({
          path: join(galleryFolder, `${scene.name}.${look.language}.${look.theme}.${size}.png`),
        });

        expect(complaints, 'the console stays silent').toEqual([]);
        const overflow = await page.evaluate(() => document.documentElement.scrollWidth > window.innerWidth);
        expect(overflow, 'nothing sticks out sideways').toBe(false);
        // Language changes words, not structure or colours.
        if (look.language !== 'en') return;
        const { violations } = await new AxeBuilder({ page }).analyze();
        if (violations.length > 0) {
          await writeFile(join(galleryFolder, `${scene.name}.axe.json`), JSON.stringify(violations, null, 1));
        }
        expect(violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.target.join(' ')).join(' | ')}`)).toEqual([]);
      });
    }
  }
}
