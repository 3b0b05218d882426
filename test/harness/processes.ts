/** Programs a test starts: their output is kept, they are ended by pid, and none outlives the test run. */
import { spawn, type ChildProcess } from 'node:child_process';
import { createServer } from 'node:net';

export interface Started {
  pid: number;
  /** Output so far, both streams, the last 200,000 characters. */
  output: () => string;
  /** Resolves with the exit code, or the signal's name. */
  ended: Promise<number | string>;
  /** Asks the program to end, and after `patience` ms ends it. Its process group goes with it. */
  stop: (signal?: NodeJS.Signals, patience?: number) => Promise<void>;
}

const running = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of running) signalGroup(child, 'SIGKILL');
});

function signalGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  try {
    if (child.pid) process.kill(-child.pid, signal);
  } catch {
    // It has ended.
  }
}

export function start(command: string[], options: { env?: NodeJS.ProcessEnv; cwd?: string } = {}): Started {
  const [program = '', ...args] = command;
  const child = spawn(program, args, {
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...options.env },
    ...(options.cwd ? { cwd: options.cwd } : {}),
  });
  running.add(child);
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => (output = (output + text).slice(-200_000)));
  }
  const ended = new Promise<number | string>((done) => {
    child.once('error', (error) => {
      output += String(error);
      done(-1);
    });
    child.once('exit', (code, signal) => {
      running.delete(child);
      done(code ?? signal ?? -1);
    });
  });
  const stop = async (signal: NodeJS.Signals = 'SIGTERM', patience = 20_000): Promise<void> => {
    signalGroup(child, signal);
    const timer = setTimeout(() => signalGroup(child, 'SIGKILL'), patience);
    await ended;
    clearTimeout(timer);
  };
  return { pid: child.pid ?? -1, output: () => output, ended, stop };
}

/** Runs a program to its end. Fails with its output when it ends with anything but 0, or after `timeout` ms. */
export async function run(
  command: string[],
  options: { env?: NodeJS.ProcessEnv; cwd?: string; timeout?: number } = {},
): Promise<string> {
  const started = start(command, options);
  const timer = setTimeout(() => void started.stop('SIGKILL'), options.timeout ?? 120_000);
  const code = await started.ended;
  clearTimeout(timer);
  if (code !== 0) throw new Error(`${command.join(' ')} ended with ${code}:\n${started.output()}`);
  return started.output();
}

/** Asks until the answer is truthy. Fails after `patience` ms with `what` and the last error. */
export async function until<T>(
  what: string,
  ask: () => T | Promise<T>,
  patience = 30_000,
  every = 200,
): Promise<NonNullable<T>> {
  let last: unknown;
  for (const end = Date.now() + patience; Date.now() < end;) {
    let timer: NodeJS.Timeout | undefined;
    try {
      // A question that is never answered must not outlast the patience.
      const late = new Promise<never>((_, fail) => {
        timer = setTimeout(() => fail(new Error('no answer')), end - Date.now());
      });
      const answer = await Promise.race([Promise.resolve().then(ask), late]);
      if (answer) return answer;
      last = undefined;
    } catch (error) {
      last = error;
    } finally {
      clearTimeout(timer);
    }
    await new Promise((done) => setTimeout(done, every));
  }
  throw new Error(`waited ${patience / 1000} s in vain: ${what}${last instanceof Error ? ` (${last.message})` : ''}`);
}

/** A TCP port on the loopback that was free a moment ago. */
export function freePort(): Promise<number> {
  return new Promise((done, fail) => {
    const server = createServer();
    server.once('error', fail);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => (address && typeof address === 'object' ? done(address.port) : fail(new Error('no port'))));
    });
  });
}
