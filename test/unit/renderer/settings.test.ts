import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { buildSettingsSchema, kernelSchema } from '../../../main/app/bridge/contract';
import { draftOf } from '../../../renderer/problem/applyFix';
import {
  checkDraft,
  firstSection,
  problemsOf,
  problemUnder,
  sameDraft,
  sectionOf,
} from '../../../renderer/settings/fields';
import { importChange } from '../../../renderer/settings/importChange';
import { keptIn } from '../../../renderer/settings/keptIn';
import { splitPackages, tidyPackages } from '../../../renderer/settings/packages';
import { checkPassword, passwordAfter } from '../../../renderer/settings/passwordChange';
import { freeKernelName, isAmd64Only, isEndOfLife, offeredVersions } from '../../../renderer/settings/python';
import { twoKernels, workspace } from '../../harness/gallery/samples';

const draft = draftOf(workspace({ kernels: twoKernels }));
const rule = (fields: ReturnType<typeof checkDraft>, path: string) => fields[path]?.params?.['rule'];

describe('checkDraft', () => {
  it('is silent about a good draft', () => expect(checkDraft(draft)).toEqual({}));
  it.each([0, 80, 70000, Number.NaN, 8888.5])('refuses port %d by the rule `port`', (port) => {
    expect(rule(checkDraft({ ...draft, port }), 'port')).toBe('port');
  });
  it('names the fields of a list by their place', () => {
    const kernels = [{ ...twoKernels[0]!, conda: ['numpy', 'a; rm -rf /'] }, { ...twoKernels[0]! }];
    const fields = checkDraft({ ...draft, kernels });
    expect(rule(fields, 'kernels.0.conda.1')).toBe('package');
    expect(rule(fields, 'kernels.1.name')).toBe('kernel-clash');
    expect(problemUnder(fields, 'kernels.0.conda')?.reason).toBe('field-invalid');
    expect(problemUnder(fields, 'kernels.0.pip')).toBeUndefined();
    expect(problemUnder(fields, 'kernels.0.con')).toBeUndefined();
  });
  it('gives checks without a key of their own a rule with words', () => {
    expect(
      rule(checkDraft({ ...draft, kernels: [{ ...twoKernels[0]!, conda: ['a'.repeat(300)] }] }), 'kernels.0.conda.0'),
    ).toBe('too-long');
    const result = buildSettingsSchema.safeParse({
      base: 'x',
      channels: ['c'],
      caBundle: '',
      proxy: { http: 'proxy:1', https: '', noProxy: '' },
    });
    expect(rule(problemsOf(result.error?.issues ?? []), 'proxy.http')).toMatch(/^(?:url|invalid)$/);
  });
  it('leads to the section of the first wrong field', () => {
    expect(firstSection(checkDraft({ ...draft, port: 1, image: { kind: 'archive', path: '' } }))).toBe('general');
    expect(firstSection(checkDraft({ ...draft, image: { kind: 'archive', path: '' } }))).toBe('image');
    expect(sectionOf('server.custom')).toBe('server');
    expect(firstSection({})).toBeUndefined();
  });
});

describe('importChange', () => {
  const before = { ...draft, server: { ...draft.server, rootDir: 'part', custom: 'c.A.b = 1\n' } };
  const found = { server: {}, custom: '', imported: [], ignored: [] };
  it('takes the folder that the file served, and all of it', () => {
    const change = importChange(before, { ...found, server: { rootDir: '' }, folder: '/srv/notebooks' });
    expect(change).toMatchObject({ folder: '/srv/notebooks', server: { rootDir: '', custom: 'c.A.b = 1\n' } });
  });
  it('leaves alone what the file does not name', () => {
    expect(importChange(before, found)).toEqual({ server: before.server });
  });
  it('puts its free text behind what is there', () => {
    const change = importChange(before, { ...found, port: 9999, custom: 'c.C.d = 2\n\n' });
    expect(change).toEqual({ port: 9999, server: { ...before.server, custom: 'c.A.b = 1\n\nc.C.d = 2\n' } });
  });
});

describe('keptIn', () => {
  it.each([
    ['the keychain', { store: 'keychain' }, 'keychain'],
    ['memory, before anybody looked', { store: 'memory' }, undefined],
    ['memory, as the problem says itself', { store: 'memory', problem: { reason: 'keychain-memory-only' } }, undefined],
    ['memory, while locked', { store: 'memory', problem: { reason: 'keychain-locked' } }, 'memory'],
    ['its own storage', { store: 'safe-storage', problem: { reason: 'keychain-locked' } }, 'safe-storage'],
  ] as const)('%s', (_where, secrets, said) => expect(keptIn(secrets)).toBe(said));
});

