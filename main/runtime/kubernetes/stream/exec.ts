/**
 * Commands in a container, over one websocket each. Facts of the protocol (v4.channel.k8s.io), which shape what is here:
 * - stdin has no end: `end()` of it says nothing to the command. Whoever needs one frames what is sent, or closes.
 * - when the connection goes, the command reads its end of input and is not killed: it has to leave at that by itself.
 * - output comes before the status, so that at `done` all of stdout was handed to its reader.
 */
import { Readable, Writable } from 'node:stream';
import { LabdockError } from '../../../common/problem';
import type { AgentStream } from '../../runtime';
import { ChannelSocket, highWaterBytes, lost } from './channelSocket';
import type { StreamConnection } from './connect';
import { exitCode } from './execStatus';
import { Pulse } from './pulse';

export interface ExecTarget {
  namespace: string;
  pod: string;
  container: string;
  command: string[];
}

const channels = { stdin: 0, stdout: 1, stderr: 2, status: 3 } as const;
const connectMs = 30_000;
/** Bytes of one message to the far end, which takes each whole into memory; 4 KiB to 512 KiB were measured, none faster. */
const messageBytes = 32 * 1024;
/** Output that waits for its reader here; beyond it the far end waits. */
const readAheadBytes = 256 * 1024;
const stderrTailBytes = 16 * 1024;
const maxStatusBytes = 64 * 1024;
const maxCollectedBytes = 4 * 1024 * 1024;

/** Streams last for a whole move; a far end may well write to its disk for a while before it reads on. */
const pulse = new Pulse({ everyMs: 20_000, deadMs: 45_000, stalledMs: 300_000 });

interface Sinks {
  stdout(data: Buffer, pause: () => void): void;
  stderr(data: Buffer): void;
}

interface Running {
  socket: ChannelSocket;
  done: Promise<number>;
  abort: (error: LabdockError) => void;
}

/** @returns once the command runs or is about to; `done` then says how it ended */
async function start(
  connection: StreamConnection,
  target: ExecTarget,
  { stdin, signal, sinks }: { stdin: boolean; signal?: AbortSignal | undefined; sinks: Sinks },
): Promise<Running> {
  const socket = await ChannelSocket.open(
    connection,
    execPath(target, stdin),
    { verb: 'get', resource: 'pods/exec', namespace: target.namespace, name: target.pod },
    { signal, timeoutMs: connectMs, pulse },
  );
  let settle: (outcome: number | LabdockError) => void = () => undefined;
  const done = new Promise<number>((resolve, reject) => {
    settle = (outcome) => (typeof outcome === 'number' ? resolve(outcome) : reject(outcome));
  });
  // Whoever only reads the output finds its error there.
  done.catch(() => undefined);
  const abort = (error: LabdockError) => {
    settle(error);
    socket.terminate();
  };
  const onAbort = () => abort(new LabdockError('cancelled'));
  let status = '';
  const finish = () => {
    try {
      settle(exitCode(status));
    } catch (error) {
      settle(error as LabdockError);
    }
    socket.close();
  };
  socket.listen({
    message(channel, data) {
      if (channel === channels.stdout) sinks.stdout(data, () => socket.pause());
      else if (channel === channels.stderr) sinks.stderr(data);
      else if (channel === channels.status) {
        status += data.toString('utf8');
        if (status.length > maxStatusBytes) abort(lost(connection, 'the status of the command has no end'));
        else if (complete(status)) finish();
      }
    },
    close: () => {
      signal?.removeEventListener('abort', onAbort);
      if (status !== '') finish();
      else settle(lost(connection, 'the connection to the command broke off'));
    },
  });
  if (signal?.aborted) onAbort();
  else signal?.addEventListener('abort', onAbort, { once: true });
  return { socket, done, abort };
}

