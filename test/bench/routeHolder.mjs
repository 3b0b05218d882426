// A route in a process of its own, on Electron's Node: its memory is another one than Node's own, and that is what the
// application has. argv: a namespace with a pod of test/harness/routePod.ts. Says the port; ends with its standard input.
import { join } from 'node:path';
import { runnerImport } from 'vite';

const file = join(import.meta.dirname, '../harness/routePod.ts');
const { module } = await runnerImport(file, { logLevel: 'error' });
const { port } = await module.routeTo({ name: process.argv[2] });
console.log(port);
process.stdin.resume().once('end', () => process.exit());
