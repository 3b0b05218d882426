/**
 * An image archive, looked at before an engine gets it: engines accept nearly anything that is a tar and then say nothing
 * useful, or half-read gigabytes first. Knows `docker save` archives and OCI layouts, plain or gzipped.
 */
import { createReadStream } from 'node:fs';
import { stat, open } from 'node:fs/promises';
import { Transform, type Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { extract } from 'tar-stream';
import { z } from 'zod';
import { LabdockError } from '../../common/problem';

export interface Archive {
  /** Bytes of the file as it is. */
  size: number;
  /** What of it is to be loaded, in `docker save` terms. */
  manifest: DockerManifest;
  /** True where manifest.json is not in the archive, because it is an OCI layout only. */
  ociOnly: boolean;
}

const dockerManifestSchema = z.object({
  Config: z.string().min(1),
  RepoTags: z.array(z.string()).nullish(),
  Layers: z.array(z.string()),
});
export type DockerManifest = z.infer<typeof dockerManifestSchema>;

const digest = z.string().regex(/^sha256:[0-9a-f]{64}$/);
const descriptorSchema = z.object({
  digest,
  mediaType: z.string().optional(),
  annotations: z.record(z.string(), z.string()).nullish(),
  platform: z.object({ architecture: z.string(), os: z.string() }).partial().nullish(),
});
const indexSchema = z.object({ manifests: z.array(descriptorSchema) });
const ociManifestSchema = z.object({ config: descriptorSchema, layers: z.array(descriptorSchema) });

/** Small files are kept while the archive goes by: manifests and configs, of which there are a few. */
const smallFile = 1024 * 1024;
const smallFiles = 16 * 1024 * 1024;

/**
 * Reads the archive once. Rejects with `archive-missing`, `archive-invalid` (detail: what is wrong), `cancelled`.
 * `architecture` chooses among the images of a multi-platform OCI layout; `onFraction` gets 0..1 of the file.
 */
export async function inspectArchive(
  path: string,
  architecture: string,
  signal: AbortSignal,
  onFraction: (fraction: number) => void,
): Promise<Archive> {
  const invalid = (detail: string, cause?: unknown) =>
    new LabdockError('archive-invalid', { path }, { detail, ...(cause !== undefined && { cause }) });
  const size = await fileSize(path);
  if (size === null) throw invalid('not a file');
  const names = new Set<string>();
  const texts = new Map<string, string>();
  let kept = 0;
  const tar = extract();
  tar.on('entry', (header, stream, next) => {
    // The archive's own error says it; an entry cut short by it repeats it, and would be nobody's.
    stream.on('error', () => {});
    const name = header.name.replace(/^\.\//, '');
    names.add(name);
    const wanted = /^(?:manifest\.json|index\.json|oci-layout|blobs\/sha256\/[0-9a-f]{64})$/.test(name);
    if (!wanted || (header.size ?? 0) > smallFile || kept > smallFiles) {
      stream.resume().on('end', next);
      return;
    }
    kept += header.size ?? 0;
    const chunks: Buffer[] = [];
    stream.on('data', (chunk) => chunks.push(chunk as Buffer));
    stream.on('end', () => {
      texts.set(name, Buffer.concat(chunks).toString('utf8'));
      next();
    });
  });
  try {
    const source = counted(createReadStream(path), size, onFraction);
    if (await isGzip(path)) await pipeline(source, createGunzip(), tar, { signal });
    else await pipeline(source, tar, { signal });
  } catch (error) {
    if (signal.aborted) throw new LabdockError('cancelled', undefined, { cause: error });
    throw invalid(error instanceof Error ? error.message : String(error), error);
  }
  const text = texts.get('manifest.json');
  const found = text === undefined ? fromOci(texts, architecture) : fromDocker(text);
  if (typeof found === 'string') throw invalid(found);
  const missing = [found.Config, ...found.Layers].find((name) => !names.has(name));
  if (missing !== undefined) throw invalid(`${missing} is missing`);
  return { size, manifest: found, ociOnly: text === undefined };
}

/** Rejects with `archive-missing`; null for what is not a file. */
async function fileSize(path: string): Promise<number | null> {
  try {
    const found = await stat(path);
    return found.isFile() ? found.size : null;
  } catch (error) {
    throw new LabdockError('archive-missing', { path }, { cause: error, detail: String(error) });
  }
}

export async function isGzip(path: string): Promise<boolean> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(2), 0, 2, 0);
    return bytesRead === 2 && buffer[0] === 0x1f && buffer[1] === 0x8b;
  } finally {
    await file.close();
  }
}

/** Passes bytes on and tells which part of `total` went by, in steps of a hundredth. */
export function counted(source: Readable, total: number, onFraction: (fraction: number) => void): Readable {
  let done = 0;
  let told = 0;
  const counter = new Transform({
    transform(chunk: Buffer, _encoding, callback) {
      done += chunk.length;
      if (done - told >= total / 100) {
        told = done;
        onFraction(Math.min(1, done / total));
      }
      callback(null, chunk);
    },
  });
  source.on('error', (error) => counter.destroy(error));
  counter.on('close', () => source.destroy());
  return source.pipe(counter);
}

function fromDocker(text: string): DockerManifest | string {
  const parsed = z.array(dockerManifestSchema).min(1).safeParse(parseJson(text));
  return parsed.success ? (parsed.data[0] ?? 'no image in it') : 'manifest.json cannot be read';
}

function fromOci(texts: Map<string, string>, architecture: string): DockerManifest | string {
  const index = texts.get('index.json');
  if (index === undefined) return 'no image archive: neither manifest.json nor index.json is in it';
  let name: string | undefined;
  let text: string | undefined = index;
  // An index can point to an index (one per platform); two levels are what tools write.
  for (let depth = 0; depth < 3 && text !== undefined; depth += 1) {
    const manifest = ociManifestSchema.safeParse(parseJson(text));
    if (manifest.success) {
      const { config, layers } = manifest.data;
      return {
        Config: blob(config.digest),
        RepoTags: name === undefined ? null : [name],
        Layers: layers.map((layer) => blob(layer.digest)),
      };
    }
    const list = indexSchema.safeParse(parseJson(text));
    if (!list.success) return 'the OCI index cannot be read';
    const chosen = choose(list.data.manifests, architecture);
    if (!chosen) return `no image for ${architecture} in it`;
    const annotations = chosen.annotations ?? {};
    name ??= fullName(annotations['io.containerd.image.name'] ?? annotations['org.opencontainers.image.ref.name']);
    text = texts.get(blob(chosen.digest));
  }
  return 'the OCI manifest is missing';
}

function choose(manifests: z.infer<typeof descriptorSchema>[], architecture: string) {
  return (
    manifests.find((m) => m.platform?.architecture === architecture && (m.platform.os ?? 'linux') === 'linux') ??
    manifests.find((m) => !m.platform)
  );
}

/** The annotation may be a mere tag (`latest`), which names nothing. */
function fullName(name: string | undefined): string | undefined {
  return name !== undefined && /^[^:\s]+(?::\d+\/[^:\s]+)?:[\w][\w.-]*$/.test(name) ? name : undefined;
}

function blob(value: string): string {
  return `blobs/sha256/${value.slice('sha256:'.length)}`;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
