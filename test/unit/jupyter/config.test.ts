import fc from 'fast-check';
import { hostname } from 'node:os';
import { describe, expect, test } from 'vitest';
import {
  configFingerprint,
  renderConfig,
  renderRedactedConfig,
  rootDirectory,
  type ConfigInput,
} from '../../../main/jupyter/config';
import { checkCustom, findOwned, isReachableAddress } from '../../../main/jupyter/configCheck';
import { defaultServerSettings, type ServerSettings } from '../../../main/jupyter/model';
import { pythonString, readLiteral } from '../../../main/jupyter/pythonLiteral';
import { checkPython, parsePython } from '../../../main/jupyter/pythonSyntax';
import { python, runConfigs } from './python';

const input = (settings: Partial<ServerSettings> = {}, more: Partial<ConfigInput> = {}): ConfigInput => ({
  settings: { ...defaultServerSettings, ...settings },
  passwordHash: null,
  token: 'secret-token',
  port: 8888,
  work: '/work',
  home: '/home/labdock',
  ...more,
});
const run = (...args: Parameters<typeof input>) => runConfigs([renderConfig(input(...args))])[0]!;

const nasty = [
  "it's",
  '"double"',
  'back\\slash',
  'C:\\Users\\x',
  'new\nline',
  'carriage\rreturn',
  'tab\tnul\0bell\x07',
  '한국어 pä€😀',
  "'''",
  '\\',
  "\\'",
  '{x} %s %(y)s',
  '\u2028\u2029\u0085\u202e\u00a0',
  '\ud800 lone',
  "'; import os; os.system('x') #",
];

describe('Python strings', () => {
  test('are read back by a real python3 as they went in', () => {
    const texts = [...nasty, ...fc.sample(fc.string({ unit: 'binary' }), 300)];
    const back = python(
      'import ast, json, sys; print(json.dumps([ast.literal_eval(t) for t in json.load(sys.stdin)]))',
      texts.map(pythonString),
    );
    expect(back).toEqual(texts);
    for (const text of texts) expect(pythonString(text)).not.toMatch(/[\n\r\0\u2028\u2029\u202e\p{Cs}]/u);
  });

  test('are read by Labdock as a real python3 reads them', () => {
    const literals = [
      `'a\\'b'`,
      `"a\\"b"`,
      `'''a\nb'''`,
      `"""a\r\nb\\\nc"""`,
      `r'C:\\Users'`,
      `R"x\\n"`,
      `u'\\u00e9\\U0001f600\\x41'`,
      `'\\0\\12\\1234\\q\\a\\b\\f\\n\\r\\t\\v\\\\'`,
      `'a' "b" '''c'''`,
      `('a'\n  # why\n  'b')`,
      `(('x'))`,
      `12`,
      `-3`,
      `0x_ff`,
      `1_000`,
      `0o17`,
      `0b101`,
      `00`,
      `True`,
      `False`,
      `None`,
    ];
    const expected = python(
      'import ast, json, sys; print(json.dumps([ast.literal_eval(t) for t in json.load(sys.stdin)]))',
      literals,
    );
    const ours = literals.map((literal) => {
      const source = `x = ${literal}`;
      const statement = parsePython(source).topNode.firstChild;
      return statement?.lastChild ? readLiteral(statement.lastChild, source)?.value : undefined;
    });
    expect(ours).toEqual(expected);
  });

  test.each([
    "b'x'",
    "f'x'",
    "'a' f'{b}'",
    "'\\N{BULLET}'",
    '1.5',
    '1j',
    '[1]',
    'x',
    "'a' + 'b'",
    "'%s' % x",
    'not True',
  ])('%s is left to Python', (literal) => {
    const source = `x = ${literal}`;
    expect(readLiteral(parsePython(source).topNode.firstChild!.lastChild!, source)).toBeUndefined();
  });
});

