import { describe, expect, it } from 'vitest';
import { reasons } from '../../../main/common/problem';
import { fixesFor } from '../../../renderer/problem/fixes';
import { pickVariant, placeholders } from '../../../renderer/problem/words';
import { workspace } from '../../harness/gallery/samples';

describe('pickVariant', () => {
  const entry = {
    title: 'T',
    cause: 'plain',
    cause_port: 'port {{port}}',
    cause_holder: '{{holder}} on {{port}}',
    next: 'n',
  };
  it('speaks the variant that tells most', () => {
    expect(pickVariant(entry, 'cause', { port: 1, holder: 'node' })).toBe('cause_holder');
    expect(pickVariant(entry, 'cause', { port: 1 })).toBe('cause_port');
  });
  it('never speaks a variant whose parameter is missing or empty', () => {
    expect(pickVariant(entry, 'cause', { holder: 'node' })).toBe('cause');
    expect(pickVariant(entry, 'cause', { port: 1, holder: '' })).toBe('cause_port');
    expect(pickVariant(entry, 'cause')).toBe('cause');
  });
  it('knows a parameter that is zero', () => {
    expect(pickVariant(entry, 'cause', { port: 0 })).toBe('cause_port');
  });
  it('says nothing where there are no words', () => {
    expect(pickVariant({ title: 'T' }, 'next')).toBeUndefined();
  });
  it('finds placeholders', () => {
    expect(placeholders('{{a}} and {{ b }}')).toEqual(['a', 'b']);
  });
});

describe('fixesFor', () => {
  const built = workspace();
  const published = workspace({ image: { kind: 'published', reference: 'team/jupyter:1', pull: 'always' } });

  it('offers a way out of everything', () => {
    for (const reason of reasons) {
      for (const ws of [built, published]) expect(fixesFor({ reason }, ws).length, reason).toBeGreaterThan(0);
    }
  });
  it('offers the same way only once', () => {
    for (const reason of reasons) {
      const kinds = fixesFor({ reason, params: { suggestion: 9000, reference: 'a/b' } }, published).map((fix) =>
        JSON.stringify(fix),
      );
      expect(new Set(kinds).size, reason).toBe(kinds.length);
    }
  });
  it('puts the suggested port first, and offers none that was not suggested', () => {
    expect(fixesFor({ reason: 'port-busy', params: { port: 8888, suggestion: 8889 } }, built)[0]).toEqual({
      kind: 'use-port',
      port: 8889,
    });
    expect(
      fixesFor({ reason: 'port-busy', params: { port: 8888 } }, built).some((fix) => fix.kind === 'use-port'),
    ).toBe(false);
  });
  it('builds on a published image that has no Lab', () => {
    expect(fixesFor({ reason: 'image-without-lab' }, published)[0]).toEqual({
      kind: 'build-on',
      reference: 'team/jupyter:1',
    });
  });
  it('leads to where the image is set', () => {
    expect(fixesFor({ reason: 'base-not-found' }, built)[0]).toMatchObject({ kind: 'preferences', section: 'build' });
    expect(fixesFor({ reason: 'pull-denied' }, published)[0]).toMatchObject({
      kind: 'settings',
      field: 'image.reference',
    });
  });
});
