import { expect, test } from 'vitest';
import { readChanges, readStat } from '../../../main/runtime/docker/beyondImage';

test('only what was added counts', () => {
  const changes = [
    { Path: '/opt', Kind: 0 },
    { Path: '/opt/new', Kind: 1 },
    { Path: '/opt/old', Kind: 2 },
  ];
  expect(readChanges(changes)).toEqual(['/opt/new']);
  // Docker's word for no changes.
  expect(readChanges(null)).toEqual([]);
});

test.each([
  [{ name: 'x', mtime: '2026-11-28T17:26:03.579139259Z' }, Date.parse('2026-11-28T17:26:03.579Z')],
  [{ name: 'x' }, null],
])('a time is read from %j', (stat, expected) => {
  const header = Buffer.from(JSON.stringify(stat)).toString('base64');
  expect(readStat({ 'x-docker-container-path-stat': header })).toBe(expected);
});
test('no header, no time', () => expect(readStat(undefined)).toBeNull());
