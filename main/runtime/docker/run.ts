/** A throw-away container: looks into an image (is there a Jupyter, a tini?) or checks a file with the image's Python. */
import type Docker from 'dockerode';
import { pack } from 'tar-stream';
import { LabdockError } from '../../common/problem';
import type { ImageStore, ServerFile } from '../runtime';
import { ask } from './client';
import { collect } from './demux';
import { engineError, statusCode } from './errors';

type RunRequest = Parameters<ImageStore['run']>[0];

/** Label of these containers; its value is the ISO time after which one that is still there was left by a crash. */
export const throwawayLabel = 'io.labdock.throwaway';

/** Output kept of each stream, bytes. */
const maxOutput = 1024 * 1024;

/**
 * Rejects with `image-not-found`, `engine-error` (the entry point does not exist: the engine's words in detail),
 * `engine-gone`, `cancelled`; a command that outlives `timeoutMs` is ended and rejects with `engine-error`.
 */
export async function runThrowaway(
  docker: Docker,
  request: RunRequest,
  signal?: AbortSignal,
): Promise<{ code: number; stdout: string; stderr: string }> {
  const limit = AbortSignal.timeout(request.timeoutMs);
  const both = signal ? AbortSignal.any([signal, limit]) : limit;
  let container: Docker.Container | undefined;
  try {
    container = await ask((abortSignal) => docker.createContainer({ ...optionsOf(request), abortSignal }), {
      signal: both,
    });
    const { id } = container;
    if (request.files?.length) {
      const archive = await packFiles(request.files);
      await ask((abortSignal) => docker.getContainer(id).putArchive(archive, { path: '/', abortSignal }), {
        signal: both,
      });
    }
    return await runIt(docker.getContainer(id), both);
  } catch (error) {
    if (signal?.aborted) throw new LabdockError('cancelled', undefined, { cause: error });
    if (limit.aborted) {
      const detail = `the command did not end within ${request.timeoutMs} ms`;
      throw new LabdockError('engine-error', undefined, { detail, cause: error });
    }
    if (statusCode(error) === 404 && !container) {
      throw new LabdockError('image-not-found', { reference: request.image }, { cause: error });
    }
    throw engineError(error);
  } finally {
    if (container) await removeContainer(docker, container.id);
  }
}

async function runIt(container: Docker.Container, signal: AbortSignal) {
  // Attached before the start: nothing is lost, and it works with every log driver.
  const stream = await ask(
    (abortSignal) => container.attach({ stream: true, stdout: true, stderr: true, abortSignal }),
    { signal },
  );
  const onAbort = () => (stream as unknown as { destroy(): void }).destroy();
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    const output = collect(stream as AsyncIterable<Buffer>, maxOutput);
    output.catch(() => {}); // when the start fails first, nobody waits for it
    await ask((abortSignal) => container.start({ abortSignal }), { signal });
    const { stdout, stderr } = await output;
    const { StatusCode: code } = (await ask((abortSignal) => container.wait({ abortSignal }), { signal })) as {
      StatusCode: number;
    };
    return { code, stdout, stderr };
  } finally {
    signal.removeEventListener('abort', onAbort);
    onAbort();
  }
}

function optionsOf({ image, entrypoint, command, user, timeoutMs }: RunRequest): Docker.ContainerCreateOptions {
  return {
    Image: image,
    Entrypoint: entrypoint,
    Cmd: command,
    ...(user !== undefined && { User: user }),
    Labels: { [throwawayLabel]: new Date(Date.now() + timeoutMs + 60_000).toISOString() },
    AttachStdout: true,
    AttachStderr: true,
    NetworkDisabled: true,
    // The image's own check would start processes beside the command.
    Healthcheck: { Test: ['NONE'] },
    HostConfig: {
      NetworkMode: 'none',
      CapDrop: ['ALL'],
      SecurityOpt: ['no-new-privileges'],
      PidsLimit: 512,
    },
  };
}

async function packFiles(files: ServerFile[]): Promise<Buffer> {
  const tar = pack();
  for (const { path, content, mode } of files) tar.entry({ name: path.replace(/^\/+/, ''), mode }, content);
  tar.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of tar as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks);
}

async function removeContainer(docker: Docker, id: string) {
  try {
    await ask((abortSignal) => docker.getContainer(id).remove({ force: true, v: true, abortSignal }));
  } catch {
    // Gone already, or the engine is: removeLeftovers finds it the next time.
  }
}

/** Removes those whose time is over: Labdock was killed while they ran. */
export async function removeLeftovers(docker: Docker): Promise<void> {
  const found = await ask((abortSignal) =>
    docker.listContainers({ all: true, filters: { label: [throwawayLabel] }, abortSignal }),
  );
  for (const { Id, Labels } of found) {
    const until = Date.parse(Labels[throwawayLabel] ?? '');
    if (until < Date.now()) await removeContainer(docker, Id);
  }
}
