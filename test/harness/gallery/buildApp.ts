/**
 * Test equipment: builds the trivial application (windowApp) around the window as it ships (electron.vite.config.ts'
 * renderer part), into a folder of its own.
 */
import { copyFile, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { build } from 'vite';
import config from '../../../electron.vite.config';

const root = resolve(import.meta.dirname, '../../..');
const windowApp = join(import.meta.dirname, 'windowApp');

export async function buildApp(folder: string): Promise<void> {
  const { renderer } = config as { renderer: Record<string, unknown> & { build: Record<string, unknown> } };
  // What ships is React's production build, whatever runs this.
  process.env['NODE_ENV'] = 'production';
  const pages = join(folder, 'pages');
  await build({
    ...renderer,
    root: resolve(root, 'renderer'),
    configFile: false,
    logLevel: 'warn',
    build: { ...renderer.build, outDir: pages, emptyOutDir: true, modulePreload: { polyfill: false } },
  });
  await build({
    root,
    configFile: false,
    logLevel: 'warn',
    build: {
      ssr: join(windowApp, 'main.ts'),
      outDir: folder,
      emptyOutDir: false,
      rollupOptions: { external: ['electron'], output: { format: 'cjs', entryFileNames: 'main.cjs' } },
    },
  });
  await copyFile(join(windowApp, 'package.json'), join(folder, 'package.json'));
  await copyFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), join(pages, 'axe.js'));
  await writeFile(join(pages, 'empty.html'), '<!doctype html><title>Empty</title>');
}
