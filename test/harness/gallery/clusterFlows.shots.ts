/** What the window asks of main about clusters and switches when a person uses it. */
import type { Page } from '@playwright/test';
import { expect, test } from './electronPage';
import { clusterScenes } from './clusterScenes';
import type { Stage } from './fakeBridge';
import { playScene, repaint, wordsOf } from './play';
import type { Scene, Words } from './scenes';

const quiet = [
  ...['logs.open', 'logs.close', 'config.check', 'workspace.check', 'app.state', 'view.cover'],
  ...['cluster.contexts', 'cluster.offer', 'workspace.estimate'],
];
const calls = async (page: Page) =>
  (await page.evaluate(() => (window as unknown as { stage: Stage }).stage.calls)).filter(
    (c) => !quiet.includes(c.name),
  );

let words: Words;
test.beforeAll(async () => {
  words = await wordsOf('en');
});
async function play(page: Page, name: string, change: Partial<Scene> = {}): Promise<Scene> {
  const found = clusterScenes.find((scene) => scene.name === name);
  if (!found) throw new Error('no such scene');
  const scene = { ...found, ...change };
  await playScene(page, scene, 'en', words);
  return scene;
}
const button = (page: Page, key: string, params = {}) =>
  page.getByRole('button', { name: words(key, params), exact: true });
const id = (scene: Scene) => scene.state.workspaces[0]?.workspace.id;

test('looks before it moves, and moves only when told', async ({ page }) => {
  const scene = await play(page, 'move-to-cluster');
  await expect(button(page, 'common.cancel')).toBeFocused();
  expect(await calls(page)).toEqual([{ name: 'move.preview', input: { id: id(scene), to: 'cluster' } }]);
  await button(page, 'move.go.cluster').click();
  await expect
    .poll(async () => (await calls(page)).at(-1))
    .toEqual({ name: 'move.start', input: { id: id(scene), to: 'cluster' } });
  await expect(page.getByRole('dialog')).toHaveCount(0);
});

test('moves nothing while something blocks, and looks again', async ({ page }) => {
  await play(page, 'move-blocked');
  await expect(button(page, 'move.go.cluster')).toBeDisabled();
  await button(page, 'move.lookAgain').click();
  await expect.poll(async () => (await calls(page)).map(({ name }) => name)).toEqual(['move.preview', 'move.preview']);
});

test('leads from missing settings to the field', async ({ page }) => {
  await play(page, 'move-blocked');
  await page
    .getByRole('dialog')
    .getByRole('button', { name: words('fix.settings', { section: words('section.cluster') }) })
    .first()
    .click();
  await expect(page.getByRole('dialog')).toHaveCount(0);
  await expect(page.getByLabel(words('cluster.repository'), { exact: true })).toBeFocused();
});

test('answers the tray: the switch was started, or not', async ({ page }) => {
  await play(page, 'move-from-tray');
  await page.keyboard.press('Escape');
  await expect
    .poll(async () => (await calls(page)).find(({ name }) => name === 'app.answer')?.input)
    .toEqual({ id: 'q', choice: 'cancel' });
});

test('takes a switch back from the row', async ({ page }) => {
  const scene = await play(page, 'moving');
  await button(page, 'move.cancelOf', { name: 'Climate study' }).click();
  expect(await calls(page)).toEqual([{ name: 'move.cancel', input: { id: id(scene) } }]);
  await expect(button(page, 'move.cancelOf', { name: 'Going back' })).toBeDisabled();
});

test('says to a screen reader that a switch began and arrived', async ({ page }) => {
  const { state } = await play(page, 'cluster-list');
  const [first, ...others] = state.workspaces;
  const moving = clusterScenes.find(({ name }) => name === 'moving')?.state.workspaces[0];
  if (!first || !moving?.move) throw new Error('empty scene');
  await repaint(page, { ...state, workspaces: [{ ...first, move: moving.move }, ...others] });
  const name = first.workspace.name;
  await expect(page.getByText(words('announce', { name, phase: words('moving.cluster') }))).toBeAttached();
});

test('removes what was left behind only by name', async ({ page }) => {
  const scene = await play(page, 'forget-cluster');
  const dialog = page.getByRole('dialog');
  const remove = dialog.getByRole('button', { name: words('common.remove') });
  await dialog.getByRole('textbox').fill('climate study');
  await expect(remove).toBeDisabled();
  await dialog.getByRole('textbox').fill(' Climate study ');
  await remove.click();
  await expect
    .poll(async () => (await calls(page)).at(-1))
    .toEqual({ name: 'move.forget', input: { id: id(scene), typedName: ' Climate study ' } });
});

