import { describe, expect, it } from 'vitest';
import { kindOf } from '../../../main/runtime/docker/home';

const header = (stat: object) => Buffer.from(JSON.stringify(stat)).toString('base64');
const path = '/home/labdock/x';

describe('what an engine says is at a path', () => {
  it.each([
    ['a file on Docker', { mode: 0o644, linkTarget: '' }, 'file'],
    ['a file on Podman', { mode: 0o644, linkTarget: path, isDir: false }, 'file'],
    ['a folder', { mode: 2 ** 31 + 0o755, linkTarget: '' }, 'folder'],
    ['a link on Docker', { mode: 2 ** 27 + 0o777, linkTarget: '/work' }, 'link'],
    ['a link to a folder on Podman', { mode: 2 ** 31 + 0o755, linkTarget: '/home/labdock/y', isDir: true }, 'link'],
    ['a pipe', { mode: 2 ** 25 + 0o644, linkTarget: '' }, 'other'],
    ['a socket', { mode: 2 ** 24 + 0o644, linkTarget: '' }, 'other'],
    ['a file with the sticky bit', { mode: 2 ** 20 + 0o644, linkTarget: '' }, 'file'],
    ['no mode', {}, 'other'],
  ])('%s', (_, stat, kind) => {
    expect(kindOf(path, header(stat))).toBe(kind);
  });
  it('nonsense', () => {
    expect(kindOf(path, '')).toBe('other');
    expect(kindOf(path, '%%%')).toBe('other');
  });
});
