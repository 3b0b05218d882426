/**
 * Password hashes in Jupyter's forms (jupyter_server/auth/security.py): new ones are argon2id with its parameters,
 * imported ones may be `alg:salt:hex` with hex = H(utf8(password) + ascii(salt)).
 */
import { createHash, getHashes, randomBytes, timingSafeEqual } from 'node:crypto';

/** memory in KiB, as in PHC strings. */
const parameters = { memorySize: 10_240, iterations: 10, parallelism: 8, hashLength: 32 } as const;

/** `argon2:` and the PHC string; takes about 100 ms of this thread. `salt` (16 bytes) only for tests with known answers. */
export async function hashPassword(password: string, salt: Uint8Array = randomBytes(16)): Promise<string> {
  // Loaded on first use: 30 kB of WebAssembly that a start does not need.
  const { argon2id } = await import('hash-wasm');
  return `argon2:${await argon2id({ password, salt, ...parameters, outputType: 'encoded' })}`;
}

const phc = /^argon2:(\$argon2(?:id|i|d)\$v=19\$m=(\d{1,7}),t=(\d{1,4}),p=(\d{1,3})\$([A-Za-z\d+/]+)\$[A-Za-z\d+/]+)$/;
/** Beyond these a hash would stall the server at every login; nobody's Jupyter makes them. */
const limits = { memory: 1_048_576, time: 100, lanes: 64 };

function argon2Part(hash: string): string | null {
  const match = phc.exec(hash);
  if (!match) return null;
  const [, encoded, memory, time, lanes, salt] = match;
  const sane =
    Number(memory) >= 8 * Number(lanes) &&
    Number(memory) <= limits.memory &&
    Number(time) >= 1 &&
    Number(time) <= limits.time &&
    Number(lanes) >= 1 &&
    Number(lanes) <= limits.lanes &&
    Buffer.from(salt!, 'base64').length >= 8;
  return sane ? encoded! : null;
}

interface PlainHash {
  algorithm: string;
  salt: string;
  digest: Buffer;
}

function plainPart(hash: string): PlainHash | null {
  const match = /^([a-z\d_]{2,12}):([\x21-\x39\x3b-\x7e]{1,128}):([\da-f]+)$/.exec(hash);
  if (!match) return null;
  // Python's hashlib and OpenSSL write the SHA-3 family differently.
  const algorithm = match[1]!.replace('_', '-');
  if (!['md5', 'sha1', 'sha224', 'sha256', 'sha384', 'sha512', 'sha3-256', 'sha3-512'].includes(algorithm)) return null;
  if (!getHashes().includes(algorithm)) return null;
  const digest = Buffer.from(match[3]!, 'hex');
  return digest.length === createHash(algorithm).digest().length && match[3]!.length === digest.length * 2
    ? { algorithm, salt: match[2]!, digest }
    : null;
}

/** Whether Jupyter can log someone in with this hash. Hex digits in capitals never match there, so they are refused here. */
export function isImportableHash(hash: string): boolean {
  return argon2Part(hash) !== null || plainPart(hash) !== null;
}

/** False for a wrong password and for anything that is no hash. */
export async function verifyPassword(password: string, hash: string): Promise<boolean> {
  const encoded = argon2Part(hash);
  if (encoded !== null) {
    if (password === '') return false;
    const { argon2Verify } = await import('hash-wasm');
    return argon2Verify({ password, hash: encoded });
  }
  const plain = plainPart(hash);
  if (!plain) return false;
  const digest = createHash(plain.algorithm).update(password, 'utf8').update(plain.salt, 'ascii').digest();
  return timingSafeEqual(digest, plain.digest);
}
