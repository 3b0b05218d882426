/** What the window asks of main when a person uses it: every flow ends in calls over the bridge, held against the words of the contract. */
import type { Page } from '@playwright/test';
import { expect, test } from './electronPage';
import type { Stage } from './fakeBridge';
import { playScene, repaint, wordsOf } from './play';
import { ago, app, state, workspace } from './samples';
import { byHand, scenes, type Scene, type Words } from './scenes';

const quiet = ['logs.open', 'logs.close', 'config.check', 'workspace.check', 'app.state'];
const calls = async (page: Page) =>
  (await page.evaluate(() => (window as unknown as { stage: Stage }).stage.calls)).filter(
    (c) => !quiet.includes(c.name),
  );
const names = async (page: Page) => (await calls(page)).map((call) => call.name);

let words: Words;
test.beforeAll(async () => {
  words = await wordsOf('en');
});
async function play(page: Page, scene: string | Scene): Promise<Scene> {
  const found = typeof scene === 'string' ? scenes.find(({ name }) => name === scene) : scene;
  if (!found) throw new Error('no such scene');
  await playScene(page, found, 'en', words);
  return found;
}
const button = (page: Page, key: string, params = {}) =>
  page.getByRole('button', { name: words(key, params), exact: true });

test('starts, and says so to a screen reader when it runs', async ({ page }) => {
  const { state: before } = await play(page, 'one-stopped');
  const [first] = before.workspaces;
  if (!first) throw new Error('empty scene');
  await button(page, 'home.startOf', { name: first.workspace.name }).click();
  expect(await calls(page)).toEqual([{ name: 'workspace.start', input: { id: first.workspace.id } }]);
  await repaint(page, { ...before, workspaces: [{ ...first, phase: 'ready' }] });
  await expect(
    page.getByText(words('announce', { name: first.workspace.name, phase: words('phase.ready') })),
  ).toBeAttached();
  await expect(button(page, 'home.openOf', { name: first.workspace.name })).toBeVisible();
});

test('takes the suggested port and starts again', async ({ page }) => {
  await play(page, 'failed-port');
  await button(page, 'fix.use-port', { port: 8889 }).click();
  await expect.poll(() => names(page)).toEqual(['workspace.update', 'workspace.start']);
  expect((await calls(page))[0]?.input).toMatchObject({ draft: { port: 8889 }, apply: false });
});

test('saves a changed port with its cost in sight, and applies it', async ({ page }) => {
  const scene = scenes.find(({ name }) => name === 'settings-general-wrong');
  if (!scene) throw new Error('no scene');
  await play(page, {
    ...scene,
    replies: { ...scene.replies, 'workspace.check': { ok: true, value: { fields: {}, warnings: {} } } },
  });
  await expect(page.getByText(words('cost.local.recreate'))).toBeVisible();
  await button(page, 'settings.saveAndApply').click();
  await expect.poll(() => names(page)).toEqual(['workspace.estimate', 'workspace.update']);
  expect((await calls(page))[1]?.input).toMatchObject({
    draft: { port: 8889 },
    apply: true,
    // As named beside the button.
    letGo: byHand,
  });
  await expect(page.getByRole('heading', { level: 1, name: words('home.title') })).toBeFocused();
});

test('sets a password before it interrupts anything', async ({ page }) => {
  await play(page, 'settings-password-change');
  await button(page, 'settings.saveAndApply').click();
  await expect
    .poll(() => names(page))
    .toEqual(['workspace.estimate', 'workspace.update', 'password.set', 'workspace.apply']);
  const [, update, password] = await calls(page);
  expect(update?.input).toMatchObject({ apply: false });
  expect(password?.input).toMatchObject({ password: { plain: 'pä€😀' } });
});

test('never saves what a rule refuses, and leads to it from another section', async ({ page }) => {
  await play(page, 'settings-general-rules');
  await button(page, 'section.server').click();
  await page.keyboard.press('Control+s');
  await expect(page.getByRole('heading', { level: 2, name: words('section.general') })).toBeVisible();
  await expect(page.getByText(words('rules.port'))).toBeVisible();
  expect(await names(page)).toEqual([]);
});

test('forgets main’s word on a value as soon as the value changes', async ({ page }) => {
  await play(page, 'settings-general-wrong');
  const port = page.getByLabel(words('general.port'), { exact: true });
  await expect(port).toHaveAttribute('aria-invalid', 'true');
  await port.fill('9001');
  await expect(port).not.toHaveAttribute('aria-invalid', 'true', { timeout: 250 });
});

test('guards unsaved edits: stays by default, leaves on demand', async ({ page }) => {
  await play(page, 'settings-leave');
  await expect(button(page, 'leave.stay')).toBeFocused();
  await page.keyboard.press('Escape');
  await expect(page.getByRole('dialog')).toHaveCount(0);
  await expect(page.getByLabel(words('general.name'), { exact: true })).toHaveValue('Other');
  await page.keyboard.press('Escape');
  await button(page, 'leave.discard').click();
  await expect(page.getByRole('heading', { level: 1, name: words('home.title') })).toBeVisible();
  expect(await names(page)).not.toContain('workspace.update');
});

test('creates a workspace from the suggestion', async ({ page }) => {
  await play(page, 'new');
  await button(page, 'new.create').click();
  await expect.poll(() => names(page)).toEqual(['workspace.suggest', 'workspace.create']);
  expect((await calls(page))[1]?.input).toMatchObject({ draft: { name: 'Workspace 2', port: 8892 } });
});

