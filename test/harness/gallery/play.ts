/** Test equipment: plays a scene on a page. The built window is served to the page out of a folder, without a server. */
import { readFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import type { Page } from '@playwright/test';
import i18next from 'i18next';
import type { AppState } from '../../../main/app/bridge/contract';
import { installFakeBridge, type Stage } from './fakeBridge';
import { now } from './samples';
import type { Scene, Words } from './scenes';

const origin = 'https://labdock.test';
const types: Record<string, string> = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css' };
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

/** Serves `folder` (a built window) to the page, and nothing else: a request to anywhere else fails. */
export async function serveWindow(page: Page, folder: string): Promise<void> {
  await page.route('**/*', async (route) => {
    const url = new URL(route.request().url());
    if (url.origin !== origin) return route.abort();
    const path = url.pathname === '/' ? '/index.html' : url.pathname;
    const body = await readFile(join(folder, path)).catch(() => undefined);
    return body
      ? route.fulfill({ body, contentType: types[extname(path)] ?? 'application/octet-stream' })
      : route.fulfill({ status: 404, body: 'not found' });
  });
}

/** Loads the window in the light theme and plays the scene to its end. */
export async function playScene(page: Page, scene: Scene, language: 'en' | 'ko', words: Words): Promise<void> {
  await page.emulateMedia({ colorScheme: 'light', reducedMotion: 'reduce' });
  // Elapsed times are the same in every picture.
  await page.clock.install({ time: new Date(now) });
  await page.addInitScript(installFakeBridge, {
    state: { ...scene.state, locale: language, theme: 'light' as const },
    replies: scene.replies ?? {},
    log: scene.log ?? [],
  });
  await page.goto(origin);
  await page.locator('#root > *').first().waitFor({ state: 'attached' });
  await page.waitForTimeout(60);
  await scene.act?.(page, words);
  await page.waitForTimeout(scene.act ? 450 : 150);
}

/** Main pushes another snapshot, as it does when the theme changes. */
export async function repaint(page: Page, state: AppState): Promise<void> {
  await page.emulateMedia({ colorScheme: state.theme });
  await page.evaluate((next) => (window as unknown as { stage: Stage }).stage.push(next), state);
  await page.waitForTimeout(60);
}
