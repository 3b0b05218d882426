import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { numberedName, safeFileName } from '../../../main/app/lab/fileNames';

describe('names of downloaded files', () => {
  it.each([
    ['report.pdf', 'report.pdf'],
    ['내 노트북 📓.ipynb', '내 노트북 📓.ipynb'],
    ['../../.ssh/authorized_keys', 'authorized_keys'],
    ['..\\..\\evil.exe', 'evil.exe'],
    ['C:\\Windows\\x.dll', 'x.dll'],
    ['/etc/passwd', 'passwd'],
    ['.bashrc', 'bashrc'],
    ['..', 'download'],
    ['', 'download'],
    ['   ', 'download'],
    ['a/', 'download'],
    ['trailing. . ', 'trailing'],
    ['a\u0000b\nc.txt', 'a_b_c.txt'],
    ['a<b>|?*":.txt', 'a_b______.txt'],
    // Shown as "docexe.pdf" by a system that honours the mark.
    ['doc\u202efdp.exe', 'doc_fdp.exe'],
    ['CON', '_CON'],
    ['nul.txt', '_nul.txt'],
    ['COM1.log', '_COM1.log'],
    ['console.txt', 'console.txt'],
    ['e\u0301.txt', '\u00e9.txt'],
  ])('%j becomes %j', (given, expected) => {
    expect(safeFileName(given)).toBe(expected);
  });

  it('shortens by whole characters and keeps the extension', () => {
    const name = safeFileName(`${'가'.repeat(300)}.tar.gz`);
    expect(Buffer.byteLength(name)).toBeLessThanOrEqual(200);
    expect(name).toMatch(/^가+\.tar\.gz$/);
    const family = safeFileName('👨‍👩‍👧‍👦'.repeat(40) + '.png');
    expect([...new Intl.Segmenter().segment(family.replace('.png', ''))].every((s) => s.segment === '👨‍👩‍👧‍👦')).toBe(true);
  });

  it('never leaves the folder, whatever is suggested', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 400 }), (suggested) => {
        const name = safeFileName(suggested);
        expect(name).not.toBe('');
        expect(name).not.toMatch(/[\\/\0]/);
        expect(name).not.toMatch(/^\.|[. ]$/);
        expect(Buffer.byteLength(numberedName(name, 999))).toBeLessThanOrEqual(255);
      }),
    );
  });

  it.each([
    ['a.txt', 1, 'a.txt'],
    ['a.txt', 2, 'a (2).txt'],
    ['a.tar.gz', 3, 'a (3).tar.gz'],
    ['a', 2, 'a (2)'],
    ['v1.2 notes', 2, 'v1.2 notes (2)'],
  ])('%s, attempt %i: %s', (name, attempt, expected) => {
    expect(numberedName(name, attempt)).toBe(expected);
  });
});
