/** On a launch straight to Lab the window's own page waits for it, and for no longer than it serves anybody. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { isPagesTurn, PageTurn } from '../../../main/app/pageTurn';

test.each([
  ['nothing is known yet', 'none', false, 0, false],
  ['no server was found in time', 'none', false, 600, true],
  ['Lab’s page is on its way', 'coming', false, 600, false],
  ['Lab takes long', 'coming', false, 4000, true],
  ['Lab can be used', 'shown', false, 700, true],
  ['there will be no Lab', 'gone', false, 10, true],
  ['a question waits', 'coming', true, 700, true],
] as const)('%s', (_, lab, asked, waited, expected) => {
  expect(isPagesTurn(lab, asked, waited)).toBe(expected);
});

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const cameWithin = async (turn: PageTurn, milliseconds: number): Promise<boolean> => {
  let came = false;
  void turn.come.then(() => (came = true));
  await vi.advanceTimersByTimeAsync(milliseconds);
  return came;
};

test('comes by itself where nothing is heard', async () => {
  const turn = new PageTurn();
  expect(await cameWithin(turn, 590)).toBe(false);
  expect(await cameWithin(turn, 20)).toBe(true);
});

test('waits while Lab loads, and comes once it can be used', async () => {
  const turn = new PageTurn();
  turn.follow('coming', false);
  expect(await cameWithin(turn, 2000)).toBe(false);
  turn.follow('shown', false);
  expect(await cameWithin(turn, 0)).toBe(true);
});

test('does not wait for ever', async () => {
  const turn = new PageTurn();
  turn.follow('coming', false);
  expect(await cameWithin(turn, 3990)).toBe(false);
  expect(await cameWithin(turn, 20)).toBe(true);
});
