/**
 * Where a Lab page may go. Pure: `origin` is the workspace's own server (null while there is none), `url` is foreign.
 * Cookies of the server are SameSite=Lax, so a foreign frame that may load still reaches the server without credentials.
 */

/** `external`: hand it to the system browser, after {@link externalUrl}. */
export type Verdict = 'allow' | 'external' | 'deny';

export function parseUrl(url: string): URL | null {
  try {
    return new URL(url);
  } catch {
    return null;
  }
}

const isWeb = (url: URL) => url.protocol === 'http:' || url.protocol === 'https:';

/** True for pages of the server itself; `user:password@` is never part of one. */
export function isOwn(url: string, origin: string | null): boolean {
  const parsed = parseUrl(url);
  return (
    origin !== null &&
    parsed !== null &&
    isWeb(parsed) &&
    parsed.origin === origin &&
    !parsed.username &&
    !parsed.password
  );
}

/** A blob made by the server's own page (a PDF or image preview); `new URL('blob:…').origin` is its maker's. */
export function isOwnBlob(url: string, origin: string | null): boolean {
  const parsed = parseUrl(url);
  return origin !== null && parsed?.protocol === 'blob:' && parsed.origin === origin;
}

/**
 * The address to give to the system browser, or null when it must not leave: web addresses only, no credentials in it,
 * of a length every system accepts on a command line.
 */
export function externalUrl(url: string): string | null {
  const parsed = parseUrl(url);
  if (!parsed || !isWeb(parsed) || parsed.hostname === '' || parsed.username || parsed.password) return null;
  return parsed.href.length <= 2000 ? parsed.href : null;
}

export function decideNavigation(url: string, context: { origin: string | null; isMainFrame: boolean }): Verdict {
  if (isOwn(url, context.origin)) return 'allow';
  const parsed = parseUrl(url);
  if (!parsed) return 'deny';
  if (!context.isMainFrame) {
    // Notebooks embed videos, widgets and documentation. file:, app: and schemes that start programs stay out.
    return isWeb(parsed) || ['about:', 'blob:', 'data:'].includes(parsed.protocol) ? 'allow' : 'deny';
  }
  if (isOwnBlob(url, context.origin)) return 'allow';
  return externalUrl(url) ? 'external' : 'deny';
}
