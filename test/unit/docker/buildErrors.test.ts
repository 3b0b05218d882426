import { describe, expect, it } from 'vitest';
import { buildkitRefused, buildProblem, registryProblem } from '../../../main/runtime/docker/buildErrors';

const run = { current: 4, total: 9, label: 'RUN ["/bin/sh", "/opt/labdock/build/make-environment", "py38"]' };
const from = { current: 1, total: 9, label: 'FROM quay.example/base:1 AS ground' };

describe('why a step failed', () => {
  it.each([
    ["OSError: [Errno 28] No space left on device: '/opt/conda'", 'disk-full'],
    ['NoSpaceLeftError: No space left on devices.', 'disk-full'],
    ["curl: (6) Could not resolve host: 'mirror.example'", 'network-unreachable'],
    ['CondaHTTPError: HTTP 000 CONNECTION FAILED for url <https://conda.example/noarch/repodata.json>', 'network-unreachable'], // prettier-ignore
    ["WARNING: Retrying … HTTPSConnectionPool(host='pypi.example', port=443): Max retries exceeded\nERROR: No matching distribution found for numpy", 'network-unreachable'], // prettier-ignore
    ["W: Failed to fetch …  Temporary failure resolving 'deb.example'", 'network-unreachable'],
    ['ERROR: No matching distribution found for nosuchpkg==1', 'package-not-found'],
    ['PackagesNotFoundError: The following packages are not available from current channels:\n\n  - nosuchpkg==1\n', 'package-not-found'], // prettier-ignore
    ['└─ nosuchpkg does not exist (perhaps a typo or a missing channel).', 'package-not-found'],
    ['Error: nothing provides requested nosuchpkg', 'package-not-found'],
    ['SyntaxError: invalid syntax', 'build-failed'],
  ])('%s', (line, reason) => {
    const tail = line.split('\n');
    expect(buildProblem({ words: "The command '/bin/sh -c x' returned a non-zero code: 1", step: run, tail })).toMatchObject({ reason }); // prettier-ignore
  });

  it('says where: step, package, kernel, host', () => {
    const failed = (line: string) => buildProblem({ words: 'exit code: 1', step: run, tail: [line] }).params;
    expect(failed('boom')).toEqual({ step: 4, total: 9, instruction: run.label });
    expect(failed('ERROR: No matching distribution found for nosuchpkg==1')).toEqual({ package: 'nosuchpkg==1', kernel: 'py38' }); // prettier-ignore
    expect(failed('curl: (6) Could not resolve host: mirror.example')).toEqual({ host: 'mirror.example' });
    expect(failed("HTTPSConnectionPool(host='pypi.example', port=443): Max retries exceeded")).toEqual({ host: 'pypi.example' }); // prettier-ignore
  });

  it('keeps a long instruction short and on one line', () => {
    const label = `RUN a && \\\n  ${'b '.repeat(500)}`;
    const { instruction } = buildProblem({ words: 'x', step: { ...run, label }, tail: [] }).params ?? {};
    expect(String(instruction)).toHaveLength(300);
    expect(String(instruction)).not.toContain('\n');
  });
});

describe('why a base image is missing', () => {
  it.each([
    // Docker classic, BuildKit, Podman; a registry that is there, a private one, one that is not.
    ['manifest for 127.0.0.1:5000/x:1 not found: manifest unknown: manifest unknown', 'base-not-found'],
    ["pull access denied for x, repository does not exist or may require 'docker login': denied: requested access to the resource is denied", 'base-not-found'], // prettier-ignore
    ['127.0.0.1:5000/x:1: not found', 'base-not-found'],
    ['creating build container: initializing source docker://127.0.0.1:5000/x:1: reading manifest 1 in 127.0.0.1:5000/x: manifest unknown', 'base-not-found'], // prettier-ignore
    ['Get "http://127.0.0.1:5000/v2/x/manifests/1": no basic auth credentials', 'pull-denied'],
    ['unauthorized: authentication required', 'pull-denied'],
    ['Get "https://registry.example/v2/": dial tcp: lookup registry.example on 192.0.2.1:53: no such host', 'network-unreachable'], // prettier-ignore
    ['Get "http://127.0.0.1:5999/v2/": dial tcp 127.0.0.1:5999: connect: connection refused', 'network-unreachable'],
  ])('%s', (words, reason) => {
    expect(buildProblem({ words, step: from, tail: [] })).toMatchObject({ reason });
    const load = { current: 0, total: 0, label: '[internal] load metadata for quay.example/base:1' };
    expect(buildProblem({ words, step: load, tail: [] })).toMatchObject({ reason });
  });

  it('names it', () => {
    const words = 'manifest unknown';
    expect(buildProblem({ words, step: from, tail: [] }).params).toEqual({ reference: 'quay.example/base:1' });
    const platform = { ...from, label: 'FROM --platform=linux/amd64 base:2' };
    expect(buildProblem({ words, step: platform, tail: [] }).params).toEqual({ reference: 'base:2' });
  });

  it('does not take a command of a step for it', () => {
    const problem = buildProblem({ words: 'exit code: 127', step: run, tail: ['/bin/sh: conda: not found'] });
    expect(problem.reason).toBe('build-failed');
    expect(registryProblem('exit code: 127', 'x')).toBeUndefined();
  });
});

it('turns to the classic builder for what BuildKit cannot, not for what the Dockerfile did', () => {
  expect(buildkitRefused('failed to solve: no active sessions')).toBe(true);
  expect(buildkitRefused('buildkit is not supported by daemon')).toBe(true);
  expect(buildkitRefused('executor failed running [/bin/sh -c exit 3]: exit code: 3')).toBe(false);
  expect(buildkitRefused('dockerfile parse error line 2: unknown instruction: RUNX')).toBe(false);
});
