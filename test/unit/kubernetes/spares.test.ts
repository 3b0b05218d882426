/** When connections are opened ahead of time, and when they are let go. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { PortSocket } from '../../../main/runtime/kubernetes/route/portSocket';
import { Spares } from '../../../main/runtime/kubernetes/route/spares';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

class Fake {
  closed = false;
  onEnd: (error: string | undefined) => void = () => undefined;
  constructor(readonly pod = 'a') {}
  watch(onEnd: (error: string | undefined) => void) {
    this.onEnd = onEnd;
  }
  close() {
    this.closed = true;
    this.onEnd(undefined);
  }
  terminate() {
    this.closed = true;
    this.onEnd('the websocket broke off');
  }
}
const socket = (fake: Fake) => fake as unknown as PortSocket;

function some() {
  const gone: { error: string | undefined; aged: boolean }[] = [];
  let quiet = 0;
  const spares = new Spares({ gone: (_, how) => gone.push(how), quiet: () => void (quiet += 1) });
  return { spares, gone, quiets: () => quiet };
}

test('one is wanted at once, the rest when it is quiet', () => {
  const { spares, quiets } = some();
  expect(spares.missing).toBeGreaterThan(0);
  spares.add(socket(new Fake()));
  expect(spares.missing).toBe(0);
  vi.advanceTimersByTime(1_510);
  expect({ quiets: quiets(), missing: spares.missing }).toEqual({ quiets: 1, missing: 5 });
});

test('none is opened between connections that follow each other, but not for ever', () => {
  const { spares, quiets } = some();
  for (let i = 0; i < 5; i += 1) {
    spares.take();
    vi.advanceTimersByTime(1_000);
    expect(spares.missing).toBe(0);
  }
  spares.take();
  vi.advanceTimersByTime(1_010);
  expect({ quiets: quiets(), missing: spares.missing }).toEqual({ quiets: 1, missing: 6 });
});

test('all but one go when nobody has come for a while', () => {
  const { spares, gone } = some();
  const fakes = Array.from({ length: 6 }, () => new Fake());
  for (const fake of fakes) spares.add(socket(fake));
  expect(spares.take()).toBe(fakes[0]);
  vi.advanceTimersByTime(59_000);
  expect(fakes.some(({ closed }) => closed)).toBe(false);
  vi.advanceTimersByTime(2_000);
  expect(fakes.map(({ closed }) => closed)).toEqual([false, false, true, true, true, true]);
  expect(gone).toEqual([]);
  expect(spares.missing).toBe(0);
});

test('one that ends is told, with whether it had lived; one that was taken is not', () => {
  const { spares, gone } = some();
  const [young, old, taken] = [new Fake(), new Fake(), new Fake()];
  for (const fake of [taken, young, old]) spares.add(socket(fake));
  spares.take();
  taken.onEnd('broken');
  young.onEnd('refused');
  vi.advanceTimersByTime(3_000);
  old.onEnd(undefined);
  expect(gone).toEqual([
    { error: 'refused', aged: false },
    { error: undefined, aged: true },
  ]);
});

test('those that lead to another pod are let go', () => {
  const { spares, gone } = some();
  const [here, there] = [new Fake('a'), new Fake('b')];
  spares.add(socket(here));
  spares.add(socket(there));
  spares.keep('b');
  expect([here.closed, there.closed, gone.length]).toEqual([true, false, 1]);
  spares.clear();
  expect(there.closed).toBe(true);
  expect(vi.getTimerCount()).toBe(0);
});
