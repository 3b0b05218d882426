/**
 * What the window remembers between launches: where it was and what it showed. Not settings: losing it costs nothing, so
 * a damaged file is simply forgotten. Read synchronously (one small file) because the window's first colour depends on it.
 */
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { workspaceIdSchema } from '../workspace/model';

const memorySchema = z.object({
  bounds: z.object({ x: z.int(), y: z.int(), width: z.int(), height: z.int() }).optional(),
  maximized: z.boolean().optional(),
  /** The theme preference of the last run, so that the first paint needs no settings. */
  theme: z.enum(['system', 'light', 'dark']).optional(),
  /** The workspace whose Lab was being shown. */
  lastView: workspaceIdSchema.optional(),
  /** The workspace started or shown last: what a bare `--start` means. */
  lastWorkspace: workspaceIdSchema.optional(),
  /** The user has been told once that closing keeps Labdock in the tray. */
  toldAboutTray: z.boolean().optional(),
});
export type MemoryValue = z.infer<typeof memorySchema>;

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
    return memorySchema.parse(JSON.parse(readFileSync(path, 'utf8')));
  } catch {
    return {};
  }
}