describe('the rendered file', () => {
  test('carries every setting under its current name', () => {
    const { config, said } = run(
      {
        allowOrigin: 'https://example.org',
        allowRoot: true,
        disableCheckXsrf: true,
        ip: '0.0.0.0',
        rootDir: 'a b/ㅎ',
        passwordRequired: true,
        custom: 'c.MappingKernelManager.cull_idle_timeout = 3600',
      },
      { passwordHash: 'sha1:0123456789ab:3660298bface6134daea1002d502be9282cc6f94', hostnames: ['lab.example.org'] },
    );
    expect(said).toBe('');
    expect(config['ServerApp']).toMatchObject({
      allow_root: true,
      allow_origin: 'https://example.org',
      disable_check_xsrf: true,
      allow_remote_access: false,
      local_hostnames: ['localhost', 'lab.example.org', hostname()],
      ip: '0.0.0.0',
      port: 8888,
      port_retries: 0,
      root_dir: '/work/a b/ㅎ',
      base_url: '/',
      open_browser: false,
      quit_button: false,
      default_url: '/lab',
      cookie_secret_file: '/home/labdock/.labdock-cookie-secret',
    });
    expect(config['PasswordIdentityProvider']).toMatchObject({
      hashed_password: 'sha1:0123456789ab:3660298bface6134daea1002d502be9282cc6f94',
      password_required: true,
      allow_password_change: false,
      token: 'secret-token',
    });
    expect(config['IdentityProvider']).toEqual({ token: 'secret-token' });
    expect(config['LabApp']).toMatchObject({ expose_app_in_browser: true, news_url: null });
    expect(config['MappingKernelManager']).toEqual({ cull_idle_timeout: 3600 });
  });

  test('is safe by default', () => {
    const { config } = run();
    expect(config['ServerApp']).toMatchObject({ allow_origin: '', disable_check_xsrf: false, allow_root: false });
    expect(config['PasswordIdentityProvider']).toMatchObject({ hashed_password: '', password_required: false });
  });

  test('takes any text as a value and runs none of it', () => {
    const results = runConfigs(
      nasty.map((text) => renderConfig(input({ allowOrigin: text, rootDir: text }, { token: text }))),
    );
    results.forEach(({ config, said }, index) => {
      expect(config['ServerApp']).toMatchObject({
        allow_origin: nasty[index],
        root_dir: rootDirectory('/work', nasty[index]!),
      });
      expect(config['IdentityProvider']).toEqual({ token: nasty[index] });
      expect(said).toBe('');
    });
  });

  test('lets custom text change the fields, keeps what the launcher relies on, and says so', () => {
    const custom = [
      'conf = get_config()',
      "c.ServerApp.allow_origin = 'https://b.example'",
      'c.ServerApp.port = 9999',
      "conf.ServerApp.ip = '127.0.0.1'",
      "c.ServerApp.root_dir = '/etc'",
      "c.PasswordIdentityProvider.token = 'theirs'",
      'c.ServerApp.open_browser = False',
      'c = None',
    ].join('\n');
    const { config, said } = run({ custom });
    expect(config['ServerApp']).toMatchObject({
      allow_origin: 'https://b.example',
      port: 8888,
      ip: '0.0.0.0',
      root_dir: '/work',
    });
    expect(config['PasswordIdentityProvider']).toMatchObject({ token: 'secret-token' });
    expect(
      said
        .split('\n')
        .filter(Boolean)
        .map((line) => /\] (\S+) is not taken/.exec(line)?.[1]),
    ).toEqual(['ServerApp.ip', 'ServerApp.port', 'ServerApp.root_dir', 'PasswordIdentityProvider.token']);
    expect(said).not.toContain('secret-token');
    expect(said).not.toContain('theirs');
    expect(findOwned(custom)).toEqual([
      { line: 3, setting: 'ServerApp.port' },
      { line: 4, setting: 'ServerApp.ip' },
      { line: 5, setting: 'ServerApp.root_dir' },
      { line: 6, setting: 'PasswordIdentityProvider.token' },
      { line: 7, setting: 'ServerApp.open_browser' },
    ]);
  });

  test('finds owned settings under their old names and in branches', () => {
    expect(findOwned("if True:\n    c.NotebookApp.notebook_dir = 'x'\nc.ServerApp.token += 'y'\n")).toEqual([
      { line: 2, setting: 'ServerApp.root_dir' },
      { line: 3, setting: 'IdentityProvider.token' },
    ]);
  });

  test('is itself Python that the field check accepts', () => {
    expect(checkPython(renderConfig(input({ custom: 'def f():\n    return 1\n' })))).toBeNull();
  });

  test('shows no secret when redacted, and says whether there is a password', () => {
    const { passwordHash: _, token: __, ...rest } = input();
    const text = renderRedactedConfig({ ...rest, hasPassword: true });
    expect(text).toContain("hashed_password = '<hash of the password>'");
    expect(text).toContain("'token', '<kept by Labdock>'");
    expect(text).not.toContain('secret-token');
    expect(renderRedactedConfig({ ...rest, hasPassword: false })).toContain("hashed_password = ''");
  });

  test('has a fingerprint that changes with every setting, and with nothing else', () => {
    const prints = [
      input(),
      input({ allowRoot: true }),
      input({ allowOrigin: 'a' }),
      input({ custom: '# x' }),
      input({ rootDir: 'x' }),
      input({}, { port: 8889 }),
      input({}, { token: 'other' }),
    ].map((each) => configFingerprint(renderConfig(each)));
    expect(new Set(prints).size).toBe(prints.length);
    expect(prints.every((print) => /^[\da-f]{64}$/.test(print))).toBe(true);
    expect(configFingerprint(renderConfig(input()))).toBe(prints[0]);
  });
});

describe('custom text', () => {
  test('is refused where it would break the file', () => {
    expect(checkCustom('x = 1\nfrom __future__ import annotations\n')).toMatchObject({ line: 2 });
    expect(checkCustom('x = (')).toMatchObject({ line: 1, message: "'(' was never closed" });
    expect(checkCustom('c.ServerApp.allow_origin = "x"\n')).toBeNull();
  });

  test('reaches only addresses the container can be reached on', () => {
    expect(['0.0.0.0', '*', '::', '127.0.0.1', '::1', 'localhost', '10.0.0.5'].map(isReachableAddress)).toEqual([
      true,
      true,
      true,
      false,
      false,
      false,
      false,
    ]);
  });
});
