/**
 * `app://labdock/…`: the trusted window's own pages, from out/renderer and nowhere else. A scheme of our own instead of
 * file: so that the page has an origin, a strict policy and no reach to other files.
 */
import { readFile } from 'node:fs/promises';
import { protocol, type Session } from 'electron';
import { contentSecurityPolicy, contentType, resolveAppPath } from './appFiles';

export const startPage = 'app://labdock/index.html';

/** Must run before the app is ready. `codeCache`: the page's scripts are compiled once, not at every launch. */
export function registerAppScheme(): void {
  protocol.registerSchemesAsPrivileged([
    { scheme: 'app', privileges: { standard: true, secure: true, supportFetchAPI: true, codeCache: true } },
  ]);
}

/**
 * Only in the trusted window's session: a Lab partition knows no `app:` at all.
 *
 * The file protocol is deprecated in favour of `handle`, which runs every byte through streams of fetch in this process
 * (electron #42612) and brings fetch itself to the launch: a tenth of the time to the first paint. `handle` takes over
 * where an Electron no longer has it.
 */
export function serveApp({ protocol: of }: Session, root: string): void {
  const fileOf = (method: string, url: string) => (method === 'GET' ? resolveAppPath(root, url) : null);
  if (!of.registerFileProtocol) return of.handle('app', ({ method, url }) => respond(fileOf(method, url)));
  of.registerFileProtocol('app', ({ method, url }, answer) => {
    const path = fileOf(method, url);
    if (path === null) answer({ error: fileNotFound });
    else answer({ path, headers: { ...headers, 'Content-Type': contentType(path) } });
  });
}

/** Chromium's net::ERR_FILE_NOT_FOUND. */
const fileNotFound = -6;

async function respond(path: string | null): Promise<Response> {
  // fs and not net.fetch(file:): it reads inside the asar, and file: keeps no privileges in releases.
  const body = path === null ? null : await readFile(path).catch(() => null);
  if (path === null || body === null) return new Response('Not found', { status: 404, headers });
  return new Response(new Uint8Array(body), { headers: { ...headers, 'Content-Type': contentType(path) } });
}

const headers = {
  'Content-Security-Policy': contentSecurityPolicy,
  'X-Content-Type-Options': 'nosniff',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
};
