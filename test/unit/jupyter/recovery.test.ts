import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { findRecoverable, recover } from '../../../main/jupyter/recovery';
import { documentOfCopy } from '../../../main/jupyter/recoveryFind';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'labdock-recovery ㅎ-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const at = (file: string) => path.join(folder, file);
const write = (file: string, content: string) => {
  mkdirSync(path.dirname(at(file)), { recursive: true });
  writeFileSync(at(file), content);
};
const read = (file: string) => readFileSync(at(file), 'utf8');
const found = async () => (await findRecoverable(folder)).files.map(({ file, kind }) => [file, kind]);

describe('finding', () => {
  test('a copy beside an empty, missing or damaged document', async () => {
    write('empty.ipynb', '');
    write('.~empty.ipynb', '{"cells": []}');
    write('deep/er/.~missing.txt', 'text');
    write('half 한.ipynb', '{"cells": [');
    write('.~half 한.ipynb', '{"cells": [1]}');
    expect(await found()).toEqual([
      ['deep/er/missing.txt', 'missing'],
      ['empty.ipynb', 'empty'],
      ['half 한.ipynb', 'damaged'],
    ]);
  });

  test('nothing where nothing is lost', async () => {
    write('whole.ipynb', '{}');
    write('.~whole.ipynb', '{"old": 1}');
    write('both.ipynb', '{');
    write('.~both.ipynb', '{');
    write('text.txt', 'new');
    write('.~text.txt', 'old');
    write('.~nothing.ipynb', '');
    write('.~lock.table.ods#', 'someone');
    write('.~', 'x');
    mkdirSync(at('.~folder'));
    mkdirSync(at('dir'));
    write('.~dir', 'x');
    expect(await found()).toEqual([]);
    expect(await findRecoverable(at('absent'))).toEqual({ files: [], complete: true });
  });

  test('never behind a link, nor in trees of programs', async () => {
    const outside = mkdtempSync(path.join(tmpdir(), 'labdock-outside-'));
    writeFileSync(path.join(outside, '.~a.ipynb'), '{}');
    symlinkSync(outside, at('linked'));
    symlinkSync(path.join(outside, '.~a.ipynb'), at('.~b.ipynb'));
    symlinkSync(path.join(outside, 'absent'), at('c.ipynb'));
    write('.~c.ipynb', '{}');
    for (const skipped of [
      'node_modules',
      '.git',
      '.ipynb_checkpoints',
      'env/lib/python3.13/site-packages',
      '.Trash-1000',
    ])
      write(`${skipped}/.~x.ipynb`, '{}');
    expect(await found()).toEqual([]);
    rmSync(outside, { recursive: true });
  });

  test('stops at its limits and says so; stops when told to', async () => {
    for (let index = 0; index < 30; index++) write(`many/${index}.txt`, 'x');
    write('.~top.ipynb', '{}');
    write('a/b/c/.~deep.ipynb', '{}');
    const limits = { entries: 1000, depth: 40, milliseconds: 5000 };
    expect(await findRecoverable(folder, { limits: { ...limits, entries: 10 } })).toMatchObject({
      complete: false,
      files: [{ file: 'top.ipynb' }],
    });
    expect(await findRecoverable(folder, { limits: { ...limits, depth: 2 } })).toMatchObject({
      complete: false,
      files: [{ file: 'top.ipynb' }],
    });
    expect(await findRecoverable(folder, { limits })).toMatchObject({ complete: true, files: [{}, {}] });
    await expect(findRecoverable(folder, { signal: AbortSignal.abort() })).rejects.toMatchObject({
      name: 'AbortError',
    });
  });

  test('a copy names its document', () => {
    expect(documentOfCopy('.~a.ipynb')).toBe('a.ipynb');
    expect(documentOfCopy('.~~x')).toBe('~x');
    expect(documentOfCopy('.~lock')).toBe('lock');
    expect([documentOfCopy('a'), documentOfCopy('.~'), documentOfCopy('.~lock.a.odt#')]).toEqual([null, null, null]);
  });
});

describe('recovering', () => {
  test('puts the copy in place with its time and mode, and only then lets go of it', async () => {
    write('a/empty.ipynb', '');
    write('a/.~empty.ipynb', '{"cells": []}');
    chmodSync(at('a/.~empty.ipynb'), 0o640);
    utimesSync(at('a/.~empty.ipynb'), 1_700_000_000, 1_700_000_000);
    write('.~missing.txt', 'text');
    expect(await recover(folder, ['a/empty.ipynb', 'missing.txt'])).toEqual({
      restored: [
        { file: 'a/empty.ipynb', as: 'a/empty.ipynb' },
        { file: 'missing.txt', as: 'missing.txt' },
      ],
      failed: [],
    });
    expect(read('a/empty.ipynb')).toBe('{"cells": []}');
    expect(statSync(at('a/empty.ipynb')).mode & 0o777).toBe(0o640);
    expect(statSync(at('a/empty.ipynb')).mtimeMs).toBe(1_700_000_000_000);
    expect(read('missing.txt')).toBe('text');
    expect([existsSync(at('a/.~empty.ipynb')), existsSync(at('.~missing.txt'))]).toEqual([false, false]);
    expect(await found()).toEqual([]);
  });

  test('keeps a damaged notebook and puts the copy beside it, under a free name', async () => {
    write('n.ipynb', '{"cells": [');
    write('.~n.ipynb', '{"cells": [1]}');
    write('n (recovered).ipynb', 'mine');
    expect((await recover(folder, ['n.ipynb'])).restored).toEqual([{ file: 'n.ipynb', as: 'n (recovered 2).ipynb' }]);
    expect(read('n.ipynb')).toBe('{"cells": [');
    expect(read('n (recovered).ipynb')).toBe('mine');
    expect(read('n (recovered 2).ipynb')).toBe('{"cells": [1]}');
    expect(existsSync(at('.~n.ipynb'))).toBe(false);
  });

  test('leaves everything as it is where the document has content again', async () => {
    write('text.txt', 'written meanwhile');
    write('.~text.txt', 'old');
    write('.~ok.txt', 'ok');
    const result = await recover(folder, ['text.txt', 'absent.txt', 'ok.txt']);
    expect(result.failed.map(({ file }) => file)).toEqual(['text.txt', 'absent.txt']);
    expect(result.restored).toEqual([{ file: 'ok.txt', as: 'ok.txt' }]);
    expect([read('text.txt'), read('.~text.txt')]).toEqual(['written meanwhile', 'old']);
  });

  test.each(['../out.txt', '/etc/x.txt', 'a/../../out.txt', './x.txt', 'linked/x.txt', 'a//x.txt', '', 'x\0.txt'])(
    'refuses %j',
    async (file) => {
      const outside = mkdtempSync(path.join(tmpdir(), 'labdock-outside-'));
      writeFileSync(path.join(outside, '.~x.txt'), 'x');
      symlinkSync(outside, at('linked'));
      const result = await recover(folder, [file]);
      expect(result.restored).toEqual([]);
      expect(result.failed).toMatchObject([{ file, problem: { reason: 'unexpected' } }]);
      expect(readFileSync(path.join(outside, '.~x.txt'), 'utf8')).toBe('x');
      rmSync(outside, { recursive: true });
    },
  );
});
