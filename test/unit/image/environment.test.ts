import { describe, expect, it } from 'vitest';
import { changedKernels, condaList, pipList } from '../../../main/image/environment';
import { kernel } from './samples';

describe('package lists', () => {
  it('start with the interpreter and the kernel that fits it', () => {
    expect(condaList(kernel('a', { version: '3.12.4', conda: ['numpy>=2'] }))).toEqual([
      'python=3.12.4',
      'pip',
      'ipykernel',
      'numpy>=2',
    ]);
    expect(condaList(kernel('a', { version: '2.7' }))).toEqual(['python=2.7', 'pip', 'ipykernel=4']);
    expect(pipList(kernel('a', { pip: ['b', 'a', 'b'] }))).toEqual(['a', 'b']);
  });
});

describe('kernels that must be built', () => {
  const before = [kernel('one', { conda: ['a', 'b'] }), kernel('two')];
  it.each([
    ['none when nothing changed', before, []],
    ['none for another order', [before[1]!, { ...before[0]!, conda: ['b', 'a'] }], []],
    ['none for a display name', [{ ...before[0]!, displayName: 'Eins' }, before[1]!], []],
    ['none when one goes', [before[0]!], []],
    ['an added one', [...before, kernel('three')], ['three']],
    ['one with another package', [{ ...before[0]!, pip: ['six'] }, before[1]!], ['one']],
    ['one with another version', [before[0]!, { ...before[1]!, version: '3.12' }], ['two']],
    ['one with another name', [before[0]!, { ...before[1]!, name: 'zwei' }], ['zwei']],
  ])('%s', (_, after, expected) => {
    expect(changedKernels(before, after)).toEqual(expected);
  });
});
