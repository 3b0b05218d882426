import { describe, expect, it } from 'vitest';
import { explainBuildProblem, explainStep } from '../../../main/image/steps';

describe('a build step', () => {
  it.each([
    ['FROM ${BASE_IMAGE} AS ground', { part: 'base' }],
    ['COPY build/ /opt/labdock/build/', { part: 'base' }],
    ['[internal] load metadata for docker.io/condaforge/miniforge3:1', { part: 'base' }],
    ['FROM ground AS kernel-py313', { part: 'kernel', kernel: 'py313' }],
    ['COPY kernels/py-3.8/ /opt/labdock/build/py-3.8/', { part: 'kernel', kernel: 'py-3.8' }],
    ['RUN ["/bin/sh", "/opt/labdock/build/make-environment", "py27"]', { part: 'kernel', kernel: 'py27' }],
    ['/bin/sh /opt/labdock/build/make-environment py27', { part: 'kernel', kernel: 'py27' }],
    ['[kernel-a.b 2/3] COPY kernels/a.b/ /opt/labdock/build/a.b/', { part: 'kernel', kernel: 'a.b' }],
    ['RUN ["/bin/sh", "/opt/labdock/build/make-lab"]', { part: 'lab' }],
    ['[lab 1/2] COPY lab/ /opt/labdock/build/lab/', { part: 'lab' }],
    ['COPY --from=kernel-py27 /opt/conda/envs/py27 /opt/conda/envs/py27', { part: 'assemble' }],
    ['COPY --from=labdock/workspace:0123 /opt/conda/envs/a /opt/conda/envs/a', { part: 'assemble' }],
    ['[workspace 5/6] COPY kernels/py27/ /opt/labdock/build/py27/', { part: 'kernel', kernel: 'py27' }],
    ['COPY system/ /', { part: 'assemble' }],
    ['exporting layers', { part: 'assemble' }],
  ])('%s', (label, expected) => {
    expect(explainStep(label)).toEqual(expected);
  });
});

describe('a failed build', () => {
  const instruction = 'RUN ["/bin/sh", "/opt/labdock/build/make-environment", "ml"]';
  const failed = (detail: string) => ({
    reason: 'build-failed' as const,
    params: { step: 5, total: 9, instruction },
    detail,
  });

  it('names a base without conda', () => {
    expect(explainBuildProblem(failed('labdock: base-without-conda'), 'debian:12')).toMatchObject({
      reason: 'base-without-conda',
      params: { reference: 'debian:12' },
    });
  });

  it.each([
    // libmamba, conda's classic solver, pip
    'LibMambaUnsatisfiableError: Encountered problems while solving:\n  - package a-1 requires b <2, but none of the providers can be installed',
    'UnsatisfiableError: The following specifications were found to be incompatible',
    'ERROR: ResolutionImpossible: for help visit the documentation',
  ])('names packages that do not fit together: %s', (detail) => {
    expect(explainBuildProblem(failed(detail), 'x')).toMatchObject({
      reason: 'packages-conflict',
      params: { kernel: 'ml' },
    });
  });

  it('leaves the rest as it is', () => {
    const other = failed('something else');
    expect(explainBuildProblem(other, 'x')).toBe(other);
    const full = { reason: 'disk-full' as const, detail: 'labdock: base-without-conda' };
    expect(explainBuildProblem(full, 'x')).toBe(full);
  });
});
