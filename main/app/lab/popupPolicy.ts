import { externalUrl, isOwn, isOwnBlob } from './navigationPolicy';

/**
 * What becomes of `window.open` in a Lab page. `window`: a controlled window with the same partition and policy.
 * `blank`: the same, kept hidden until it has something to show, because Lab's exports and downloads open an empty
 * window first and only then give it an address.
 */
export type PopupVerdict = 'window' | 'blank' | 'external' | 'deny';

export function decidePopup(url: string, context: { origin: string | null; openPopups: number }): PopupVerdict {
  const blank = url === '' || url === 'about:blank';
  if (context.origin !== null && (blank || isOwn(url, context.origin) || isOwnBlob(url, context.origin))) {
    // A page in a loop shall not bury the desktop.
    if (context.openPopups >= maxPopups) return 'deny';
    return blank ? 'blank' : 'window';
  }
  return externalUrl(url) ? 'external' : 'deny';
}

/** Windows one workspace's pages may have open at once. */
export const maxPopups = 20;
