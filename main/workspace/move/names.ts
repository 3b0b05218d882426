/** Names on two kinds of disk: what the destination cannot hold, what it takes for the same, and names for copies. Pure. */
import type { Traits } from './model';

const windowsReserved = /^(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(?:\..*)?$/i;

/** Longest path below the folder, in bytes; leaves room for the folder itself and for the trash's own path. */
const maxPath = { linux: 3500, darwin: 800, win32: 30_000 } as const;

/** Can the destination hold this name? (One name, not a path.) */
export function nameFits(name: string, { platform }: Traits): boolean {
  // eslint-disable-next-line no-control-regex -- control characters are what Windows refuses
  if (platform === 'win32' && (/[<>:"|?*\\\u0000-\u001f]|[. ]$/.test(name) || windowsReserved.test(name))) return false;
  return platform === 'linux' ? Buffer.byteLength(name) <= 255 : name.normalize('NFD').length <= 255;
}

export const pathFits = (path: string, { platform }: Traits): boolean => Buffer.byteLength(path) <= maxPath[platform];

/** Two paths with the same key cannot both exist on such a disk. */
export function diskKey(path: string, { platform, insensitive }: Traits): string {
  const normal = platform === 'darwin' ? path.normalize('NFC') : path;
  return insensitive ? normal.normalize('NFC').toUpperCase().toLowerCase() : normal;
}

/** `notes.ipynb` and `kept from cluster 2026-11-25` make `notes (kept from cluster 2026-11-25).ipynb`, counted up until free. */
export function copyPath(path: string, label: string, taken: (path: string) => boolean): string {
  const cut = path.lastIndexOf('/') + 1;
  const [folder, name] = [path.slice(0, cut), path.slice(cut)];
  const dot = name.lastIndexOf('.');
  const [stem, ending] = dot > 0 ? [name.slice(0, dot), name.slice(dot)] : [name, ''];
  for (let count = 1; ; count += 1) {
    const text = ` (${label}${count === 1 ? '' : ` ${count}`})${ending}`;
    const found = folder + shortened(stem, 255 - Buffer.byteLength(text)) + text;
    if (!taken(found)) return found;
  }
}

/** Cut to so many bytes of UTF-8, never within a character. */
function shortened(text: string, bytes: number): string {
  if (Buffer.byteLength(text) <= bytes) return text;
  let kept = '';
  let used = 0;
  for (const char of text) {
    used += Buffer.byteLength(char);
    if (used > bytes) break;
    kept += char;
  }
  return kept;
}

/** Does a link at `path` lead out of the folder? Lexically: links on its way are themselves inside or left out. */
export function leadsOut(path: string, target: string): boolean {
  if (target.startsWith('/') || /^[A-Za-z]:/.test(target)) return true;
  let depth = path.split('/').length - 1;
  for (const part of target.split('/')) {
    if (part === '..') depth -= 1;
    else if (part !== '' && part !== '.') depth += 1;
    if (depth < 0) return true;
  }
  return false;
}

/** `a/b/c`: `a`, `a/b`. */
export function* parentsOf(path: string): Generator<string> {
  for (let cut = path.indexOf('/'); cut > 0; cut = path.indexOf('/', cut + 1)) yield path.slice(0, cut);
}
