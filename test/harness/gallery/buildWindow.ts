/** Builds the window as it ships (electron.vite.config.ts' renderer part) into a folder of its own. */
import { resolve } from 'node:path';
import { build } from 'vite';
import config from '../../../electron.vite.config';

const root = resolve(import.meta.dirname, '../../..');

export async function buildWindow(outDir: string): Promise<void> {
  const { renderer } = config as { renderer: Record<string, unknown> & { build: Record<string, unknown> } };
  // What ships is React's production build, whatever runs this.
  process.env['NODE_ENV'] = 'production';
  await build({
    ...renderer,
    root: resolve(root, 'renderer'),
    configFile: false,
    logLevel: 'warn',
    build: { ...renderer.build, outDir, emptyOutDir: true, modulePreload: { polyfill: false } },
  });
}
