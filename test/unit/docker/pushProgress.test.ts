import { describe, expect, it } from 'vitest';
import type { EngineMessage } from '../../../main/runtime/docker/ndjson';
import { pushedDigest, splitReference } from '../../../main/runtime/docker/push';
import { PushProgress } from '../../../main/runtime/docker/pushProgress';

const [a, b, c] = ['aaaaaaaaaaaa', 'bbbbbbbbbbbb', 'cccccccccccc'] as const;
const at = (id: string, status: string, current?: number, total?: number): EngineMessage => ({
  id,
  status,
  ...(current !== undefined && { progressDetail: { current, total } }),
});
function told(messages: EngineMessage[]) {
  const progress = new PushProgress();
  return messages.flatMap((message) => progress.push(message));
}

describe('a push', () => {
  it('merges layers to a fraction of bytes that only grows and ends at 1', () => {
    const seen = told([
      { status: 'The push refers to repository [127.0.0.1:5000/a]' },
      at(a, 'Preparing'),
      at(b, 'Preparing'),
      at(a, 'Pushing', 50, 100),
      at(b, 'Pushing', 90, 900),
      at(a, 'Pushing', 110, 100),
      at(b, 'Pushing', 450, 900),
      at(a, 'Pushed'),
      at(b, 'Pushing', 10, 900),
      at(b, 'Pushed'),
    ]).flatMap(({ fraction }) => fraction ?? []);
    expect(seen).toEqual([...seen].sort((x, y) => x - y));
    expect(seen.some((value) => value > 0.54 && value < 0.56)).toBe(true);
    expect(seen.at(-1)).toBe(1);
  });

  it('leaves out of the bytes what the registry has already, and says so', () => {
    const seen = told([
      at(a, 'Preparing'),
      at(b, 'Preparing'),
      at(c, 'Waiting'),
      at(a, 'Layer already exists'),
      at(c, 'Mounted from other/image'),
      at(b, 'Pushing', 50, 100),
      at(b, 'Pushed'),
    ]);
    expect(seen.flatMap(({ fraction }) => fraction ?? [])).toEqual([0.5, 1]);
    expect(seen.flatMap(({ step }) => step ?? [])).toEqual([
      { current: 1, total: 3, label: `${a} already exists` },
      { current: 2, total: 3, label: `${c} already exists` },
      { current: 3, total: 3, label: `${b} pushed` },
    ]);
    expect(seen.some(({ line }) => line === `${a}: Layer already exists`)).toBe(true);
  });

  it('says a retry once', () => {
    const seconds = [5, 4, 3, 2, 1].map((n) => at(a, `Retrying in ${n} second${n > 1 ? 's' : ''}`));
    expect(told(seconds).flatMap(({ line }) => line ?? [])).toEqual([`${a}: Retrying in 5 seconds`]);
  });
});

describe('the digest of what was pushed', () => {
  const digest = `sha256:${'1'.repeat(64)}`;
  it.each([
    [{ aux: { Tag: 'v1', Digest: digest, Size: 739 } }, digest],
    [{ status: `v1: digest: ${digest} size: 582` }, digest],
    [{ status: 'v1: digest: sha256:12 size: 582' }, undefined],
    [{ status: 'Pushed', id: 'aaaaaaaaaaaa' }, undefined],
    [{ aux: null }, undefined],
  ])('%j', (message, expected) => {
    expect(pushedDigest(message)).toBe(expected);
  });
});

it('splits a reference where its tag begins, not its port', () => {
  expect(splitReference('127.0.0.1:5000/a/b:2')).toEqual({ repository: '127.0.0.1:5000/a/b', tag: '2' });
  expect(splitReference('registry.example:5000/a')).toEqual({ repository: 'registry.example:5000/a', tag: 'latest' });
  expect(() => splitReference(`a@sha256:${'0'.repeat(64)}`)).toThrow();
});
