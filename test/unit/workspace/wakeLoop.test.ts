import { describe, expect, test, vi } from 'vitest';
import { Bell } from '../../../main/workspace/bell';
import { coalesce } from '../../../main/workspace/coalesce';
import { WakeLoop } from '../../../main/workspace/wakeLoop';

const pause = (ms = 5) => new Promise((resolve) => setTimeout(resolve, ms));

describe('wake loop', () => {
  test('ten wakes of one moment are one turn; a wake during a turn is one more; turns never overlap', async () => {
    let turns = 0;
    let inside = 0;
    const rest = vi.fn();
    const loop = new WakeLoop(async () => {
      expect(++inside).toBe(1);
      turns++;
      await pause();
      inside--;
    }, rest);
    for (let i = 0; i < 10; i++) loop.wake();
    await pause(1);
    loop.wake();
    loop.wake();
    await loop.idle();
    expect(turns).toBe(2);
    expect(rest).toHaveBeenCalledTimes(1);
  });

  test('a wake in the very moment the loop comes to rest is not lost', async () => {
    let turns = 0;
    const loop: WakeLoop = new WakeLoop(
      () => Promise.resolve(void turns++),
      () => turns === 1 && loop.wake(),
    );
    loop.wake();
    await loop.idle();
    expect(turns).toBe(2);
  });

  test('closed, it turns no more', async () => {
    let turns = 0;
    const loop = new WakeLoop(
      () => Promise.resolve(void turns++),
      () => undefined,
    );
    loop.wake();
    await loop.close();
    loop.wake();
    await pause();
    expect(turns).toBeLessThanOrEqual(1);
  });
});

test('pushes are coalesced, the last state is always pushed, and at rest there is no timer', async () => {
  vi.useFakeTimers();
  try {
    const work = vi.fn();
    const push = coalesce(work, 50);
    for (let i = 0; i < 100; i++) push.request();
    await vi.advanceTimersByTimeAsync(0);
    expect(work).toHaveBeenCalledTimes(1);
    push.request();
    push.request();
    await vi.advanceTimersByTimeAsync(49);
    expect(work).toHaveBeenCalledTimes(1);
    await vi.advanceTimersByTimeAsync(2);
    expect(work).toHaveBeenCalledTimes(2);
    expect(vi.getTimerCount()).toBe(0);
  } finally {
    vi.useRealTimers();
  }
});

test('a bell wakes all who wait, and an abort wakes its own', async () => {
  const bell = new Bell();
  const abort = new AbortController();
  const heard: string[] = [];
  void bell.next().then(() => heard.push('a'));
  void bell.next(abort.signal).then(() => heard.push('b'));
  abort.abort();
  await pause(0);
  expect(heard).toEqual(['b']);
  bell.ring();
  await pause(0);
  expect(heard).toEqual(['b', 'a']);
});
