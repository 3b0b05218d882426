import { describe, expect, it } from 'vitest';
import { barHeight as contractBarHeight } from '../../../main/app/bridge/contract';
import { phaseChanges } from '../../../renderer/common/announcements';
import { clock } from '../../../renderer/common/clock';
import { sourceName } from '../../../renderer/common/engineName';
import { reuse } from '../../../renderer/common/reuse';
import { splitPath } from '../../../renderer/common/splitPath';
import { shortcutOf } from '../../../renderer/common/useShortcuts';
import { barHeight } from '../../../renderer/lab/barHeight';
import { state } from '../../harness/gallery/samples';

describe('reuse', () => {
  it('returns the old value when nothing changed', () => {
    const old = { a: [1, { b: 'x' }], c: undefined };
    expect(reuse(old, structuredClone(old))).toBe(old);
  });
  it('keeps the parts that did not change', () => {
    const old = { list: [{ id: 1 }, { id: 2 }], name: 'x' };
    const next = reuse(old, { list: [{ id: 1 }, { id: 3 }], name: 'x' });
    expect(next).toEqual({ list: [{ id: 1 }, { id: 3 }], name: 'x' });
    expect(next.list[0]).toBe(old.list[0]);
    expect(next.list[1]).not.toBe(old.list[1]);
  });
  it('sees what was added and what went', () => {
    expect(reuse({ a: 1 }, { a: 1, b: 2 })).toEqual({ a: 1, b: 2 });
    expect(reuse({ a: 1, b: 2 }, { a: 1 })).toEqual({ a: 1 });
    expect(reuse([1, 2, 3], [1, 2])).toEqual([1, 2]);
    expect(reuse({ a: undefined }, {})).toEqual({});
    expect(Object.keys(reuse({ a: undefined }, {}))).toEqual([]);
    expect(reuse({ a: null }, { a: {} })).toEqual({ a: {} });
    expect(reuse({}, [])).toEqual([]);
  });
});

describe('clock', () => {
  it.each([
    [-5000, '0:00'],
    [7_999, '0:07'],
    [754_000, '12:34'],
    [3_723_000, '1:02:03'],
  ])('%i ms is %s', (ms, text) => expect(clock(ms)).toBe(text));
});

describe('splitPath', () => {
  it.each([
    ['/home/mina/work', '/home/mina', '/work'],
    ['/home/mina/work/', '/home/mina', '/work'],
    ['C:\\Users\\민아\\작업', 'C:\\Users\\민아', '\\작업'],
    ['/work', '', '/work'],
    ['/', '', '/'],
    ['work', '', 'work'],
  ])('%s', (path, head, tail) => {
    expect(splitPath(path)).toEqual({ head, tail });
  });
  it('loses nothing but a slash at the end', () => {
    const { head, tail } = splitPath('/a/b c/😀');
    expect(head + tail).toBe('/a/b c/😀');
  });
});

describe('phaseChanges', () => {
  const before = state('stopped', { name: 'A' });
  it('tells what changed, and nothing at first sight', () => {
    expect(phaseChanges([before], [{ ...before, phase: 'ready' }])).toEqual([{ name: 'A', phase: 'ready' }]);
    expect(phaseChanges([before], [before])).toEqual([]);
    expect(phaseChanges([], [before])).toEqual([]);
  });
  it('says starting once', () => {
    const preparing = { ...before, phase: 'preparing' as const };
    expect(phaseChanges([before], [preparing])).toEqual([{ name: 'A', phase: 'starting' }]);
    expect(phaseChanges([preparing], [{ ...before, phase: 'starting' }])).toEqual([]);
  });
});

describe('small words', () => {
  it('names an engine candidate', () => {
    expect(sourceName({ source: 'well-known:Rancher Desktop' })).toBe('Rancher Desktop');
    expect(sourceName({ source: 'context:build' })).toBe('build');
    expect(sourceName({ source: 'DOCKER_HOST' })).toBe('DOCKER_HOST');
  });
  it('names a shortcut alike on all systems', () => {
    const keys = { ctrlKey: false, metaKey: false, altKey: false };
    expect(shortcutOf({ ...keys, key: 'S', ctrlKey: true })).toBe('mod+s');
    expect(shortcutOf({ ...keys, key: 's', metaKey: true })).toBe('mod+s');
    expect(shortcutOf({ ...keys, key: 'Escape' })).toBe('escape');
  });
  it('draws the bar as high as main leaves room for it', () => expect(barHeight).toBe(contractBarHeight));
});
