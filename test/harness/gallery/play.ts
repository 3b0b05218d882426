/** Test equipment: plays a scene on a page. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from '@playwright/test';
import i18next from 'i18next';
import type { AppState } from '../../../main/app/bridge/contract';
import { installFakeBridge, type Stage } from './fakeBridge';
import { installPageClock } from './pageClock';
import { windowPage } from './pages';
import { now } from './samples';
import type { Scene, Words } from './scenes';
import { later, settled, watchTraffic } from './settle';

const locales = join(import.meta.dirname, '../../../resources/locales');

export async function wordsOf(language: 'en' | 'ko'): Promise<Words> {
  const ui = JSON.parse(await readFile(join(locales, language, 'ui.json'), 'utf8')) as Record<string, unknown>;
  const i18n = i18next.createInstance();
  await i18n.init({
    lng: language,
    ns: ['ui'],
    defaultNS: 'ui',
    resources: { [language]: { ui } },
    interpolation: { escapeValue: false },
  });
  return (key, params) => i18n.t(key, params ?? {});
}

/** Loads the window in the light theme and plays the scene to its end. */
export async function playScene(page: Page, scene: Scene, language: 'en' | 'ko', words: Words): Promise<void> {
  watchTraffic(page);
  await page.emulateMedia({ colorScheme: 'light', reducedMotion: 'reduce' });
  // Elapsed times are the same in every picture.
  await page.addInitScript(installPageClock, Date.parse(now));
  await page.addInitScript(installFakeBridge, {
    state: { ...scene.state, locale: language, theme: 'light' as const },
    replies: scene.replies ?? {},
    log: scene.log ?? [],
  });
  await page.goto(windowPage);
  await settled(page);
  await scene.act?.(page, words);
  await later(page, 450);
}

/** Main pushes another snapshot, as it does when the theme changes. */
export async function repaint(page: Page, state: AppState): Promise<void> {
  await page.emulateMedia({ colorScheme: state.theme });
  await page.evaluate((next) => (window as unknown as { stage: Stage }).stage.push(next), state);
  await settled(page);
}
