/** A frame of small files is the same bytes whether their contents stood in its buffer already or were copied. */
import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { batchFrame } from '../../../main/workspace/move/send';

const gap = fc.constantFrom(0, 0, 0, 1);
const files = fc.array(fc.record({ size: fc.integer({ min: 0, max: 40 }), gap }), { maxLength: 8 });

test.each([
  ['room enough', 1_000],
  ['no room', 3],
])('%s', (_, room) => {
  fc.assert(
    fc.property(files, (list) => {
      const buffer = randomBytes(list.reduce((sum, { size, gap }) => sum + size + gap, room) + 5);
      const contents: Buffer[] = [];
      let at = room;
      for (const { size, gap } of list) {
        // A file that was shorter than its place, or not there.
        at += gap;
        contents.push(buffer.subarray(at, (at += size)));
      }
      const rows = list.map(({ size }, number) => [number, 'f', size, '한글']);
      const copied = batchFrame(
        rows,
        contents.map((content) => Buffer.from(content)),
      );
      expect(batchFrame(rows, contents, { buffer, room }).equals(copied)).toBe(true);
    }),
  );
});
