/** A container's log, followed line by line. */
import type Docker from 'dockerode';
import type { LogLine } from '../runtime';
import { ask } from './client';
import { frames, LogLines } from './demux';

/** Resolves when the signal aborts or the log ends with its container. Reads only as fast as `onLine` takes. */
export async function followContainerLog(
  container: Docker.Container,
  onLine: (line: LogLine) => void,
  { tail, signal }: { tail: number; signal: AbortSignal },
): Promise<void> {
  if (signal.aborted) return;
  const options = { follow: true as const, stdout: true, stderr: true, timestamps: true, tail };
  const stream = (await ask((abortSignal) => container.logs({ ...options, abortSignal }), {
    signal,
  })) as NodeJS.ReadableStream & { destroy(): void };
  const onAbort = () => stream.destroy();
  signal.addEventListener('abort', onAbort, { once: true });
  const lines = new LogLines();
  const pass = (some: LogLine[]) => {
    for (const line of some) if (!signal.aborted) onLine(line);
  };
  try {
    if (signal.aborted) return stream.destroy();
    for await (const frame of frames(stream as AsyncIterable<Buffer>)) pass(lines.push(frame));
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    signal.removeEventListener('abort', onAbort);
    pass(lines.end());
  }
}
