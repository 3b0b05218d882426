/** The packaged application opens, as an ordinary user, with Chromium's sandbox on. */
import { expect, test } from '@playwright/test';
import { launch, screenshot } from '../harness/desktop';

test('the packaged application opens its window as an ordinary user', async () => {
  expect(process.getuid?.()).not.toBe(0);
  const launched = await launch();
  try {
    expect(await launched.window.title()).toContain('Labdock');
    expect(await launched.app.evaluate(({ app }) => app.isPackaged)).toBe(true);
    expect(await launched.app.evaluate(({ app }) => app.commandLine.hasSwitch('no-sandbox'))).toBe(false);
    await screenshot(launched.window, 'launch');
  } finally {
    await launched.close();
  }
});
