/** Loads an image archive into an engine. */
import { createReadStream } from 'node:fs';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import type Docker from 'dockerode';
import { extract, pack } from 'tar-stream';
import { LabdockError } from '../../common/problem';
import type { LongCall } from '../runtime';
import { counted, inspectArchive, isGzip, type Archive } from './archive';
import { dial, wordsOf } from './engineCall';
import { problemFromWords } from './errors';
import { engineMessages } from './ndjson';

/** Looking at the file takes about this part of the time; the rest is sending it. */
const inspectShare = 0.3;

/**
 * Returns references under which the image may be found, best first: a name, or its id where the archive has none.
 * `architecture` is the engine's. Rejects with `archive-missing`, `archive-invalid`, `disk-full`, `engine-gone`, `cancelled`.
 */
export async function loadArchive(
  docker: Docker,
  path: string,
  { signal, onProgress }: LongCall,
  architecture: string,
): Promise<string[]> {
  const archive = await inspectArchive(path, architecture, signal, (part) => {
    onProgress({ fraction: part * inspectShare });
  });
  const onSent = (part: number) => onProgress({ fraction: inspectShare + part * (1 - inspectShare) * 0.95 });
  const body = await bodyOf(path, archive, onSent);
  const loaded: string[] = [];
  try {
    const answer = await dial(docker, { method: 'POST', path: '/images/load', query: { quiet: false }, body, signal });
    for await (const { stream, stray } of engineMessages(answer)) {
      for (const line of (stream ?? stray ?? '').split('\n').filter((text) => text.trim() !== '')) {
        onProgress({ line });
        const name = /^Loaded image(?: ID)?(?:\(s\))?: (.+)$/.exec(line.trim())?.[1];
        if (name) loaded.push(...name.split(',').map((part) => part.trim()));
      }
    }
  } catch (error) {
    if (signal.aborted) throw new LabdockError('cancelled', undefined, { cause: error });
    if (error instanceof LabdockError) throw error;
    const words = wordsOf(error);
    const problem = problemFromWords(words);
    // The file was whole when it was looked at: what the engine dislikes about it is in the archive.
    const refused = problem.reason === 'engine-error';
    throw new LabdockError(refused ? 'archive-invalid' : problem.reason, refused ? { path } : problem.params, {
      detail: words,
      cause: error,
    });
  } finally {
    body.destroy();
  }
  onProgress({ fraction: 1 });
  const { Config: config, RepoTags: tags } = archive.manifest;
  const id = /([0-9a-f]{64})(?:\.json)?$/.exec(config)?.[1];
  return [...(tags ?? []), ...loaded, ...(id ? [`sha256:${id}`] : [])];
}

/**
 * The plain tar (Podman's API takes no gzip). An OCI layout gets the manifest.json that engines before Docker 25 look for.
 */
async function bodyOf(path: string, archive: Archive, onSent: (part: number) => void): Promise<Readable> {
  const file = counted(createReadStream(path), archive.size, onSent);
  const gunzip = (await isGzip(path)) ? createGunzip() : undefined;
  if (!archive.ociOnly) {
    if (!gunzip) return file;
    // The error is the plain tar's: whoever reads it hears it.
    pipeline(file, gunzip).catch(() => {});
    return gunzip;
  }
  const output = pack();
  const input = extract();
  input.on('entry', (header, stream, next) => {
    stream.on('error', () => {}); // `copy` fails as well, and is heard
    stream.pipe(output.entry(header, next));
  });
  input.on('finish', () => {
    output.entry({ name: 'manifest.json' }, JSON.stringify([archive.manifest]));
    output.finalize();
  });
  const copy = gunzip ? pipeline(file, gunzip, input) : pipeline(file, input);
  copy.catch((error: unknown) => output.destroy(error instanceof Error ? error : new Error(String(error))));
  output.on('close', () => file.destroy());
  return output as unknown as Readable;
}
