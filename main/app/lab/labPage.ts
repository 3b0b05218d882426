/**
 * Scripts that main runs in a Lab page's main world, and what they answer. They rely on `window.jupyterapp`, which
 * JupyterLab puts there when `LabApp.expose_app_in_browser` is set; a page without it is asked through its DOM only.
 * What they return comes from a remote page: it is checked before it is believed.
 */
import { z } from 'zod';

/** What a person sees when Lab is usable: launcher cards, or documents of the restored layout. */
export const usableSelector =
  '.jp-LauncherCard, #jp-main-dock-panel .jp-MainAreaWidget, #jp-main-dock-panel .jp-Document';

/** Milliseconds without anything new from the server. An extension whose script is missing need not keep Lab from coming. */
const brokenQuietMs = 3_000;
const quietMs = 20_000;

/**
 * Resolves to `usable` once Lab is; to `stalled` when a script of its own did not arrive, or nothing has come for a long
 * time (a connection that broke on the way leaves the page blank for ever, Lab does not ask again); to `late` after
 * `milliseconds`.
 */
export const readinessScript = (milliseconds: number) => `new Promise((resolve) => {
  const end = performance.now() + ${milliseconds};
  let count = 0, since = performance.now(), heard = since, failed = false;
  const listen = () => {
    heard = performance.now();
    const entries = performance.getEntriesByType('resource');
    if (entries.length === count) return;
    const own = entries.slice(count).filter((e) => e.initiatorType === 'script' && e.name.startsWith(location.origin));
    failed ||= own.some((e) => e.responseStatus === 0);
    count = entries.length;
    since = heard;
  };
  const look = () => {
    const seen = [...document.querySelectorAll(${JSON.stringify(usableSelector)})].some((e) => e.offsetWidth > 0);
    if (seen) return resolve('usable');
    if (performance.now() - heard > 500) listen();
    if (performance.now() - since > (failed ? ${brokenQuietMs} : ${quietMs})) resolve('stalled');
    else if (performance.now() > end) resolve('late');
    else setTimeout(look, 40);
  };
  look();
})`;

// Documents are the widgets with a context; several widgets (split views) can share one. Read-only ones cannot be saved.
const documents = `(() => {
  const app = window.jupyterapp;
  const found = new Map();
  if (!app || !app.shell) return found;
  for (const area of ['main', 'down', 'left', 'right', 'top', 'bottom']) {
    try {
      for (const widget of app.shell.widgets(area)) {
        const context = widget.context;
        if (context && context.model && typeof context.path === 'string') found.set(context.path, context);
      }
    } catch { /* an area this version does not have */ }
  }
  return found;
})()`;

/** Paths of documents with unsaved changes. */
export const dirtyScript = `[...${documents}.values()].filter((c) => c.model.dirty).map((c) => c.path)`;

/**
 * Saves every document with unsaved changes, all at once, and answers which could not be saved in time. A save that
 * opens a dialog ("changed on disk", "no permission") waits for a person and so counts as not saved.
 */
export const saveAllScript = (milliseconds: number) => `(async () => {
  const dirty = [...${documents}.values()].filter((c) => c.model.dirty);
  const late = new Promise((resolve) => setTimeout(resolve, ${milliseconds}));
  await Promise.all(dirty.map((c) => Promise.race([Promise.resolve().then(() => c.save()).catch(() => {}), late])));
  return dirty.filter((c) => c.model.dirty).map((c) => c.path);
})()`;

/** Paths as a page gave them: text, of bounded number and length. */
export const pathsSchema = z.array(z.string().transform((path) => path.slice(0, 1000))).max(1000);
