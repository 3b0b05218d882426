import { describe, expect, it } from 'vitest';
import {
  boundOutcome,
  checkInput,
  isProcedureName,
  isTrustedSender,
  type Sender,
} from '../../../main/app/bridge/check';

const trusted: Sender = {
  url: 'app://labdock/index.html',
  origin: 'app://labdock',
  isTopFrame: true,
  isTrustedPage: true,
};

describe('who may call', () => {
  it('the trusted page', () => {
    expect(isTrustedSender(trusted)).toBe(true);
  });
  it.each<[string, Partial<Sender>]>([
    ['a frame inside the page', { isTopFrame: false }],
    ['another WebContents', { isTrustedPage: false }],
    ['a Lab page', { url: 'http://127.0.0.1:8888/lab', origin: 'http://127.0.0.1:8888' }],
    ['a host that begins alike', { url: 'app://labdock.example/index.html', origin: 'app://labdock.example' }],
    ['an origin that does not fit', { origin: 'null' }],
    ['an empty address', { url: '' }],
    ['a prefix of the address', { url: 'app://labdock' }],
  ])('not %s', (_who, difference) => {
    expect(isTrustedSender({ ...trusted, ...difference })).toBe(false);
  });
  it('not a frame that is gone', () => {
    expect(isTrustedSender(null)).toBe(false);
  });
});

describe('what may be called', () => {
  it.each(['app.state', 'workspace.start', 'download.act'])('%s', (name) => expect(isProcedureName(name)).toBe(true));
  it.each(['toString', '__proto__', 'constructor', 'workspace.Start', '', null, 7, ['app.state']])('not %j', (name) =>
    expect(isProcedureName(name)).toBe(false),
  );
});

describe('input', () => {
  const draft = {
    name: 'Work',
    folder: '/home/me/work',
    target: { kind: 'local' },
    cluster: null,
    kernels: [{ name: 'py313', displayName: 'Python', language: 'python', version: '3.13', conda: [], pip: [] }],
    image: { kind: 'build' },
    port: 8888,
    resources: { memoryMiB: 0, cpus: 0, gpu: 'none' },
    server: {
      allowOrigin: '',
      allowRoot: false,
      disableCheckXsrf: false,
      ip: '0.0.0.0',
      rootDir: '',
      passwordRequired: false,
      custom: '',
    },
  };

  it('passes as the schema reads it', () => {
    const checked = checkInput('workspace.create', { draft: { ...draft, name: '  Work ' }, smuggled: 1 });
    expect(checked).toMatchObject({ ok: true, value: { draft: { name: 'Work' } } });
    expect(checked.ok && 'smuggled' in checked.value).toBe(false);
  });

  it.each<[string, unknown, string, string]>([
    ['a port below 1024', { port: 80 }, 'port', 'port'],
    ['a port as text', { port: '8888' }, 'port', 'port'],
    ['an empty name', { name: '  ' }, 'name', 'required'],
    [
      'a package that injects',
      { kernels: [{ ...draft.kernels[0], conda: ['numpy', 'a; rm -rf /'] }] },
      'kernels.0.conda.1',
      'package',
    ],
    [
      'a newline in a kernel name',
      { kernels: [{ ...draft.kernels[0], name: 'py\n313' }] },
      'kernels.0.name',
      'kernel-name',
    ],
    ['two kernels alike', { kernels: [draft.kernels[0], draft.kernels[0]] }, 'kernels.1.name', 'kernel-clash'],
  ])('names the field and the rule of %s', (_what, change, field, rule) => {
    const checked = checkInput('workspace.create', { draft: { ...draft, ...(change as object) } });
    expect(checked.ok).toBe(false);
    expect(!checked.ok && checked.fields[field]).toEqual({ reason: 'field-invalid', params: { rule } });
  });

  it('gives a rule key where zod has only English', () => {
    const checked = checkInput('workspace.start', { id: 5 });
    expect(!checked.ok && checked.fields['id']?.params?.['rule']).toMatch(/^[a-z-]+$/);
  });

  it('names the password beside the draft', () => {
    const checked = checkInput('workspace.create', { draft, password: 'a\nb' });
    expect(!checked.ok && checked.fields['password']?.params).toEqual({ rule: 'control-characters' });
  });

  it.each([undefined, null, 'x', 3, []])('refuses %j where an object is due', (input) => {
    expect(checkInput('workspace.start', input).ok).toBe(false);
  });
  it('refuses input where none is due', () => {
    expect(checkInput('app.state', {}).ok).toBe(false);
    expect(checkInput('app.state', undefined).ok).toBe(true);
  });
});

describe('outcomes', () => {
  it('keep the end of a long detail', () => {
    const outcome = boundOutcome({
      ok: false,
      problem: { reason: 'build-failed', detail: 'a'.repeat(50_000) + 'END' },
    });
    expect(!outcome.ok && outcome.problem.detail?.length).toBe(20_000);
    expect(!outcome.ok && outcome.problem.detail?.endsWith('END')).toBe(true);
  });
  it('stay as they are when short', () => {
    const outcome = { ok: true as const, value: 1 };
    expect(boundOutcome(outcome)).toBe(outcome);
  });
});
