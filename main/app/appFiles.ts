/** Which file an app:// address means, and under which policy it runs. Pure. */
import { extname, join, normalize, sep } from 'node:path';

/**
 * `style-src 'unsafe-inline'`: Mantine writes its colour variables into a <style> element at run time, and an inline
 * style cannot run code. Everything else comes from our own files. `frame-src`, `object-src` and the rest are said
 * although `default-src` covers some of them: `base-uri`, `form-action` and `frame-ancestors` do not fall back to it.
 */
export const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "font-src 'self'",
  "connect-src 'self'",
  "frame-src 'none'",
  "object-src 'none'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const types: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
};
export const contentType = (path: string) => types[extname(path).toLowerCase()] ?? 'application/octet-stream';

/** The file below `root` that `url` names, or null: another host, a broken escape, a way out of `root`. */
export function resolveAppPath(root: string, url: string): string | null {
  let parsed: URL;
  let path: string;
  try {
    parsed = new URL(url);
    path = decodeURIComponent(parsed.pathname);
  } catch {
    return null;
  }
  if (parsed.protocol !== 'app:' || parsed.host !== 'labdock' || path.includes('\0') || path.includes('\\'))
    return null;
  const base = normalize(root).replace(/[\\/]+$/, '') + sep;
  const file = join(base, path === '/' ? 'index.html' : path);
  return file.startsWith(base) && file !== base ? file : null;
}
