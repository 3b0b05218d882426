import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addHandInstalled, linesOf, packageName, unlisted } from '../../../main/common/handInstalled';
import { asLines } from '../../../main/image/installed';
import { kernelSchema } from '../../../main/image/model';
import { kernel } from './samples';

const kernels = [
  kernel('py313', { conda: ['numpy=2.1', 'conda-forge::r-base>=4'], pip: ['Foo.Bar>=1'] }),
  kernel('old'),
];

describe('packages installed by hand', () => {
  it('join the list of their tool, in their kernel', () => {
    const next = addHandInstalled(kernels, [
      { kernel: 'py313', conda: ['numpy=2.1.0', 'r-base=4.4', 'scipy=1.14.1'], pip: ['foo_bar==1.2', 'polars==1.9.0'] },
      { kernel: 'old', conda: ['six=1.16.0'], pip: [] },
      { kernel: 'gone', conda: [], pip: ['x==1'] },
    ]);
    expect(next).toMatchObject([
      { conda: ['numpy=2.1', 'conda-forge::r-base>=4', 'scipy=1.14.1'], pip: ['Foo.Bar>=1', 'polars==1.9.0'] },
      { conda: ['six=1.16.0'], pip: [] },
    ]);
    for (const one of next) expect(kernelSchema.safeParse(one).success).toBe(true);
  });

  it('leave the kernels that have them all as they are', () => {
    const found = [{ kernel: 'py313', conda: [], pip: ['numpy==2.1.0'] }];
    expect(addHandInstalled(kernels, found)[0]).toBe(kernels[0]);
    expect(unlisted(found, kernels)).toEqual([]);
  });

  it('are still named where their kernel is no longer wanted', () => {
    const found = [{ kernel: 'gone', conda: ['numpy=2.1.0'], pip: ['x==1'] }];
    expect(unlisted(found, kernels)).toEqual(found);
    expect(linesOf(found[0]!)).toEqual(['numpy=2.1.0', 'x==1']);
  });

  it.each([
    ['Foo_Bar[extra]==1.0', 'foo-bar'],
    ['conda-forge::r-base>=4', 'r-base'],
    [' _libgcc_mutex=0.1', '-libgcc-mutex'],
    ['numpy', 'numpy'],
  ])('%s is %s', (spec, name) => expect(packageName(spec)).toBe(name));

  it('are taken by the lists, whatever was found', () => {
    const word = fc.stringMatching(/^[A-Za-z0-9][\w.-]{0,20}$/);
    const version = fc.stringMatching(/^\d[\w.!+-]{0,20}$/);
    const added = fc.record({ tool: fc.constantFrom('conda' as const, 'pip' as const), name: word, version, requested: fc.boolean() }); // prettier-ignore
    fc.assert(
      fc.property(fc.array(added, { maxLength: 20 }), (all) => {
        const [next] = addHandInstalled([kernel('a')], asLines(new Map([['a', all]])));
        expect(kernelSchema.safeParse(next).error).toBeUndefined();
      }),
    );
  });
});
