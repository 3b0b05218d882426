import { describe, expect, it } from 'vitest';
import type { LogEntry, Phase, Progress } from '../../../main/app/bridge/contract';
import { isFirstStart } from '../../../renderer/home/firstStart';
import { percent, stages } from '../../../renderer/home/stages';
import { append, asText, blockSize, count, emptyLog, maxLines } from '../../../renderer/log/buffer';
import { ago, state } from '../../harness/gallery/samples';

const progress = (change: Partial<Progress>): Progress => ({
  step: 'create',
  stage: 'image',
  since: ago(1),
  ...change,
});

describe('stages', () => {
  const words = (phase: Phase, known: Progress | undefined) =>
    stages(phase, known, 'local').map(({ status }) => status);
  const at = (phase: Phase, known: Progress | undefined) =>
    stages(phase, known, 'cluster').find(({ status }) => status === 'current')?.stage;
  it('has stages of its own on a cluster', () => {
    expect(at('preparing', undefined)).toBe('image');
    expect(at('preparing', progress({ step: 'push-image', stage: 'image' }))).toBe('image');
    expect(at('preparing', progress({ step: 'create', stage: 'container' }))).toBe('objects');
    expect(at('starting', progress({ step: 'start', stage: 'server' }))).toBe('server');
    expect(at('starting', progress({ step: 'forward', stage: 'lab' }))).toBe('route');
    expect(at('starting', progress({ step: 'await-ready', stage: 'lab' }))).toBe('lab');
  });
  it('follows the progress', () => {
    expect(words('preparing', progress({ stage: 'container' }))).toEqual(['done', 'current', 'todo', 'todo']);
    expect(words('starting', progress({ stage: 'lab' }))).toEqual(['done', 'done', 'done', 'current']);
  });
  it('begins where the phase is when nothing was reported', () => {
    expect(words('preparing', undefined)).toEqual(['current', 'todo', 'todo', 'todo']);
    expect(words('starting', undefined)).toEqual(['done', 'done', 'current', 'todo']);
  });
});

describe('percent', () => {
  it('is known from a fraction or from steps', () => {
    expect(percent(progress({ fraction: 0.426 }))).toBe(43);
    expect(percent(progress({ current: 5, total: 14 }))).toBe(36);
  });
  it('stays between 0 and 100, and unknown where nobody knows', () => {
    expect(percent(progress({ fraction: 1.2 }))).toBe(100);
    expect(percent(progress({ fraction: -1 }))).toBe(0);
    expect(percent(progress({ current: 5, total: 0 }))).toBeUndefined();
    expect(percent(progress({ current: 5 }))).toBeUndefined();
    expect(percent(undefined)).toBeUndefined();
  });
});

describe('isFirstStart', () => {
  const fresh = { everStarted: false };
  it('is where one stopped workspace was never started', () => {
    expect(isFirstStart(state('stopped', {}, fresh))).toBe(true);
  });
  it('is over for good once it was started, though nobody looks at the image of what is stopped', () => {
    const stopped = state('stopped');
    expect(stopped.conditions).toMatchObject([{ type: 'Image', status: 'unknown', reason: 'NotNeeded' }]);
    expect(isFirstStart(stopped)).toBe(false);
  });
  it('gives way to a start, a problem and files to recover', () => {
    expect(isFirstStart(state('preparing', {}, fresh))).toBe(false);
    expect(isFirstStart(state('stopped', {}, { ...fresh, problem: { reason: 'disk-full' } }))).toBe(false);
    expect(isFirstStart(state('stopped', {}, { ...fresh, recoverable: ['a.ipynb'] }))).toBe(false);
  });
});

describe('the log in the window', () => {
  const lines = (from: number, to: number): LogEntry[] =>
    Array.from({ length: to - from }, (_, i) => ({ source: 'server', time: ago(0), text: String(from + i) }));

  it('keeps all lines in order, whatever the batches', () => {
    let log = emptyLog;
    let next = 0;
    for (const size of [1, 99, 1, 250, 0, 3]) {
      log = append(log, lines(next, next + size));
      next += size;
    }
    expect(asText(log)).toBe(
      lines(0, next)
        .map((line) => line.text)
        .join('\n'),
    );
    expect(log.blocks.every((block, i) => block.lines.length === blockSize || i === log.blocks.length - 1)).toBe(true);
  });
  it('leaves finished blocks as they are', () => {
    const log = append(emptyLog, lines(0, 150));
    const more = append(log, lines(150, 151));
    expect(more.blocks[0]).toBe(log.blocks[0]);
    expect(more.blocks[1]).not.toBe(log.blocks[1]);
  });
  it('is bounded, counts what it dropped, and never uses a block number twice', () => {
    let log = emptyLog;
    for (let i = 0; i < 300; i++) log = append(log, lines(i * 50, i * 50 + 50));
    expect(count(log.blocks)).toBeGreaterThanOrEqual(maxLines);
    expect(count(log.blocks)).toBeLessThan(maxLines + 2 * blockSize);
    expect(count(log.blocks) + log.dropped).toBe(15_000);
    expect(new Set(log.blocks.map((block) => block.first)).size).toBe(log.blocks.length);
    expect(log.blocks.at(-1)?.lines.at(-1)?.text).toBe('14999');
  });
  it('takes one batch larger than its bound', () => {
    const log = append(emptyLog, lines(0, maxLines * 2), 7);
    expect(count(log.blocks) + log.dropped).toBe(maxLines * 2 + 7);
  });
});
