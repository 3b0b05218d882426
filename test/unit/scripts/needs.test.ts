/** Set-up meets needs in order, those included that only an earlier one brings about. */
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';

interface Need {
  name: string;
  what: string;
  check: () => boolean;
  install: () => Promise<void>;
}
const { meet } = (await import(join(import.meta.dirname, '../../../scripts/setup/needs.mjs'))) as {
  meet: (needs: Need[], options?: { aside?: (need: Need) => boolean }) => Promise<Map<string, Promise<string>>>;
};

test('what an installed engine makes a need is met before what comes after it', async () => {
  const done: string[] = [];
  const need = (name: string, check: () => boolean): Need => ({
    name,
    what: `do ${name}`,
    check,
    install: async () => void done.push(name),
  });
  const said: string[] = [];
  const write = vi.spyOn(process.stdout, 'write').mockImplementation((text) => said.push(String(text)) > 0);
  try {
    await meet([
      need('packages', () => true),
      need('engine', () => done.includes('engine')),
      // Nobody can be refused by an engine that is not there.
      need('access', () => !done.includes('engine') || done.includes('access')),
      need('image', () => done.includes('image')),
    ]);
  } finally {
    write.mockRestore();
  }
  expect(done).toEqual(['engine', 'access', 'image']);
  expect(said.join('')).toContain('do access');
});

test('nothing is said or done where nothing is missing', async () => {
  const write = vi.spyOn(process.stdout, 'write').mockImplementation(() => true);
  const install = vi.fn(async () => undefined);
  try {
    await meet([{ name: 'a', what: 'a', check: () => true, install }]);
    expect(write).not.toHaveBeenCalled();
  } finally {
    write.mockRestore();
  }
  expect(install).not.toHaveBeenCalled();
});

test('what may be installed beside the rest is begun last, and who needs it waits for it or hears of its failure', async () => {
  const write = vi.spyOn(process.stdout, 'write').mockImplementation(() => true);
  const done: string[] = [];
  let end: () => void = () => undefined;
  const long = new Promise<void>((resolve) => (end = resolve));
  const need = (name: string, install: () => Promise<void>): Need => ({
    ...{ name, what: name, check: () => done.includes(name) },
    install: () => install().then(() => void done.push(name)),
  });
  try {
    const begun = await meet(
      [
        need('compiled', () => long),
        need('broken', () => Promise.reject(new Error('no compiler'))),
        need('quick', () => Promise.resolve()),
      ],
      { aside: ({ name }) => name !== 'quick' },
    );
    expect(done).toEqual(['quick']);
    await expect(begun.get('broken')).rejects.toThrow('no compiler');
    end();
    expect(await begun.get('compiled')).toMatch(/^compiled: done in \d+\.\d s, beside the rest$/);
    expect(done).toEqual(['quick', 'compiled']);
  } finally {
    write.mockRestore();
  }
});
