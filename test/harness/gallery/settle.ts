/** Waiting for a page to come to rest, instead of for a number of milliseconds. */
import type { Page, Request } from '@playwright/test';
import type { PageClock } from './pageClock';

/** What a page asked for so far, and what of it is still on its way. */
interface Traffic {
  asked: number;
  open: Set<Request>;
}
const traffic = new WeakMap<Page, Traffic>();

/** Must come before the page is loaded. */
export function watchTraffic(page: Page): void {
  const seen: Traffic = { asked: 0, open: new Set() };
  traffic.set(page, seen);
  page.on('request', (request) => {
    seen.asked += 1;
    seen.open.add(request);
  });
  for (const event of ['requestfinished', 'requestfailed'] as const)
    page.on(event as 'requestfailed', (request) => seen.open.delete(request));
}

const patience = 10_000;

/**
 * Resolves when something is painted, all that was asked for has come, fonts included, and two frames have passed in which
 * nothing changed.
 */
export async function settled(page: Page): Promise<void> {
  const seen = traffic.get(page);
  if (!seen) throw new Error('nobody watches what this page asks for');
  let asked: number;
  do {
    asked = seen.asked;
    const quiet = await page.evaluate(twoQuietFrames, patience);
    if (!quiet) throw new Error('the page does not come to rest');
  } while (seen.open.size > 0 || seen.asked !== asked);
}

/** Lets `milliseconds` go by on the page's clock at once, with a settled page before and after. */
export async function later(page: Page, milliseconds: number): Promise<void> {
  await settled(page);
  await page.evaluate((by) => (window as unknown as { pageClock: PageClock }).pageClock.ahead(by), milliseconds);
  await settled(page);
}

async function twoQuietFrames(patience: number): Promise<boolean> {
  const frame = () => new Promise<number>((done) => requestAnimationFrame(done));
  let changes = 0;
  const observer = new MutationObserver(() => (changes += 1));
  observer.observe(document, { subtree: true, childList: true, attributes: true, characterData: true });
  const begun = performance.now();
  for (let quiet = 0; quiet < 2;) {
    if (performance.now() - begun > patience) return false;
    changes = 0;
    await frame();
    const rests =
      changes === 0 &&
      document.getElementById('root')?.firstChild &&
      document.fonts.status === 'loaded' &&
      document.getAnimations().every(({ playState }) => playState !== 'running');
    quiet = rests ? quiet + 1 : 0;
  }
  observer.disconnect();
  return true;
}
