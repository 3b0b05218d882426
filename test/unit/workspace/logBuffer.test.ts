import { describe, expect, test, vi } from 'vitest';
import { LogBuffer, defaultLogLimits, plainText } from '../../../main/workspace/logBuffer';
import type { LogEntry } from '../../../main/workspace/logs';

const line = (text: string): LogEntry => ({ source: 'server', time: '2026-01-01T00:00:00Z', text });
const small = (change = {}) => new LogBuffer({ lines: 3, bytes: 1000, lineLength: 20, batchMs: 5, ...change });

describe('log buffer', () => {
  test('keeps the newest lines and counts the rest', () => {
    const log = small();
    for (const text of ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h']) log.append(line(text));
    expect(log.tail().lines.map((l) => l.text)).toEqual(['f', 'g', 'h']);
    expect(log.tail().dropped).toBe(5);
    expect(log.lastLines(2).map((l) => l.text)).toEqual(['g', 'h']);
  });

  test('is bounded in bytes too, but the newest line stays whatever its size', () => {
    const log = small({ bytes: 20 });
    log.append(line('12345'));
    log.append(line('67890'));
    expect(log.tail().lines).toHaveLength(2);
    log.append(line('x'));
    expect(log.tail().lines.map((l) => l.text)).toEqual(['67890', 'x']);
    log.append(line('this one is too large'));
    expect(log.tail().lines).toHaveLength(1);
  });

  test('cuts long lines', () => {
    const log = small();
    log.append(line('x'.repeat(100)));
    expect(log.tail().lines[0]?.text).toBe(`${'x'.repeat(20)}…`);
  });

  test('followers get batches, in order, each line once, and what they missed as a number', async () => {
    const log = small();
    log.append(line('before'));
    const batches: [string[], number][] = [];
    const stop = log.follow((lines, dropped) => batches.push([lines.map((l) => l.text), dropped]));
    log.append(line('1'));
    log.append(line('2'));
    await vi.waitFor(() => expect(batches).toHaveLength(1));
    for (const text of ['3', '4', '5', '6', '7']) log.append(line(text));
    await vi.waitFor(() => expect(batches).toHaveLength(2));
    stop();
    log.append(line('8'));
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(batches).toEqual([
      [['1', '2'], 0],
      [['5', '6', '7'], 2],
    ]);
  });

  test('a million lines stay bounded', () => {
    const log = new LogBuffer(defaultLogLimits);
    const before = process.memoryUsage().heapUsed;
    for (let i = 0; i < 1_000_000; i++) log.append(line(`line ${i}`));
    expect(log.tail().lines).toHaveLength(defaultLogLimits.lines);
    expect(log.dropped).toBe(1_000_000 - defaultLogLimits.lines);
    expect((process.memoryUsage().heapUsed - before) / 2 ** 20).toBeLessThan(100);
  });

  test('shows what a terminal would', () => {
    expect(plainText('\u001b[32mok\u001b[0m')).toBe('ok');
    expect(plainText(' 10%\r 50%\r100%\r')).toBe('100%');
    expect(plainText('\u001b]0;title\u0007text')).toBe('text');
    expect(plainText('로그 한 줄')).toBe('로그 한 줄');
  });
});
