import { describe, expect, it } from 'vitest';
import { extraAuthorities } from '../../../main/image/authorities';
import { authority } from './samples';

describe('an extra CA bundle', () => {
  it('gives its certificates and nothing else', () => {
    const key = '-----BEGIN PRIVATE KEY-----\nMIGHAgEA\n-----END PRIVATE KEY-----\n';
    const bundle = `# Our company\r\n${authority.replaceAll('\n', '\r\n')}\n${key}${authority}`;
    expect(extraAuthorities(bundle)).toBe(authority + authority);
  });

  it.each([
    ['nothing', ''],
    ['text', 'hello'],
    ['only a key', '-----BEGIN PRIVATE KEY-----\nMIGHAgEA\n-----END PRIVATE KEY-----\n'],
    ['a damaged certificate', authority.replace(/MII.{20}/, 'MII')],
  ])('is refused: %s', (_, pem) => {
    expect(() => extraAuthorities(pem)).toThrow(
      expect.objectContaining({ problem: expect.objectContaining({ params: { rule: 'ca-bundle' } }) as unknown }),
    );
  });
});
