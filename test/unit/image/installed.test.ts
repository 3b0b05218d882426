import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { handInstalled } from '../../../main/image/installed';
import { resources } from './samples';

describe('what was installed by hand', () => {
  it('is named per kernel, what was asked for before what came along', () => {
    const said = [
      '[py313]',
      'pip cowsay 6.1 requested',
      'pip six 1.17.0',
      'conda numpy 2.1.3 requested',
      '[py27]',
      '[other]',
      'pip six 1.16.0',
      '',
    ];
    expect(handInstalled(said.join('\n'))).toEqual([
      { kernel: 'py313', conda: ['numpy=2.1.3'], pip: ['cowsay==6.1'] },
      { kernel: 'other', conda: [], pip: ['six==1.16.0'] },
    ]);
  });

  it('is nothing where nothing can be said', () => {
    expect(handInstalled('')).toEqual([]);
    expect(handInstalled('sh: not found\npip lost 1.0\n[Bad Name]\npip x 1')).toEqual([]);
  });
});

describe('the list in the image, made by a real shell', () => {
  it("reads conda's and pip's own records", () => {
    const prefix = mkdtempSync(join(tmpdir(), 'labdock-packages-'));
    try {
      const site = join(prefix, 'lib/python3.13/site-packages');
      mkdirSync(join(prefix, 'conda-meta'), { recursive: true });
      for (const name of ['numpy-2.1.3-py313_0', 'python-dateutil-2.9.0-pyhd_1']) {
        writeFileSync(join(prefix, `conda-meta/${name}.json`), '{}');
      }
      writeFileSync(join(prefix, 'conda-meta/history'), '');
      const installer = { 'numpy-2.1.3': 'conda', 'cowsay-6.1': 'pip', 'ruamel.yaml-0.18.6': 'uv' };
      for (const [name, tool] of Object.entries(installer)) {
        mkdirSync(join(site, `${name}.dist-info`), { recursive: true });
        // conda-build ends no line there, pip does.
        writeFileSync(join(site, `${name}.dist-info/INSTALLER`), tool === 'conda' ? tool : `${tool}\n`);
      }
      mkdirSync(join(site, 'old-1.0-py2.7.egg-info'));
      const listed = execFileSync('/bin/sh', [join(resources, 'image/build/packages'), 'list', prefix], {
        encoding: 'utf8',
      });
      expect(listed.trim().split('\n')).toEqual([
        'conda numpy 2.1.3',
        'conda python-dateutil 2.9.0',
        'pip cowsay 6.1',
        'pip old 1.0',
        'pip ruamel.yaml 0.18.6',
      ]);
    } finally {
      rmSync(prefix, { recursive: true, force: true });
    }
  });
});
