import { describe, expect, test } from 'vitest';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { respelled } from '../../../main/workspace/move/comparison';
import { ignores, parseIgnore } from '../../../main/workspace/move/ignore';
import { leaveOut } from '../../../main/workspace/move/leaveOut';
import type { Entry, Listing, Traits } from '../../../main/workspace/move/model';
import { copyPath, diskKey, leadsOut, nameFits, parentsOf } from '../../../main/workspace/move/names';

const linux: Traits = { platform: 'linux', insensitive: false };
const windows: Traits = { platform: 'win32', insensitive: true };
const mac: Traits = { platform: 'darwin', insensitive: true };

const listing = (...paths: string[]): Listing =>
  new Map(
    paths.map((path): [string, Entry] => [
      path.replace(/\/$/, ''),
      {
        path: path.replace(/\/$/, ''),
        kind: path.endsWith('/') ? 'd' : 'f',
        mode: 0o644,
        size: path.endsWith('/') ? 0 : 10,
        mtimeNs: '0',
        signature: 's',
      },
    ]),
  );

describe('.labdockignore means what git means', () => {
  const text = [
    '# comment',
    '',
    '*.log',
    '!important.log',
    '/root.txt',
    'build/',
    'docs/*.pdf',
    '**/cache',
    'a/**/z',
    'logs/**',
    'file?.txt',
    '[abc].md',
    '[!x]y.md',
    '\\#hash',
    '\\!bang',
    'trailing\\ ',
    'spaces   ',
    'dir.with+signs(1)',
    '한글*',
    '*.[oa]',
    'foo/',
    '!foo/bar',
  ].join('\n');
  const paths = [
    'x.log', 'deep/x.log', 'important.log', 'deep/important.log', 'root.txt', 'deep/root.txt', 'build/x', 'deep/build/y',
    'docs/a.pdf', 'docs/deep/a.pdf', 'other/docs/a.pdf', 'cache/x', 'deep/er/cache/y', 'a/z', 'a/b/z', 'a/b/c/z', 'b/a/z',
    'logs/one', 'logs/two/three', 'file1.txt', 'file12.txt', 'a.md', 'd.md', 'by.md', 'xy.md', '#hash', '!bang',
    'trailing ', 'spaces', 'dir.with+signs(1)', 'dirxwith+signs(1)', '한글 파일', 'x.o', 'x.c', 'foo/bar', 'foo/baz', 'plain',
  ]; // prettier-ignore

  /** Git itself is asked about each path. */
  function gitIgnores(): Set<string> {
    const folder = mkdtempSync(join(tmpdir(), 'labdock-ignore-'));
    try {
      execFileSync('git', ['init', '-q', folder]);
      writeFileSync(join(folder, '.gitignore'), text);
      const input = paths.join('\0');
      let answer = '';
      try {
        answer = execFileSync('git', ['-C', folder, 'check-ignore', '--no-index', '-z', '--stdin'], {
          input,
          encoding: 'utf8',
        });
      } catch (error) {
        answer = (error as { stdout: string }).stdout;
      }
      return new Set(answer.split('\0').filter(Boolean));
    } finally {
      rmSync(folder, { recursive: true });
    }
  }

  const rules = parseIgnore(text);
  const ignored = ignores(rules);
  const mine = (path: string) => [...parentsOf(path)].some((parent) => ignored(parent, true)) || ignored(path, false);

  test('as git says, path by path', () => {
    const expected = gitIgnores();
    expect(paths.filter(mine)).toEqual(paths.filter((path) => expected.has(path)));
  });

  test('and Python reads the same patterns', () => {
    const script =
      'import json,re,sys\nrules,paths=json.load(sys.stdin)\nprint(json.dumps([[bool(re.compile(r["pattern"],re.S).fullmatch(p)) for r in rules] for p in paths]))';
    const answer = execFileSync('python3', ['-c', script], { input: JSON.stringify([rules, paths]), encoding: 'utf8' });
    const here = paths.map((path) => rules.map(({ pattern }) => new RegExp(`^(?:${pattern})$`, 's').test(path)));
    expect(JSON.parse(answer)).toEqual(here);
  });

  test('a pattern that makes no sense matches nothing', () => {
    expect(parseIgnore('[unclosed\n   \n/\n!')).toEqual([]);
  });
});

