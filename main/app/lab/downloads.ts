/** Files that Lab pages hand out: into the user's download folder under a safe name that was free, never over another file. */
import { closeSync, mkdirSync, openSync, rmSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { app, shell, type DownloadItem } from 'electron';
import type { DownloadState } from '../../workspace/state';
import { numberedName, safeFileName } from './fileNames';

interface Entry {
  state: DownloadState;
  path: string;
  item: DownloadItem | null;
}

export interface DownloadHooks {
  changed(): void;
  /** 0..1 over all that run, or null when none does. */
  progress(fraction: number | null): void;
  ended(state: DownloadState): void;
}

/** Shown at once; older ones that ended are forgotten. */
const maxShown = 5;

export class Downloads {
  #entries: Entry[] = [];
  #next = 1;
  readonly #hooks: DownloadHooks;

  constructor(hooks: DownloadHooks) {
    this.#hooks = hooks;
  }

  get states(): DownloadState[] {
    return this.#entries.map((entry) => entry.state);
  }

  receive(workspace: string, item: DownloadItem): void {
    const path = reserve(app.getPath('downloads'), safeFileName(item.getFilename()));
    if (path === null) {
      item.cancel();
      this.#add(
        { workspace, name: safeFileName(item.getFilename()), status: 'failed' },
        '',
        null,
        item.getTotalBytes(),
      );
      return;
    }
    item.setSavePath(path);
    const entry = this.#add({ workspace, name: basename(path), status: 'running' }, path, item, item.getTotalBytes());
    item.on('updated', () => {
      entry.state = { ...entry.state, receivedBytes: item.getReceivedBytes(), totalBytes: item.getTotalBytes() };
      this.#tell();
    });
    item.once('done', (_event, result) => {
      const done = result === 'completed';
      if (!done) removeIfEmpty(path);
      entry.item = null;
      entry.state = { ...entry.state, receivedBytes: item.getReceivedBytes(), status: done ? 'done' : 'failed' };
      if (result === 'cancelled') this.#entries = this.#entries.filter((other) => other !== entry);
      else this.#hooks.ended(entry.state);
      this.#tell();
    });
  }

  act(id: string, action: 'reveal' | 'cancel' | 'dismiss'): void {
    const entry = this.#entries.find((candidate) => candidate.state.id === id);
    if (!entry) return;
    if (action === 'reveal' && entry.state.status === 'done') shell.showItemInFolder(entry.path);
    else if (action === 'cancel') entry.item?.cancel();
    else if (action === 'dismiss' && !entry.item) {
      this.#entries = this.#entries.filter((other) => other !== entry);
      this.#tell();
    }
  }

  #add(
    of: Pick<DownloadState, 'workspace' | 'name' | 'status'>,
    path: string,
    item: DownloadItem | null,
    totalBytes: number,
  ): Entry {
    const entry: Entry = { state: { id: String(this.#next++), receivedBytes: 0, totalBytes, ...of }, path, item };
    this.#entries.push(entry);
    while (this.#entries.length > maxShown) {
      const oldest = this.#entries.findIndex((candidate) => !candidate.item);
      if (oldest < 0) break;
      this.#entries.splice(oldest, 1);
    }
    if (!item) this.#hooks.ended(entry.state);
    this.#tell();
    return entry;
  }

  #tell(): void {
    const running = this.#entries.filter((entry) => entry.item);
    const received = running.reduce((sum, entry) => sum + entry.state.receivedBytes, 0);
    const total = running.reduce((sum, entry) => sum + entry.state.totalBytes, 0);
    // Electron shows a fraction above 1 as "busy, unknown how long".
    this.#hooks.progress(running.length === 0 ? null : total > 0 ? received / total : 2);
    this.#hooks.changed();
  }
}

/** Makes the file first, exclusively: nobody else can take the name between looking and writing. null: no place to write. */
function reserve(folder: string, name: string): string | null {
  try {
    mkdirSync(folder, { recursive: true });
    for (let attempt = 1; attempt <= 1000; attempt++) {
      const path = join(folder, numberedName(name, attempt));
      try {
        closeSync(openSync(path, 'wx', 0o600));
        return path;
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      }
    }
  } catch {
    // Full, read-only or missing: the download failed, and is shown as that.
  }
  return null;
}

function removeIfEmpty(path: string): void {
  if (statSync(path, { throwIfNoEntry: false })?.size === 0) rmSync(path, { force: true });
}
