import { describe, expect, it, vi } from 'vitest';
import { OldImages } from '../../../main/workspace/oldImages';
import type { Local } from '../../../main/workspace/parts';

const settled = () => new Promise((resolve) => setTimeout(resolve, 30));
function world(wanted: () => Promise<string[]>) {
  const removeOld = vi.fn(() => Promise.resolve([]));
  const log = vi.fn();
  const local = { images: { removeOld } } as unknown as Local;
  return { removeOld, log, images: new OldImages({ local: () => local, wanted, log }, 5) };
}

describe('old images after a start', () => {
  it('are looked for once for several starts, with what is wanted kept', async () => {
    const { images, removeOld } = world(() => Promise.resolve(['labdock/workspace:1']));
    for (let n = 0; n < 5; n += 1) images.soon();
    await settled();
    expect(removeOld).toHaveBeenCalledTimes(1);
    expect(removeOld).toHaveBeenCalledWith({
      repository: 'labdock/workspace',
      keep: new Set(['labdock/workspace:1']),
      newest: 3,
      olderThanMs: 86_400_000,
    });
  });

  it('stay when it is not known what is wanted', async () => {
    const { images, removeOld, log } = world(() => Promise.reject(new Error('no bundle')));
    images.soon();
    await settled();
    expect(removeOld).not.toHaveBeenCalled();
    expect(log).toHaveBeenCalledTimes(1);
  });

  it('stay when Labdock quits first', async () => {
    const { images, removeOld } = world(() => Promise.resolve([]));
    images.soon();
    await images.close();
    await settled();
    expect(removeOld).not.toHaveBeenCalled();
  });
});
