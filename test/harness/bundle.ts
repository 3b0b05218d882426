/** Programs that tests run in a process of their own, bundled as the application is. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { build } from 'vite';

/** The program of this TypeScript, which may import what stands in the project by absolute paths; made in the folder. */
export async function bundled(folder: string, text: string): Promise<string> {
  const script = join(folder, 'child.mts');
  const out = join(folder, 'child');
  await writeFile(script, text);
  await build({
    logLevel: 'silent',
    configFile: false,
    root: join(import.meta.dirname, '../..'),
    build: {
      ssr: script,
      minify: false,
      outDir: out,
      rollupOptions: { output: { format: 'cjs', entryFileNames: 'child.cjs', chunkFileNames: '[name].cjs' } },
    },
    ssr: { noExternal: true, external: ['keytar', 'cpu-features'] },
  });
  return join(out, 'child.cjs');
}