describe('passwordAfter', () => {
  it('knows what saving makes of the password', () => {
    expect([undefined, { plain: 'x' }, { hash: 'x' }, null].map(passwordAfter)).toEqual([undefined, true, true, false]);
  });
});

describe('checkPassword', () => {
  const ruleOf = (plain: string) => checkPassword({ plain })['password']?.params?.['rule'];
  it('takes what people use', () => {
    for (const plain of ['pä€😀', ' ', 'a'.repeat(4096)]) expect(checkPassword({ plain })).toEqual({});
    expect(checkPassword(undefined)).toEqual({});
    expect(checkPassword(null)).toEqual({});
  });
  it('refuses nothing, too much and a line break', () => {
    expect(ruleOf('')).toBe('required');
    expect(ruleOf('a'.repeat(10_000))).toBe('password-too-long');
    expect(ruleOf('a\nb')).toBe('control-characters');
  });
});

describe('sameDraft', () => {
  it('compares by content, not by the order of keys', () => {
    expect(sameDraft({ a: 1, b: [1, { c: 2 }] }, { b: [1, { c: 2 }], a: 1 })).toBe(true);
    expect(sameDraft({ a: 1 }, { a: 1, b: undefined })).toBe(true);
    expect(sameDraft({ a: [1, 2] }, { a: [2, 1] })).toBe(false);
    expect(sameDraft({}, [])).toBe(false);
    expect(sameDraft(null, {})).toBe(false);
  });
  it('finds a copy the same, and a change not', () => {
    fc.assert(fc.property(fc.jsonValue(), (value) => sameDraft(value, structuredClone(value))));
    fc.assert(fc.property(fc.jsonValue(), (value) => !sameDraft([value], [value, 1])));
  });
});

describe('splitPackages', () => {
  it.each([
    ['numpy pandas', ['numpy', 'pandas']],
    ['numpy, pandas', ['numpy', 'pandas']],
    ['numpy,pandas', ['numpy', 'pandas']],
    ['pandas >= 2, < 3', ['pandas>=2,<3']],
    ['pandas>=2,<3, numpy', ['pandas>=2,<3', 'numpy']],
    ['numpy=2.1\nscipy', ['numpy=2.1', 'scipy']],
    ['foo; python_version < "3"', ['foo; python_version < "3"']],
    ['foo @ https://example.org/foo.whl', ['foo @ https://example.org/foo.whl']],
    ['  ', []],
  ])('%s', (text, specs) => expect(splitPackages(text)).toEqual(specs));
  it('makes specs the model accepts of what people write', () => {
    const conda = tidyPackages(['numpy>= 2 , scipy', 'numpy>=2', 'conda-forge::r-base>=4']);
    expect(conda).toEqual(['numpy>=2', 'scipy', 'conda-forge::r-base>=4']);
    expect(kernelSchema.safeParse({ ...twoKernels[0]!, conda }).success).toBe(true);
  });
  it('leaves an injection in one piece, to be refused', () => {
    expect(splitPackages('a; rm -rf /')).toEqual(['a; rm -rf /']);
  });
  it('is at rest after one pass', () => {
    fc.assert(
      fc.property(fc.array(fc.string()), (values) => {
        const once = tidyPackages(values);
        expect(tidyPackages(once)).toEqual(once);
      }),
    );
  });
});

describe('Python versions', () => {
  const day = new Date('2026-11-20');
  it('knows which are end-of-life', () => {
    expect(offeredVersions.filter((version) => isEndOfLife(version, day))).toEqual(['3.10', '3.9', '3.8', '2.7']);
    expect(isEndOfLife('3.8.20', day)).toBe(true);
    expect(isEndOfLife('3.6', day)).toBe(true);
    expect(isEndOfLife('3.99', day)).toBe(false);
    expect(isEndOfLife('3', day)).toBe(false);
    expect(isEndOfLife('', day)).toBe(false);
  });
  it('offers only what the model accepts', () => {
    for (const version of offeredVersions)
      expect(kernelSchema.safeParse({ ...twoKernels[0]!, version }).success).toBe(true);
  });
  it('says what exists for amd64 only', () => {
    expect(isAmd64Only('2.7')).toBe(true);
    expect(isAmd64Only('3.8')).toBe(false);
  });
  it('finds a free name the model accepts', () => {
    expect(freeKernelName('3.13', [])).toBe('py313');
    expect(freeKernelName('3.13', ['py313', 'py313-2'])).toBe('py313-3');
    expect(kernelSchema.shape.name.safeParse(freeKernelName('2.7', ['py27'])).success).toBe(true);
  });
});