/** A status comes in one message; one that does not is complete with its last. */
function complete(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

export function execPath({ namespace, pod, container, command }: ExecTarget, stdin: boolean): string {
  const query = new URLSearchParams({ container, stdin: String(stdin), stdout: 'true', stderr: 'true', tty: 'false' });
  for (const word of command) query.append('command', word);
  return `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods/${encodeURIComponent(pod)}/exec?${query}`;
}

/**
 * Runs a command and gives its streams.
 * @throws LabdockError as `apiError` has them; `done` rejects with `cluster-unreachable` when the connection is lost,
 * `cancelled` after `close()` or the signal, `container-refused` when the command cannot be run
 */
export async function openExec(
  connection: StreamConnection,
  { signal, ...target }: ExecTarget & { signal?: AbortSignal },
): Promise<AgentStream> {
  let tail = Buffer.alloc(0);
  let running: Running | undefined = undefined;
  const stdout = new Readable({
    highWaterMark: readAheadBytes,
    read: () => running?.socket.resume(),
    destroy: (error, callback) => {
      running?.abort(new LabdockError('cancelled'));
      callback(error);
    },
  });
  const sinks: Sinks = {
    stdout: (data, pause) => {
      if (!stdout.push(data)) pause();
    },
    stderr: (data) => {
      tail = Buffer.concat([tail, data]).subarray(-stderrTailBytes);
    },
  };
  const exec = await start(connection, target, { stdin: true, signal, sinks });
  const { socket, abort } = exec;
  running = exec;

  const stdin = new Writable({
    highWaterMark: messageBytes,
    decodeStrings: true,
    write: (chunk: Buffer, _encoding, callback) => sendAll(chunk, callback),
    // Small writes that came meanwhile go as one message.
    writev: (chunks, callback) => sendAll(Buffer.concat(chunks.map(({ chunk }) => chunk as Buffer)), callback),
  });
  let waiting: ((error?: Error) => void) | undefined;
  function sendAll(data: Buffer, callback: (error?: Error | null) => void): void {
    if (!socket.open) return callback(lost(connection, 'the command has ended'));
    if (data.length === 0) return callback();
    socket.send(channels.stdin, data.subarray(0, highWaterBytes), messageBytes);
    const rest = data.subarray(highWaterBytes);
    if (socket.writable) return sendAll(rest, callback);
    waiting = callback;
    socket.whenDrained(() => {
      waiting = undefined;
      sendAll(rest, callback);
    });
  }
  // Both ends meet their error even where nobody waits for `done`.
  stdin.on('error', () => undefined);
  stdout.on('error', () => undefined);

  const done = exec.done.then(
    (code) => {
      stdout.push(null);
      const pending = waiting;
      waiting = undefined;
      pending?.(lost(connection, 'the command has ended'));
      return { code, stderr: tail.toString('utf8') };
    },
    (error: LabdockError) => {
      stdin.destroy(error);
      stdout.destroy(error);
      throw error;
    },
  );
  done.catch(() => undefined);
  return { stdin, stdout, done, close: () => abort(new LabdockError('cancelled')) };
}

/**
 * Runs a command without input and collects what it prints, each stream cut at 4 MiB.
 * @throws LabdockError as {@link openExec}; `server-not-ready` {seconds} when it has not ended in time
 */
export async function execCommand(
  connection: StreamConnection,
  target: ExecTarget,
  { timeoutMs, signal }: { timeoutMs: number; signal?: AbortSignal },
): Promise<{ code: number; stdout: string; stderr: string }> {
  const collected = { stdout: new Collected(), stderr: new Collected() };
  const sinks: Sinks = {
    stdout: (data) => collected.stdout.add(data),
    stderr: (data) => collected.stderr.add(data),
  };
  const timeout = AbortSignal.timeout(timeoutMs);
  const either = signal ? AbortSignal.any([signal, timeout]) : timeout;
  try {
    const { done } = await start(connection, target, { stdin: false, signal: either, sinks });
    const code = await done;
    return { code, stdout: collected.stdout.text(), stderr: collected.stderr.text() };
  } catch (error) {
    if (!timeout.aborted || signal?.aborted) throw error;
    const detail = `${target.command[0] ?? ''} has not ended in ${timeoutMs} ms`;
    throw new LabdockError('server-not-ready', { seconds: Math.round(timeoutMs / 1000) }, { detail, cause: error });
  }
}

class Collected {
  #parts: Buffer[] = [];
  #room = maxCollectedBytes;

  add(data: Buffer): void {
    const kept = data.subarray(0, this.#room);
    // A copy: a slice would hold the socket's whole buffer.
    if (kept.length > 0) this.#parts.push(Buffer.from(kept));
    this.#room -= kept.length;
  }

  text(): string {
    return Buffer.concat(this.#parts).toString('utf8');
  }
}
