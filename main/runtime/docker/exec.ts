/** A command inside a running container. */
import type Docker from 'dockerode';
import { LabdockError } from '../../common/problem';
import { ask } from './client';
import { collect } from './demux';

const maxOutputBytes = 4 * 1024 * 1024;

/** Output beyond 4 MiB per stream is dropped. Rejects with `server-not-ready` (params: seconds) after `timeoutMs`. */
export async function execute(container: Docker.Container, command: string[], timeoutMs: number) {
  const deadline = Date.now() + timeoutMs;
  const left = () => Math.max(1, deadline - Date.now());
  const created = await ask(
    (abortSignal) => container.exec({ Cmd: command, AttachStdout: true, AttachStderr: true, abortSignal }),
    { timeoutMs: left() },
  );
  // Without hijacking: nothing is written to it, and the answer's end is the command's.
  const stream = (await ask((abortSignal) => created.start({ Detach: false, Tty: false, abortSignal }), {
    timeoutMs: left(),
  })) as unknown as NodeJS.ReadableStream & { destroy(): void };
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    stream.destroy();
  }, left());
  try {
    const { stdout, stderr } = await collect(stream as AsyncIterable<Buffer>, maxOutputBytes);
    const { ExitCode } = await ask(() => created.inspect());
    return { code: ExitCode ?? -1, stdout, stderr };
  } catch (error) {
    if (late) throw new LabdockError('server-not-ready', { seconds: Math.round(timeoutMs / 1000) }, { cause: error });
    throw error;
  } finally {
    clearTimeout(timer);
  }
}
