/** What the bench must know of a server that Labdock made: its image, and the URL that logs a bare window in to it. */
import { execFileSync } from 'node:child_process';
import { loadParts } from '../../main/image/parts';
import { makeRecipe } from '../../main/image/recipe';
import { paths } from '../../main/runtime/runtime';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { BuildSettings } from '../../main/image/model';
import { givenConfig } from '../../main/workspace/serverConfig';
import { publicDefaults } from '../../main/workspace/provisioned';
import { jsonOf } from './json';
import { docker, type Bench, type World } from './world';

/** The build settings of this machine, as the app reads them. */
export async function benchBuild(): Promise<{ build: BuildSettings; caBundlePem: { caBundlePem?: string } }> {
  const given = jsonOf(process.env.LABDOCK_DEFAULTS)?.build as object | undefined;
  const build = { ...publicDefaults.build, ...given };
  const pem = build.caBundle ? await readFile(build.caBundle, 'utf8') : undefined;
  return { build, caBundlePem: pem === undefined ? {} : { caBundlePem: pem } };
}

/** The name of the image that the bench's workspaces run. */
export async function imageOf(_world: World, bench: Bench): Promise<string> {
  const parts = await loadParts(join(import.meta.dirname, '../../resources'));
  const { build, caBundlePem } = await benchBuild();
  return makeRecipe({ kernels: bench.workspaces[0]!.kernels, build, parts, ...caBundlePem }).name;
}

/** Reads the token where the server has it: who reaches the engine owns the server anyway. */
export function tokenUrl(workspaceId: string, port: number): string {
  const container = docker('ps', '-q', '--filter', `label=io.labdock.workspace=${workspaceId}`);
  const config = execFileSync('docker', ['exec', '--user', '0', container, 'cat', paths.config], { encoding: 'utf8' });
  const { token } = givenConfig(config);
  if (!token) throw new Error('no token in the server’s config');
  return `http://127.0.0.1:${port}/lab?token=${token}`;
}