test.each([
  ['con', windows, false],
  ['CON.txt', windows, false],
  ['console.txt', windows, true],
  ['lpt1.dat', windows, false],
  ['a:b', windows, false],
  ['back\\slash', windows, false],
  ['dot.', windows, false],
  ['space ', windows, false],
  ['tab\t', windows, false],
  ['a:b', linux, true],
  ['a'.repeat(255), linux, true],
  ['a'.repeat(256), linux, false],
  ['가'.repeat(85), linux, true],
  ['가'.repeat(86), linux, false],
  ['가'.repeat(100), windows, true],
  ['é'.repeat(200), mac, false],
] as const)('name %j on %o: %s', (name, traits, fits) => {
  expect(nameFits(name, traits)).toBe(fits);
});

test('names that are one on the destination: the one that is there already goes, the other is named', () => {
  const source = listing('A.txt', 'a.txt', 'Data/', 'Data/x', 'data/', 'data/y', 'con', 'ok');
  const left = leaveOut(source, listing('a.txt'), windows);
  expect(left.list).toEqual([
    { path: 'A.txt', bytes: 10, why: 'name' },
    { path: 'con', bytes: 10, why: 'name' },
    { path: 'data', bytes: 10, why: 'name' },
  ]);
  expect([...left.kept.keys()].sort()).toEqual(['Data', 'Data/x', 'a.txt', 'ok']);
  expect(left.covers('data/y')).toBe(true);
  expect(left.covers('Data/x')).toBe(false);
  expect(leaveOut(source, new Map(), linux).list).toEqual([]);
});

test('composed and decomposed letters are one name on a Mac, and a file keeps the spelling of the other side', () => {
  const [composed, decomposed] = ['caf\u00e9.txt', 'cafe\u0301.txt'];
  expect(diskKey(composed, mac)).toBe(diskKey(decomposed, mac));
  expect(diskKey(composed, linux)).not.toBe(diskKey(decomposed, linux));
  expect(leaveOut(listing(composed, decomposed), new Map(), mac).list).toHaveLength(1);
  expect([...respelled(listing(decomposed), listing(composed)).keys()]).toEqual([composed]);
  expect([...respelled(listing(composed), listing(decomposed)).keys()]).toEqual([decomposed]);
  expect([...respelled(listing(decomposed), new Map()).keys()]).toEqual([composed]);
});

test.each([
  ['a.txt', 'a (kept from cluster 2026-11-25).txt'],
  ['deep.dir/no ending', 'deep.dir/no ending (kept from cluster 2026-11-25)'],
  ['.hidden', '.hidden (kept from cluster 2026-11-25)'],
  ['x.tar.gz', 'x.tar (kept from cluster 2026-11-25).gz'],
])('a copy of %s is called %s', (path, copy) => {
  expect(copyPath(path, 'kept from cluster 2026-11-25', () => false)).toBe(copy);
});

test('copies count up, and never get too long', () => {
  const taken = new Set(['a (kept).txt', 'a (kept 2).txt']);
  expect(copyPath('a.txt', 'kept', (path) => taken.has(path))).toBe('a (kept 3).txt');
  const long = copyPath(`${'가'.repeat(83)}.ipynb`, 'kept from cluster 2026-11-25', () => false);
  expect(Buffer.byteLength(long)).toBeLessThanOrEqual(255);
  expect(long).toMatch(/^가+ \(kept from cluster 2026-11-25\)\.ipynb$/);
});

test.each([
  ['a', 'b', false],
  ['a', '../b', true],
  ['d/a', '../b', false],
  ['d/a', '../../b', true],
  ['d/a', 'x/../../../b', true],
  ['d/e/a', '.././../b', false],
  ['a', '/etc', true],
  ['a', 'C:/x', true],
  ['a', './b/..', false],
])('a link at %s to %s leads out: %s', (path, target, out) => {
  expect(leadsOut(path, target)).toBe(out);
});
