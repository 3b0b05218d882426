import path from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { at } from '../../../main/workspace/move/disk';

const part = fc.string({ minLength: 1, maxLength: 12 }).filter((text) => !/[/\\\0]/.test(text));
const named = part.filter((text) => text !== '.' && text !== '..');

test('a path of the move lies below its folder, where a join would put it', () => {
  fc.assert(
    fc.property(fc.array(named, { minLength: 1, maxLength: 5 }), (parts) => {
      expect(at('/home/ann/work', parts.join('/'))).toBe(path.join('/home/ann/work', ...parts));
    }),
  );
});

test('one that could lead elsewhere is refused', () => {
  const astray = fc.constantFrom('', '.', '..');
  fc.assert(
    fc.property(fc.array(named, { maxLength: 3 }), astray, fc.array(named, { maxLength: 3 }), (before, bad, after) => {
      expect(() => at('/home/ann/work', [...before, bad, ...after].join('/'))).toThrow('unexpected');
    }),
  );
});
