/** The base image tests build on: the stand-in on a Debian, the public one elsewhere. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { machineEngine } from './engine';
import { copyImage } from './engineApi';
import { run } from './processes';

export interface TestBase {
  reference: string;
  channels: string[];
  /** The machine's certificate authorities, which builds must trust as it does; undefined with the public base. */
  caBundle?: string;
  standin: boolean;
}

const script = join(import.meta.dirname, '../../scripts/setup/base-image.mjs');
const defaults = JSON.parse(readFileSync(join(import.meta.dirname, '../../main/image/defaults.json'), 'utf8')) as {
  base: string;
  channels: string[];
};
let known: Promise<TestBase> | undefined;

/** The base image in the machine's engine, built when it is missing (three minutes). */
export function testBase(): Promise<TestBase> {
  known ??= (async () => {
    const output = await run([process.execPath, script], { timeout: 900_000 });
    const reference = output.trim().split('\n').at(-1) ?? '';
    if (!reference.startsWith('labdock-test/')) throw new Error(`no base image: ${output}`);
    return { reference, channels: defaults.channels, caBundle: '/etc/ssl/certs/ca-certificates.crt', standin: true };
  })();
  return known;
}

/** The same base image in another engine. */
export async function testBaseIn(socket: string): Promise<TestBase> {
  const base = await testBase();
  await copyImage(await machineEngine(), socket, base.reference);
  return base;
}
