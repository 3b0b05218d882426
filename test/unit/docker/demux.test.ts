import { Readable } from 'node:stream';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toProblem } from '../../../main/common/problem';
import { collect, frames, LogLines, maxLineLength, type StreamName } from '../../../main/runtime/docker/demux';
import type { LogLine } from '../../../main/runtime/runtime';

function frame(stream: StreamName, data: string | Buffer): Buffer {
  const body = Buffer.from(data);
  const header = Buffer.from([stream === 'stdout' ? 1 : 2, 0, 0, 0, 0, 0, 0, 0]);
  header.writeUInt32BE(body.length, 4);
  return Buffer.concat([header, body]);
}

/** The same bytes in pieces of the given sizes, in turn. */
function* pieces(bytes: Buffer, sizes: number[]) {
  for (let at = 0, turn = 0; at < bytes.length; turn += 1) {
    const size = sizes[turn % sizes.length]!;
    yield bytes.subarray(at, at + size);
    at += size;
  }
}

async function linesOf(bytes: Buffer, sizes: number[]): Promise<LogLine[]> {
  const lines = new LogLines();
  const found: LogLine[] = [];
  for await (const piece of frames(Readable.from(pieces(bytes, sizes)))) found.push(...lines.push(piece));
  return [...found, ...lines.end()];
}

const time = '2026-11-23T08:00:00.123456789Z';

describe('frames', () => {
  it('come out whole however the bytes are cut', async () => {
    const part = fc.record({
      stream: fc.constantFrom<StreamName>('stdout', 'stderr'),
      text: fc.string({ unit: fc.constantFrom('a', 'ä', '한', '😀', '\n', '\0'), maxLength: 40 }),
    });
    const property = fc.asyncProperty(
      fc.array(part, { maxLength: 8 }),
      fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1 }),
      async (parts, sizes) => {
        const bytes = Buffer.concat(parts.map(({ stream, text }) => frame(stream, text)));
        const { stdout, stderr, truncated } = await collect(Readable.from(pieces(bytes, sizes)), 1e6);
        const textOf = (wanted: StreamName) => parts.filter((p) => p.stream === wanted).map((p) => p.text).join(''); // prettier-ignore
        expect({ stdout, stderr, truncated }).toEqual({
          stdout: textOf('stdout'),
          stderr: textOf('stderr'),
          truncated: false,
        });
      },
    );
    await fc.assert(property, { numRuns: 50 });
  });

  it.each([1, 7, 8, 9, 12])('that break off after %i bytes are an error, not an end', async (length) => {
    const bytes = frame('stdout', 'hello').subarray(0, length);
    const problem = await collect(Readable.from([bytes]), 100).catch(toProblem);
    expect(problem).toMatchObject({ reason: 'engine-gone' });
  });

  it('that are none are an error, not garbage', async () => {
    const problem = await collect(Readable.from([Buffer.from('plain text of a terminal')]), 100).catch(toProblem);
    expect(problem).toMatchObject({ reason: 'engine-error' });
  });

  it('are read no faster than they are taken', async () => {
    let given = 0;
    const source = new Readable({
      highWaterMark: 1024,
      read() {
        given += 1;
        this.push(frame('stdout', Buffer.alloc(1000)));
      },
    });
    const reader = frames(source);
    await reader.next();
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(given).toBeLessThan(10);
    await reader.return(undefined);
    expect(source.destroyed).toBe(true);
  });

  it('beyond the limit are dropped and counted as cut', async () => {
    const bytes = Buffer.concat([frame('stdout', 'abcdef'), frame('stderr', 'x'), frame('stdout', 'gh')]);
    expect(await collect(Readable.from([bytes]), 4)).toEqual({ stdout: 'abcd', stderr: 'x', truncated: true });
  });
});

describe('log lines', () => {
  it.each([[1], [2], [3], [5, 1], [1000]])('keep their characters when cut into %j', async (...sizes) => {
    const bytes = Buffer.concat([
      frame('stdout', `${time} 한글 😀\n`),
      frame('stderr', `${time} pä€\r\n`),
      frame('stdout', `${time} \n`),
      frame('stdout', `${time} no end`),
    ]);
    expect(await linesOf(bytes, sizes)).toEqual([
      { stream: 'stdout', time, text: '한글 😀' },
      { stream: 'stderr', time, text: 'pä€' },
      { stream: 'stdout', time, text: '' },
      { stream: 'stdout', time, text: 'no end' },
    ]);
  });

  it('are put together from the records of one line, their later times dropped', async () => {
    const later = '2026-11-23T08:00:01Z';
    const bytes = Buffer.concat([
      frame('stdout', `${time} first `),
      frame('stderr', `${later} between\n`),
      frame('stdout', `${later} second\n`),
    ]);
    expect(await linesOf(bytes, [11])).toEqual([
      { stream: 'stderr', time: later, text: 'between' },
      { stream: 'stdout', time, text: 'first second' },
    ]);
  });

  it('join a character whose bytes lie in two records', async () => {
    const euro = Buffer.from('€');
    const half = (bytes: Buffer) => Buffer.concat([Buffer.from(`${time} `), bytes]);
    const bytes = Buffer.concat([frame('stdout', half(euro.subarray(0, 1))), frame('stdout', half(euro.subarray(1)))]);
    expect(await linesOf(bytes, [1000])).toEqual([{ stream: 'stdout', time, text: '€' }]);
  });

  it('longer than the limit are cut, never inside a character, and the next line is whole', async () => {
    const long = `${'x'.repeat(maxLineLength - 1)}😀${'y'.repeat(100_000)}`;
    const bytes = Buffer.concat([frame('stdout', `${time} ${long}\n`), frame('stdout', `${time} next\n`)]);
    expect((await linesOf(bytes, [1024])).map(({ text }) => text)).toEqual([
      `${'x'.repeat(maxLineLength - 1)}…`,
      'next',
    ]);
  });

  it('without a time are lines all the same', async () => {
    expect(await linesOf(frame('stdout', 'hello there\nand again\n'), [4])).toEqual([
      { stream: 'stdout', text: 'hello there' },
      { stream: 'stdout', text: 'and again' },
    ]);
  });
});
