import { parseUrl } from './navigationPolicy';

/** Copying from a cell and a plot in full screen; everything else a browser could grant is denied. */
const granted = new Set(['clipboard-sanitized-write', 'fullscreen']);

/** `requester` is an origin or a URL as Electron gives it; only the workspace's own origin is granted anything. */
export function decidePermission(permission: string, requester: string | undefined, origin: string | null): boolean {
  if (origin === null || !requester || !granted.has(permission)) return false;
  return parseUrl(requester)?.origin === origin;
}