test('keeps the files on the cluster unless they are asked for by name', async ({ page }) => {
  const scene = await play(page, 'settings-remove-cluster');
  const dialog = page.getByRole('dialog');
  const remove = dialog.getByRole('button', { name: words('common.remove') });
  await expect(remove).toBeDisabled();
  await dialog.getByRole('checkbox').uncheck();
  await remove.click();
  await expect
    .poll(async () => (await calls(page)).at(-1))
    .toEqual({ name: 'workspace.remove', input: { id: id(scene), removeHome: false } });
});

test('gives a workspace a place on the current cluster, and saves it', async ({ page }) => {
  await play(page, 'settings-cluster-invitation');
  await button(page, 'cluster.setUp').click();
  await expect(page.getByRole('combobox', { name: words('cluster.namespace') })).toHaveValue('mina');
  await page.getByLabel(words('cluster.repository'), { exact: true }).fill('registry.example.org/lab');
  await button(page, 'settings.save').click();
  await expect
    .poll(async () => (await calls(page)).at(-1))
    .toMatchObject({
      name: 'workspace.update',
      input: {
        draft: { cluster: { context: 'research', namespace: 'mina', repository: 'registry.example.org/lab' } },
        apply: false,
      },
    });
});

test('checks once more what was changed while the cluster was asked', async ({ page }) => {
  await play(page, 'settings-cluster');
  // The first question is answered when told to, the second one at once.
  await page.evaluate(() => {
    const window = globalThis as unknown as { labdock: { call: Call }; answer: () => void };
    type Call = (name: string, input: unknown) => Promise<unknown>;
    const { call } = window.labdock;
    let asked = 0;
    window.labdock.call = async (name, input) => {
      const answer = call(name, input);
      if (name !== 'cluster.preflight') return answer;
      if (++asked === 1) await new Promise<void>((resolve) => (window.answer = resolve));
      return { ok: true, value: [] };
    };
  });
  await button(page, 'check.button').click();
  await page.getByLabel(words('cluster.repository'), { exact: true }).fill('registry.example.org/other');
  await page.evaluate(() => (globalThis as unknown as { answer: () => void }).answer());
  await expect(page.getByText(words('check.well'))).toBeVisible();
  const asked = (await calls(page)).filter(({ name }) => name === 'cluster.preflight');
  expect(asked).toHaveLength(2);
  expect(asked[0]).not.toMatchObject({ input: { draft: { cluster: { repository: 'registry.example.org/other' } } } });
  expect(asked[1]).toMatchObject({ input: { draft: { cluster: { repository: 'registry.example.org/other' } } } });
});

test('edits keys and values by keyboard', async ({ page }) => {
  await play(page, 'settings-cluster-advanced');
  const list = words('cluster.podLabels');
  const add = page.getByRole('button', { name: words('keyValues.addTo', { list }) });
  await add.focus();
  await page.keyboard.press('Enter');
  await expect(page.getByLabel(words('keyValues.keyOf', { list, row: 2 }))).toBeFocused();
  await page.keyboard.type('team');
  await expect(page.getByText(words('keyValues.twice'))).toBeVisible();
  await page.keyboard.type('-two');
  await page.keyboard.press('Tab');
  await page.keyboard.type('b');
  await page.getByRole('button', { name: words('keyValues.removeRow', { list, row: 1 }) }).click();
  await expect(add).toBeFocused();
  await button(page, 'settings.save').click();
  await expect
    .poll(async () => (await calls(page)).at(-1)?.input)
    .toMatchObject({ draft: { cluster: { podLabels: { 'team-two': 'b' } } } });
});

test('adopts when asked to', async ({ page }) => {
  const { state } = await play(page, 'cluster-failed');
  await button(page, 'fix.adopt').click();
  expect(await calls(page)).toEqual([{ name: 'cluster.adopt', input: { id: state.workspaces[1]?.workspace.id } }]);
});

test('opens the address from outside in the browser, and copies both', async ({ page }) => {
  const { state } = await play(page, 'cluster-list');
  await button(page, 'addresses.open').click();
  await button(page, 'addresses.copyInside').click();
  await expect(page.getByRole('button', { name: words('log.copied') })).toBeVisible();
  expect(await calls(page)).toEqual([
    { name: 'cluster.openOutside', input: { id: state.workspaces[1]?.workspace.id } },
  ]);
});

test('quitting during a switch goes on moving unless told otherwise', async ({ page }) => {
  await play(page, 'question-quit-moving');
  await expect(button(page, 'quit.letMove')).toBeFocused();
  await button(page, 'quit.takeBack').click();
  await expect
    .poll(async () => (await calls(page)).at(-1))
    .toEqual({ name: 'app.answer', input: { id: 'q', choice: 'keep' } });
});
