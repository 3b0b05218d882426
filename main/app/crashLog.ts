/** Errors nobody caught, in userData/logs/main.log: bounded, one older file kept, no secrets. */
import { appendFileSync, mkdirSync, renameSync, statSync } from 'node:fs';
import { join } from 'node:path';

const maxBytes = 512 * 1024;
const maxEntry = 16 * 1024;

/** Takes out what looks like a credential: query tokens, Authorization values, argon2 hashes, passwords in addresses. */
export function redact(text: string): string {
  return text
    .replace(/([?&](?:token|password|_xsrf)=)[^&\s"']+/gi, '$1…')
    .replace(/(authorization"?\s*[:=]\s*"?(?:token|bearer|basic)\s+)[^\s"',]+/gi, '$1…')
    .replace(/argon2:\$argon2\S+/g, 'argon2:…')
    .replace(/(\b[a-z][a-z0-9+.-]*:\/\/[^\s/:@]*:)[^\s/@]+@/gi, '$1…@');
}

export interface CrashLog {
  readonly path: string;
  write(kind: string, error: unknown): void;
}

export function openCrashLog(folder: string): CrashLog {
  const path = join(folder, 'logs', 'main.log');
  return {
    path,
    write(kind, error) {
      const words = error instanceof Error ? (error.stack ?? error.message) : String(error);
      const entry = `${new Date().toISOString()} ${kind} ${redact(words).slice(0, maxEntry)}\n`;
      try {
        mkdirSync(join(folder, 'logs'), { recursive: true });
        if ((statSync(path, { throwIfNoEntry: false })?.size ?? 0) > maxBytes) renameSync(path, `${path}.1`);
        appendFileSync(path, entry, { mode: 0o600 });
      } catch {
        // Nowhere left to say it.
      }
    },
  };
}
