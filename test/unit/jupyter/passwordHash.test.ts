import { describe, expect, test } from 'vitest';
import { hashPassword, isImportableHash, verifyPassword } from '../../../main/jupyter/passwordHash';

const argon2 =
  'argon2:$argon2id$v=19$m=10240,t=10,p=8$AAECAwQFBgcICQoLDA0ODw$xn8sWuUDYYEXeb9L3GF66FQbV3Q4+hMsrfRjUZ5UC8w';
const sha1 = 'sha1:0123456789ab:3660298bface6134daea1002d502be9282cc6f94';
const sha256 = 'sha256:0123456789ab:5011e5298225ce0d2692a6614aa30ea16d05af0447b90e90c1846f1032f0a44b';

describe('password hashes', () => {
  test('are what jupyter_server makes of the same salt', async () => {
    expect(
      await hashPassword(
        'password',
        Uint8Array.from({ length: 16 }, (_, index) => index),
      ),
    ).toBe(argon2);
  });

  test.each([argon2, sha1, sha256])('%s is verified and can be imported', async (hash) => {
    expect(isImportableHash(hash)).toBe(true);
    expect(await verifyPassword('password', hash)).toBe(true);
    expect(await verifyPassword('Password', hash)).toBe(false);
    expect(await verifyPassword('', hash)).toBe(false);
  });

  test('salt every password anew and take any text', async () => {
    for (const password of ['pä€😀', ' leading and trailing ', 'quote\'"\\', 'x'.repeat(4096)]) {
      const hash = await hashPassword(password);
      expect(hash).toMatch(/^argon2:\$argon2id\$v=19\$m=10240,t=10,p=8\$[A-Za-z\d+/]{22}\$[A-Za-z\d+/]{43}$/);
      expect(await verifyPassword(password, hash)).toBe(true);
      expect(await verifyPassword(`${password}x`, hash)).toBe(false);
    }
    expect(await hashPassword('same')).not.toBe(await hashPassword('same'));
    // argon2 is slow by design, and slower while the machine builds images.
  }, 60_000);

  test.each([
    '',
    'password',
    '<type:salt:hashed-password>',
    'sha1::3660298bface6134daea1002d502be9282cc6f94',
    'sha1:0123456789ab:3660298BFACE6134DAEA1002D502BE9282CC6F94',
    'sha1:0123456789ab:3660298bface',
    'sha256:0123456789ab:3660298bface6134daea1002d502be9282cc6f94',
    'rot13:0123456789ab:3660298bface6134daea1002d502be9282cc6f94',
    'sha1:salt:3660298bface6134daea1002d502be9282cc6f94:more',
    `${sha1}\n`,
    'argon2:',
    argon2.slice(7),
    argon2.replace('m=10240', 'm=9999999'),
    argon2.replace('t=10', 't=9999'),
    argon2.replace('argon2id', 'argon2x'),
  ])('%j is no hash that logs anyone in', async (hash) => {
    expect(isImportableHash(hash)).toBe(false);
    expect(await verifyPassword('password', hash)).toBe(false);
  });
});
