/** An extra CA bundle as people hand it over: PEM with comments, other blocks, sometimes a private key. */
import { X509Certificate } from 'node:crypto';
import { LabdockError } from '../common/problem';

const certificate = /-----BEGIN (?:TRUSTED )?CERTIFICATE-----[\s\S]+?-----END (?:TRUSTED )?CERTIFICATE-----/g;

/**
 * The certificates of a bundle and nothing else: a key beside them must not end up in an image.
 * @throws LabdockError `field-invalid` when there is none, or one that cannot be read.
 */
export function extraAuthorities(pem: string): string {
  const blocks = pem.replaceAll('\r\n', '\n').match(certificate) ?? [];
  if (blocks.length === 0) throw new LabdockError('field-invalid', { rule: 'ca-bundle' }, { detail: 'no certificate' });
  for (const block of blocks) {
    try {
      new X509Certificate(block);
    } catch (cause) {
      throw new LabdockError('field-invalid', { rule: 'ca-bundle' }, { detail: String(cause), cause });
    }
  }
  return blocks.map((block) => `${block}\n`).join('');
}
