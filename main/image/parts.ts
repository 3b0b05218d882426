/** The shipped half of every image: resources/image, read once. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

export interface PartFile {
  /** Path in the build context, with forward slashes. */
  path: string;
  content: string;
  mode: number;
}

export interface ImageParts {
  /** resources/image/Dockerfile, the template. */
  template: string;
  /** Files that are the same in every context. */
  files: PartFile[];
  /** resources/image/bin/entrypoint, also put into images that were not built here. */
  entrypoint: string;
}

/** From resources/image to the context. `system/` is copied over the root of the image. */
const shipped: readonly [source: string, target: string, mode: number][] = [
  ['build/make-environment', 'build/make-environment', 0o755],
  ['build/make-lab', 'build/make-lab', 0o755],
  ['build/packages', 'build/packages', 0o755],
  ['build/trust', 'build/trust', 0o755],
  ['lab/conda.txt', 'lab/conda.txt', 0o644],
  ['lab/pip.txt', 'lab/pip.txt', 0o644],
  ['lab/overrides.json', 'lab/overrides.json', 0o644],
  ['lab/lazy_iri.py', 'lab/lazy_iri.py', 0o644],
  ['bin/entrypoint', 'system/opt/labdock/bin/entrypoint', 0o755],
  ['bin/kernel', 'system/opt/labdock/bin/kernel', 0o755],
  ['bin/healthcheck', 'system/opt/labdock/bin/healthcheck', 0o755],
  ['profile.sh', 'system/etc/profile.d/labdock.sh', 0o644],
];

const cache = new Map<string, Promise<ImageParts>>();

/** @param resources the application's resources directory (it has `image/` in it). Rejects when a file is missing: a broken installation. */
export function loadParts(resources: string): Promise<ImageParts> {
  let parts = cache.get(resources);
  if (!parts) {
    parts = read(join(resources, 'image'));
    parts.catch(() => cache.delete(resources));
    cache.set(resources, parts);
  }
  return parts;
}

async function read(directory: string): Promise<ImageParts> {
  // A checkout on Windows may have made CRLF of it, which no shell in the image understands.
  const text = async (path: string) => (await readFile(join(directory, path), 'utf8')).replaceAll('\r\n', '\n');
  const [template, ...contents] = await Promise.all([text('Dockerfile'), ...shipped.map(([source]) => text(source))]);
  const files = shipped.map(([, path, mode], index) => ({ path, content: contents[index]!, mode }));
  return { template, files, entrypoint: files.find((f) => f.path.endsWith('/bin/entrypoint'))!.content };
}
