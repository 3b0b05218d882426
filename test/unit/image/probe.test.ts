import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { probeProblem, probeScript, readProbe, type ImageFacts } from '../../../main/image/probe';
import { ownImageFacts, serverCommand } from '../../../main/image/serverCommand';
import { paths } from '../../../main/runtime/runtime';

const facts = (more: Partial<ImageFacts> = {}): ImageFacts => ({
  uid: 0,
  home: '/root',
  machine: 'x86_64',
  homeKernels: [],
  homeReadable: true,
  ...more,
});

describe('the probe, run by a real shell', () => {
  let root: string;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'labdock-probe-'));
    chmodSync(root, 0o755);
    mkdirSync(join(root, 'bin'));
    mkdirSync(join(root, 'home'));
  });
  afterEach(() => rmSync(root, { recursive: true, force: true }));

  const program = (name: string, text: string) =>
    writeFileSync(join(root, 'bin', name), `#!/bin/sh\n${text}\n`, { mode: 0o755 });
  const probe = () =>
    readProbe(
      execFileSync('/bin/sh', ['-c', probeScript], {
        env: { PATH: `${root}/bin:/usr/bin:/bin`, HOME: join(root, 'home') },
        encoding: 'utf8',
      }),
    );

  it('finds programs, versions and who runs', () => {
    program('jupyter-lab', 'echo 4.6.6');
    program('jupyter-server', 'echo 2.21.1; echo noise >&2');
    program('tini', 'echo tini');
    program('python', 'echo 3.13.1');
    expect(probe()).toEqual({
      uid: process.getuid!(),
      home: join(root, 'home'),
      machine: execFileSync('uname', ['-m'], { encoding: 'utf8' }).trim(),
      jupyterLab: join(root, 'bin/jupyter-lab'),
      labVersion: '4.6.6',
      jupyterServer: join(root, 'bin/jupyter-server'),
      serverVersion: '2.21.1',
      tini: join(root, 'bin/tini'),
      python: '3.13.1',
      homeKernels: [],
      homeReadable: true,
    });
  });

  it('finds kernels in a home that nobody else may read', () => {
    const kernels = join(root, 'home/.local/share/jupyter/kernels');
    mkdirSync(join(kernels, 'python3'), { recursive: true });
    writeFileSync(join(kernels, 'python3/kernel.json'), '{}');
    expect(probe()).toMatchObject({ homeKernels: ['python3'], homeReadable: true });
    chmodSync(join(root, 'home'), 0o700);
    expect(probe()).toMatchObject({ homeKernels: ['python3'], homeReadable: false });
  });

  it('survives programs that fail', () => {
    program('jupyter-server', 'echo Traceback; exit 1');
    expect(probe()).toMatchObject({ jupyterServer: join(root, 'bin/jupyter-server') });
    expect(probe()).not.toHaveProperty('serverVersion');
  });
});

describe('words of a foreign image', () => {
  it('that are no path, version or number are left out', () => {
    const said = [
      'uid=many',
      'home=relative',
      'jupyterLab=rm -rf /',
      'labVersion=$(id)',
      'tini=',
      'homeKernel=../x',
      'machine=a b',
    ];
    expect(readProbe(said.map((line) => `labdock-probe:${line}`).join('\n'))).toEqual(
      facts({ home: '/', machine: '', homeReadable: false }),
    );
    expect(readProbe('')).toMatchObject({ uid: 0, homeKernels: [] });
  });
});

describe('what follows from a probe', () => {
  const config = `--config=${paths.config}`;
  it('an image of our own: tini, entry point, Lab', () => {
    expect(serverCommand(ownImageFacts)).toEqual({
      command: [ownImageFacts.tini, '-g', '--', paths.entrypoint, ownImageFacts.jupyterLab, config],
      init: false,
      env: {},
      wantsRoot: false,
    });
  });

  it("without tini: the engine's own init", () => {
    const found = facts({ jupyterLab: '/usr/bin/jupyter-lab' });
    expect(probeProblem(found, 'x')).toBeNull();
    expect(serverCommand(found)).toMatchObject({
      command: [paths.entrypoint, '/usr/bin/jupyter-lab', config],
      init: true,
    });
  });

  it('without Lab: it is said, and the server can run', () => {
    const found = facts({
      jupyterServer: '/opt/conda/bin/jupyter-server',
      homeKernels: ['python2'],
      homeReadable: false,
    });
    expect(probeProblem(found, 'seed:1')).toEqual({ reason: 'image-without-lab', params: { reference: 'seed:1' } });
    expect(serverCommand(found)).toEqual({
      command: [paths.entrypoint, '/opt/conda/bin/jupyter-server', config],
      init: true,
      env: { JUPYTER_PATH: '/root/.local/share/jupyter' },
      wantsRoot: true,
    });
  });

  it('without Jupyter: it cannot run', () => {
    expect(probeProblem(facts(), 'debian')).toEqual({
      reason: 'image-without-jupyter',
      params: { reference: 'debian' },
    });
    expect(() => serverCommand(facts(), 'debian')).toThrow(
      expect.objectContaining({ message: 'image-without-jupyter' }),
    );
  });
});
