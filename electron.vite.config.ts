import { resolve } from 'node:path';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'electron-vite';

const here = import.meta.dirname;

// Only what cannot be bundled stays outside: Electron itself, the native keychain module, and the two optional native
// helpers of ssh2, which falls back to plain JavaScript when it does not find them.
const external = ['electron', 'keytar', 'cpu-features', /\.node$/];

export default defineConfig({
  main: {
    build: {
      outDir: 'out/main',
      externalizeDeps: false,
      // Electron 33 (Node 20.18, Chromium 130) is the oldest that has to run this.
      target: 'node20',
      rollupOptions: {
        input: { index: resolve(here, 'main/index.ts') },
        external,
        // One file for the start; what is imported with `import()` becomes a chunk that is read on first use.
        output: { format: 'cjs', entryFileNames: '[name].cjs', chunkFileNames: 'chunks/[name]-[hash].cjs' },
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
      rollupOptions: {
        input: { index: resolve(here, 'renderer/index.html') },
        // All that the first frame needs is one file instead of a dozen shared slices: each costs a request at launch.
        output: { codeSplitting: { groups: [{ name: 'start', tags: ['$initial'] }] } },
      },
    },
  },
});
