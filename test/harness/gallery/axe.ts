/** Holding a page against axe, as it is. */
import type { Page } from '@playwright/test';
import type axe from 'axe-core';
import { axeScript } from './pages';

/**
 * What axe finds, each rule with the elements that break it. axe is loaded from beside the page, where its compiled code is
 * kept, and tells of faults only: what passes is many times as much.
 */
export async function faultsOf(page: Page): Promise<string[]> {
  return page.evaluate(async (script) => {
    await import(script);
    const { violations } = await (window as unknown as { axe: typeof axe }).axe.run(document, {
      reporter: 'no-passes',
      resultTypes: ['violations'],
    });
    return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 200)).join(' | ')}`);
  }, axeScript);
}
