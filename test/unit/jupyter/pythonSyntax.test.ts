import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { checkPython, lineOf } from '../../../main/jupyter/pythonSyntax';

/** What a real python3 says: the line of its SyntaxError, or null. */
function compileWithPython(sources: string[]): (number | null)[] {
  const program = [
    'import json, sys, warnings',
    'warnings.simplefilter("ignore")',
    'out = []',
    'for source in json.load(sys.stdin):',
    '    try:',
    '        compile(source, "x", "exec"); out.append(None)',
    '    except SyntaxError as error: out.append(error.lineno or 0)',
    '    except ValueError: out.append(0)',
    'print(json.dumps(out))',
  ].join('\n');
  return JSON.parse(
    execFileSync('python3', ['-c', program], { input: JSON.stringify(sources), maxBuffer: 1e8 }).toString(),
  ) as (number | null)[];
}

const valid = [
  '',
  '# only a comment',
  'c.ServerApp.ip = "0.0.0.0"\n',
  'x = [\n1,\n\n# c\n2]',
  "c.X.y = (\n  'a'\n  'b'\n)",
  'def f(a, /, b, *, c=1, **d):\n\treturn a\n',
  'f = lambda: (yield)',
  'def g():\n    yield\n    x = yield\n    return (yield)\n',
  'x = 1.\ny = 24.*3600.\n',
  "f'{a}{b!r:>{width}}'",
  'with (open(a) as f, open(b) as g):\n    pass\n',
  'with a as (b, c), d as e.f:\n    pass\n',
  'match x:\n    case A.B():\n        pass\n    case {"a": 1, **rest}:\n        pass\n',
  '[(a, *b) for a, *b in c]',
  'try:\n    pass\nexcept* E:\n    pass\n',
  'if (n := 10) > 5: pass',
  'x = 1_000 + 0x_ff + 0o17 + 0b1 + 00',
  'a = b = 1; del a, b',
  'r"C:\\Users"',
  "b'\\xff'",
  'async def f():\n    async with a as b:\n        await c\n',
  'x = """a\n  b\nc"""\ny = 1',
  'if x:\n  a\nelse:\n      b\n',
  'class A:\n    x: int = 3\n    def f(self): return self\n',
  '이름 = "값"  # 주석\n',
  'for x in y:\n    if x: break\nelse:\n    pass\n',
  'x = 1 + \\\n    2\n',
  '\u000cx = 1\n',
  'import os, sys\r\nx = 1\r\n',
  'print("a", file=f)',
  'def f():\n    nonlocal_ = 1\n',
];

const invalid: [source: string, line: number][] = [
  ['print "x"', 1],
  ['x = 1\nx = (1,\n', 2],
  ['x = 1 +', 1],
  ['s = "abc\n', 1],
  ['a = 1\ns = """abc\n\n', 2],
  ['  x = 1', 1],
  ['x = 1\n  y = 2', 2],
  ['if x:\n  a\n b\n', 3],
  ['if x:\n\ty\n        z\n', 3],
  ['if x:\npass', 2],
  ['def f()\n  pass', 1],
  ['1 = x', 1],
  ['f() = 3', 1],
  ['x = True = 3', 1],
  ['x = 0777', 1],
  ['x = 5L', 1],
  ['a <> b', 1],
  ['raise E, "x"', 1],
  ['return 3', 1],
  ['yield 3', 1],
  ['x = await y', 1],
  ['break', 1],
  ['nonlocal x', 1],
  ["x = 1\nc.ServerApp.root_dir = 'C:\\Users\\me'", 2],
  ["x = '\\x4'", 1],
  ['c.ServerApp.port = <port_number>', 1],
  ['x = 1\0', 1],
  ['x = 1\n\ufeffy = 2', 2],
  ['exec "x"', 1],
  ['a b', 1],
  ['{1: 2, 3}', 1],
  ['else:\n  pass', 1],
  ['c..x = 1', 1],
  ['x = y := 3', 1],
  ['c.A.b = "x"\nc.C.d = [1, 2\nc.E.f = 3\n', 2],
];

describe('checkPython', () => {
  test('the tables say what a real python3 says', () => {
    expect(compileWithPython(valid)).toEqual(valid.map(() => null));
    for (const [index, line] of compileWithPython(invalid.map(([source]) => source)).entries())
      expect(line, invalid[index]![0]).not.toBeNull();
  });

  test.each(valid)('lets valid Python through: %j', (source) => {
    expect(checkPython(source)).toBeNull();
  });

  test.each(invalid)('finds the mistake in %j', (source, line) => {
    expect(checkPython(source)).toMatchObject({ line });
  });

  test('never refuses the standard library', () => {
    const folder = execFileSync('python3', ['-c', 'import json; print(json.__path__[0].rsplit("/", 1)[0])'])
      .toString()
      .trim();
    const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((file) => /^(?:json|email|asyncio|logging|http|importlib|unittest|[a-e]\w*)(?:\/|\.py)/.test(file))
      .filter((file) => file.endsWith('.py'));
    expect(files.length).toBeGreaterThan(80);
    const refused = files
      .map((file) => [file, readFileSync(path.join(folder, file), 'utf8')] as const)
      .filter(([, source]) => source.length < 40_000)
      .map(([file, source]) => [file, checkPython(source)] as const)
      .filter(([, problem]) => problem);
    expect(refused).toEqual([]);
  }, 60_000);

  test('finds most damage done to valid files, and blames no file that python3 accepts', () => {
    const bases = [
      "c = get_config()\nc.ServerApp.ip = '0.0.0.0'\nif True:\n    c.ServerApp.allow_origin = (\n        'x'\n    )\nfor a in [1, 2]:\n    c.X.y[a] = {'k': a}\n",
      "import os\n\ndef f(a, b=2):\n    '''doc'''\n    return os.path.join(a, 'b')\n\nc.ContentsManager.pre_save_hook = f\nc.A.b = f('x', b=3)[1:]\n",
    ];
    const damaged = bases.flatMap((base) => [...base].map((_, index) => base.slice(0, index) + base.slice(index + 1)));
    const python = compileWithPython(damaged);
    const ours = damaged.map((source) => checkPython(source));
    const blamed = damaged.filter((_, index) => python[index] === null && ours[index]);
    const broken = damaged.filter((_, index) => python[index] !== null);
    const missed = damaged.filter((_, index) => python[index] !== null && !ours[index]);
    expect(blamed).toEqual([]);
    expect(broken.length).toBeGreaterThan(50);
    expect(missed.length / broken.length).toBeLessThan(0.1);
  });
});

test('lines are counted as Python counts them', () => {
  expect(lineOf('a\r\nb\rc\nd', 7)).toBe(4);
  expect(lineOf('', 0)).toBe(1);
});
