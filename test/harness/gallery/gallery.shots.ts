/**
 * Paints every scene of the window in both themes, languages and two sizes into test/screenshots/gallery, and holds each
 * against axe. A scene is played once, in English and light; the rest follows as it does for a person who changes it.
 */
import { faultsOf } from './axe';
import { clusterScenes } from './clusterScenes';
import { expect, test } from './electronPage';
import { cameraOf } from './picture';
import { playScene, repaint, wordsOf } from './play';
import { scenes } from './scenes';
import { settled } from './settle';

const sizes = { wide: { width: 1100, height: 760 }, small: { width: 720, height: 480 } };

/** In this order each picture is one change away from the one before. */
const pictures = [
  { theme: 'light', language: 'en', size: 'wide' },
  { theme: 'light', language: 'en', size: 'small' },
  { theme: 'light', language: 'ko', size: 'small' },
  { theme: 'light', language: 'ko', size: 'wide' },
  { theme: 'dark', language: 'ko', size: 'wide' },
  { theme: 'dark', language: 'ko', size: 'small' },
  { theme: 'dark', language: 'en', size: 'small' },
  { theme: 'dark', language: 'en', size: 'wide' },
] as const;
/** Languages differ in words, not in structure or colours: axe looks at one. */
const axeLooksAt = (picture: { language: string; size: string }) =>
  picture.language === 'en' && picture.size === 'small';

for (const scene of [...scenes, ...clusterScenes]) {
  test(scene.name, async ({ page }) => {
    const complaints: string[] = [];
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
    });
    const take = await cameraOf(page);
    await page.setViewportSize(sizes.wide);
    await playScene(page, scene, 'en', await wordsOf('en'));

    let last: (typeof pictures)[number] = pictures[0];
    for (const picture of pictures) {
      const { theme, language, size } = picture;
      if (theme !== last.theme || language !== last.language)
        await repaint(page, { ...scene.state, locale: language, theme });
      if (size !== last.size) {
        await page.setViewportSize(sizes[size]);
        await settled(page);
      }
      const name = [scene.name, language, theme, size].join('.');
      await take(name);
      const { spoken, sticksOut } = await page.evaluate(() => ({
        spoken: document.documentElement.lang,
        sticksOut: document.documentElement.scrollWidth > window.innerWidth,
      }));
      expect(spoken, name).toBe(language);
      expect(sticksOut, `nothing sticks out sideways: ${name}`).toBe(false);
      if (axeLooksAt(picture)) expect(await faultsOf(page), name).toEqual([]);
      last = picture;
    }
    expect(complaints, 'the console stays silent').toEqual([]);
  });
}
