import { describe, expect, it } from 'vitest';
import { defaultSize, minimumSize, placeWindow } from '../../../main/app/windowBounds';

const laptop = { x: 0, y: 25, width: 1440, height: 875 };
const second = { x: 1440, y: 0, width: 2560, height: 1440 };

describe('where the window opens', () => {
  it('the first time: the default size, placed by the system', () => {
    expect(placeWindow(undefined, [laptop])).toEqual(defaultSize);
  });
  it('where it was', () => {
    const bounds = { x: 1600, y: 100, width: 1200, height: 800 };
    expect(placeWindow(bounds, [laptop, second])).toEqual(bounds);
  });
  it('not on a screen that was unplugged', () => {
    expect(placeWindow({ x: 1600, y: 100, width: 1200, height: 800 }, [laptop])).toEqual({ width: 1200, height: 800 });
  });
  it('not where its title bar is out of reach', () => {
    expect(placeWindow({ x: 100, y: -400, width: 1200, height: 800 }, [laptop])).toEqual({ width: 1200, height: 800 });
    expect(placeWindow({ x: 1400, y: 100, width: 1200, height: 800 }, [laptop])).toEqual({ width: 1200, height: 800 });
  });
  it('no larger than its screen, no smaller than the pages need', () => {
    expect(placeWindow({ x: 0, y: 25, width: 5000, height: 3000 }, [laptop])).toMatchObject({
      width: 1440,
      height: 875,
    });
    expect(placeWindow({ x: 10, y: 30, width: 10, height: 10 }, [laptop])).not.toHaveProperty('x');
    expect(placeWindow({ x: 10, y: 30, width: 300, height: 10 }, [laptop])).toEqual({ x: 10, y: 30, ...minimumSize });
  });
  it('without any screen it still has a size', () => {
    expect(placeWindow(undefined, [])).toEqual(defaultSize);
  });
});
