/**
 * What the window remembers between launches: where it was and what it showed. Not settings: losing it costs nothing, so
 * a damaged file is simply forgotten. Read synchronously (one small file) because the window's first colour depends on it,
 * and checked by hand, because a schema library would have to be loaded before the window.
 */
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Bounds } from './windowBounds';

export interface MemoryValue {
  bounds?: Bounds;
  maximized?: boolean;
  /** The theme preference of the last run, so that the first paint needs no settings. */
  theme?: 'system' | 'light' | 'dark';
  /** Id of the workspace whose Lab was being shown. */
  lastView?: string;
  /** Id of the workspace started or shown last: what a bare `--start` means. */
  lastWorkspace?: string;
  /** The user has been told once that closing keeps Labdock in the tray. */
  toldAboutTray?: boolean;
}

export interface Memory {
  readonly value: Readonly<MemoryValue>;
  update(change: Partial<MemoryValue>): void;
  flush(): void;
}

/** Milliseconds; moving a window changes its bounds a hundred times a second. */
const settle = 500;

export function openMemory(folder: string): Memory {
  const path = join(folder, 'window.json');
  let value = read(path);
  let timer: NodeJS.Timeout | undefined;
  const flush = () => {
    if (!timer) return;
    clearTimeout(timer);
    timer = undefined;
    try {
      mkdirSync(dirname(path), { recursive: true });
      const temporary = `${path}.${process.pid}`;
      writeFileSync(temporary, JSON.stringify(value));
      renameSync(temporary, path);
    } catch {
      // A full disk must not keep anybody from working; next launch opens at the default place.
    }
  };
  return {
    get value() {
      return value;
    },
    update(change) {
      value = { ...value, ...change };
      timer ??= setTimeout(flush, settle);
    },
    flush,
  };
}

function read(path: string): MemoryValue {
  try {
    return checkMemory(JSON.parse(readFileSync(path, 'utf8')));
  } catch {
    return {};
  }
}

/** Keeps what is of the right kind, one by one. */
export function checkMemory(found: unknown): MemoryValue {
  if (typeof found !== 'object' || found === null) return {};
  const { bounds, maximized, theme, lastView, lastWorkspace, toldAboutTray } = found as Record<string, unknown>;
  const isId = (value: unknown): value is string => typeof value === 'string' && /^[a-z0-9]{12}$/.test(value);
  const box = bounds as Bounds | undefined;
  const isBox = [box?.x, box?.y, box?.width, box?.height].every((n) => Number.isInteger(n) && Math.abs(n!) < 1e6);
  return {
    ...(isBox && box && { bounds: { x: box.x, y: box.y, width: box.width, height: box.height } }),
    ...(typeof maximized === 'boolean' && { maximized }),
    ...((theme === 'system' || theme === 'light' || theme === 'dark') && { theme }),
    ...(isId(lastView) && { lastView }),
    ...(isId(lastWorkspace) && { lastWorkspace }),
    ...(typeof toldAboutTray === 'boolean' && { toldAboutTray }),
  };
}
