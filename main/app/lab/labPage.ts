/**
 * Scripts that main runs in a Lab page's main world, and what they answer. They rely on `window.jupyterapp`, which
 * JupyterLab puts there when `LabApp.expose_app_in_browser` is set; a page without it is asked through its DOM only.
 * What they return comes from a remote page: it is checked before it is believed.
 */
import { z } from 'zod';

/** What a person sees when Lab is usable: launcher cards, or documents of the restored layout. */
export const usableSelector =
  '.jp-LauncherCard, #jp-main-dock-panel .jp-MainAreaWidget, #jp-main-dock-panel .jp-Document';

/** Resolves to true once Lab is usable, to false after `milliseconds`. */
export const readinessScript = (milliseconds: number) => `new Promise((resolve) => {
  const end = performance.now() + ${milliseconds};
  const look = () => {
    const seen = [...document.querySelectorAll(${JSON.stringify(usableSelector)})].some((e) => e.offsetWidth > 0);
    if (seen) resolve(true);
    else if (performance.now() > end) resolve(false);
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
