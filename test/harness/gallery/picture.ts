/**
 * Taking a picture of a settled page. Playwright's own screenshot waits, prepares the page and packs the file well, which
 * takes twice as long; there are nearly a thousand pictures.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { CDPSession, Page } from '@playwright/test';
import { galleryFolder } from './where';

/** A camera for one page. */
export async function cameraOf(page: Page): Promise<(name: string) => Promise<void>> {
  const devtools: CDPSession = await page.context().newCDPSession(page);
  await mkdir(galleryFolder, { recursive: true });
  return async (name) => {
    const { data } = await devtools.send('Page.captureScreenshot', { format: 'png', optimizeForSpeed: true });
    await writeFile(join(galleryFolder, `${name}.png`), Buffer.from(data, 'base64'));
  };
}