test('looks for a locked keychain again, and says no more of it once it is there', async ({ page }) => {
  const { state: locked } = await play(page, 'settings-password-locked');
  await button(page, 'fix.retry').click();
  expect(await names(page)).toEqual(['secrets.retry']);
  await repaint(page, { ...locked, secrets: { store: 'keychain' } });
  await expect(button(page, 'fix.retry')).toHaveCount(0);
  await expect(page.getByText(words('secrets.keychain'))).toBeVisible();
});

test('shows the file of this very workspace, with what saving makes of its password', async ({ page }) => {
  const { state: app } = await play(page, 'settings-rendered');
  const { id } = app.workspaces[0]!.workspace;
  const asked = async () =>
    (await calls(page)).filter(({ name }) => name === 'config.render').map((call) => call.input);
  expect(await asked()).toEqual([{ id, draft: expect.anything() as unknown }]);
  await page.keyboard.press('Escape');
  await button(page, 'section.password').click();
  await button(page, 'password.remove').click();
  await button(page, 'section.server').click();
  await button(page, 'server.render').click();
  await expect.poll(async () => (await asked())[1]).toMatchObject({ id, password: false });
});

test('shows the file of a workspace that does not exist yet', async ({ page }) => {
  await play(page, 'new');
  await button(page, 'section.server').click();
  await button(page, 'server.render').click();
  await expect
    .poll(async () => (await calls(page)).find(({ name }) => name === 'config.render')?.input)
    .toEqual({ draft: expect.objectContaining({ name: 'Workspace 2' }) as unknown });
});

test('removes Lab’s settings only when ticked', async ({ page }) => {
  await play(page, 'settings-remove');
  await expect(button(page, 'common.cancel')).toBeFocused();
  await page
    .getByRole('dialog')
    .getByRole('button', { name: words('common.remove') })
    .click();
  await expect
    .poll(async () => (await calls(page)).find((c) => c.name === 'workspace.remove')?.input)
    .toMatchObject({ removeHome: false });
});

test('quitting: Escape cancels, a remembered choice becomes the preference', async ({ page }) => {
  const scene = await play(page, 'question-quit');
  await expect(button(page, 'quit.keep')).toBeFocused();
  await page.keyboard.press('Escape');
  await expect
    .poll(async () => (await calls(page)).find((c) => c.name === 'app.answer')?.input)
    .toEqual({ id: 'q', choice: 'cancel' });
  await repaint(page, { ...scene.state, question: { id: 'q2', kind: 'quit', running: [] } });
  await page.getByLabel(words('quit.remember')).check();
  await button(page, 'quit.stop').click();
  await expect.poll(() => names(page)).toEqual(expect.arrayContaining(['app.preferences', 'app.answer']));
  expect((await calls(page)).at(-1)).toEqual({ name: 'app.answer', input: { id: 'q2', choice: 'stop' } });
});

test('hides the Lab while a dialog is open, and shows it after', async ({ page }) => {
  const scene = await play(page, 'question-unsaved');
  await expect.poll(async () => (await calls(page)).map((c) => c.input)).toEqual([{ covered: true }]);
  await repaint(page, { ...scene.state, question: undefined });
  await expect
    .poll(async () => (await calls(page)).map((c) => c.input))
    .toEqual([{ covered: true }, { covered: false }]);
});

test('follows the log, and stays where the reader scrolled to', async ({ page }) => {
  const running = state(
    'preparing',
    { name: 'Long' },
    { progress: { step: 'build-image', stage: 'image', since: ago(5) } },
  );
  const line = (n: number) => ({ source: 'build' as const, time: ago(0), text: `line ${n}` });
  await play(page, {
    name: 'log',
    state: app([running]),
    log: Array.from({ length: 300 }, (_, n) => line(n)),
    act: (p) => button(p, 'home.logOf', { name: 'Long' }).click(),
  });
  const say = (from: number) =>
    page.evaluate(({ id, lines }) => (window as unknown as { stage: Stage }).stage.say(id, lines), {
      id: running.workspace.id,
      lines: [line(from), line(from + 1)],
    });
  const log = page.getByRole('log');
  await say(300);
  await expect(page.getByText('line 301', { exact: true })).toBeInViewport();
  await log.evaluate((element) => element.scrollTo(0, 0));
  await expect(button(page, 'log.toEnd')).toBeVisible();
  await say(302);
  await expect(page.getByText('line 0', { exact: true })).toBeInViewport();
  await button(page, 'log.toEnd').click();
  await expect(page.getByText('line 303', { exact: true })).toBeInViewport();
});

test('changes its language and its colours while running', async ({ page }) => {
  const scene = await play(page, 'one-stopped');
  await repaint(page, { ...scene.state, locale: 'ko', theme: 'dark' });
  await expect(page.getByRole('heading', { level: 1 })).toHaveText((await wordsOf('ko'))('home.title'));
  await expect(page.locator('html')).toHaveAttribute('lang', 'ko');
  await expect(page.locator('html')).toHaveAttribute('data-mantine-color-scheme', 'dark');
});

test('paints twenty workspaces, each startable', async ({ page }) => {
  const many = Array.from({ length: 20 }, (_, n) => state('stopped', { ...workspace(), name: `Workspace ${n}` }));
  await play(page, { name: 'many', state: app(many) });
  await expect(page.getByRole('listitem')).toHaveCount(20);
  await expect(page.getByRole('button', { name: words('home.startOf', { name: 'Workspace 19' }) })).toBeEnabled();
});
