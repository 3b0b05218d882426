/** What the README shows and points to is there. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const project = join(import.meta.dirname, '../../..');
const text = readFileSync(join(project, 'README.md'), 'utf8');
const pictures = [...text.matchAll(/!\[([^\]]*)\]\(([^)]+)\)/g)].map(([, words, path]) => ({ words, path: path! }));
const links = [...text.matchAll(/(?<!!)\[[^\]]*\]\((?!https?:|#)([^)#]+)/g)].map(([, path]) => path!);

describe('the README', () => {
  it('has a picture in its first screen', () => {
    expect(text.split('\n').slice(0, 20).join('\n')).toMatch(/!\[/);
  });

  it.each(pictures)('shows $path, with words for those who do not see it', ({ words, path }) => {
    expect(words).not.toBe('');
    const picture = readFileSync(join(project, path));
    expect(picture.subarray(1, 4).toString()).toBe('PNG');
    // Wide enough to be read, small enough for a page that is read on the way.
    expect(picture.readUInt32BE(16)).toBeGreaterThanOrEqual(900);
    expect(picture.length).toBeLessThan(300_000);
  });

  it.each(links)('points to %s', (path) => {
    expect(existsSync(join(project, path))).toBe(true);
  });
});
