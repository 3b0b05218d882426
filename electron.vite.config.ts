import { resolve } from 'node:path';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'electron-vite';
import type { Plugin } from 'vite';

const here = import.meta.dirname;

// Only what cannot be bundled stays outside: Electron itself and the native keychain module.
const external = ['electron', 'keytar', /\.node$/];

/**
 * Parts of the engine's client that Labdock never calls, and that would be read at every launch: a gRPC client (for
 * BuildKit's sessions), a decoder of BuildKit's progress (main/runtime/docker/buildkit.ts reads it) and an SSH client
 * (engines on other computers are refused). 1.8 MB of 2.1.
 */
const unused: Plugin = {
  name: 'labdock-unused-parts',
  enforce: 'pre',
  resolveId(source, importer) {
    const from = importer?.replaceAll('\\', '/') ?? '';
    const isUnused =
      (['./session', './buildkit'].includes(source) && from.endsWith('/dockerode/lib/docker.js')) ||
      (source === './ssh' && from.endsWith('/docker-modem/lib/modem.js'));
    return isUnused ? '\0labdock-unused' : null;
  },
  load: (id) =>
    id === '\0labdock-unused' ? `module.exports = () => { throw new Error('not a part of Labdock'); };` : null,
};

export default defineConfig({
  main: {
    plugins: [unused],
    build: {
      outDir: 'out/main',
      externalizeDeps: false,
      // Electron 33 (Node 20.18, Chromium 130) is the oldest that has to run this.
      target: 'node20',
      rollupOptions: {
        input: { index: resolve(here, 'main/index.ts') },
        external,
        // One file for the start; what is imported with `import()` becomes a chunk that is read on first use.
        output: {
          format: 'cjs',
          entryFileNames: '[name].cjs',
          chunkFileNames: 'chunks/[name]-[hash].cjs',
          // A real `import()` (keytar's would be the only one) brings Node's loader of ECMAScript modules with it.
          dynamicImportInCjs: false,
          // Half as much to read at every launch; names stay, for the crash log.
          minify: { compress: false, mangle: false, codegen: { removeWhitespace: true } },
        },
      },
    },
  },
  preload: {
    build: {
      outDir: 'out/preload',
      // A sandboxed preload can require nothing but electron: everything else goes into the one file.
      externalizeDeps: false,
      target: 'node20',
      rollupOptions: {
        input: { preload: resolve(here, 'main/app/bridge/preload.ts') },
        external: ['electron'],
        output: { format: 'cjs', entryFileNames: '[name].cjs', inlineDynamicImports: true },
      },
    },
  },
  renderer: {
    root: 'renderer',
    plugins: [react()],
    build: {
      outDir: 'out/renderer',
      target: 'chrome130',
      // All of it is read before the first frame.
      minify: true,
      rollupOptions: {
        input: { index: resolve(here, 'renderer/index.html') },
        // All that the first frame needs is one file instead of a dozen shared slices: each costs a request at launch.
        output: { codeSplitting: { groups: [{ name: 'start', tags: ['$initial'] }] } },
      },
    },
  },
});
