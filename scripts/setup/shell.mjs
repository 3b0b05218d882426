// Running programs and speaking to the person at the terminal.
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline/promises';
import { whereIs } from './paths.mjs';

const quietTail = 40;

export const say = (text = '') => process.stdout.write(`${text}\n`);

/** An error whose message is meant for the person at the terminal: printed without a stack. */
export class SetupError extends Error {}

/** Asks once; without a terminal on both ends the answer is yes. */
export async function agreed(question) {
  // Set-up started itself again inside a group (engine.mjs): the answer was given.
  if (process.env.LABDOCK_SETUP_AGREED) return true;
  if (!process.stdin.isTTY || !process.stdout.isTTY) return true;
  const lines = createInterface({ input: process.stdin, output: process.stdout });
  const answer = await lines.question(`${question} [Y/n] `);
  lines.close();
  return !/^\s*n/i.test(answer);
}

/** The command as an administrator runs it: itself as root, through sudo otherwise. */
export function asRoot(command) {
  if (process.getuid?.() === 0) return command;
  if (!whereIs('sudo')) {
    throw new SetupError(
      `This needs administrator rights, and there is no sudo here. Run as root: ${command.join(' ')}`,
    );
  }
  return ['sudo', ...command];
}

/**
 * Runs a program to its end. Its output is shown as dots with a tail kept for the case of failure; `show: true` passes it
 * through. Returns the output. Fails with a SetupError that says the command and the last lines.
 */
export function run(command, { show = false, cwd, env, input, timeout, progress } = {}) {
  return new Promise((done, fail) => {
    const child = spawn(command[0], command.slice(1), {
      cwd,
      env: { ...process.env, ...env },
      stdio: [input === undefined ? 'ignore' : 'pipe', show ? 'inherit' : 'pipe', show ? 'inherit' : 'pipe'],
      timeout,
    });
    let output = '';
    const take = (chunk) => {
      output = (output + chunk).slice(-400_000);
      progress?.(String(chunk));
    };
    child.stdout?.setEncoding('utf8').on('data', take);
    child.stderr?.setEncoding('utf8').on('data', take);
    if (input !== undefined) child.stdin.end(input);
    child.on('error', (cause) => fail(new SetupError(`${command[0]} could not be started: ${cause.message}`)));
    child.on('close', (code, signal) => {
      if (code === 0) return done(output);
      const tail = output.trim().split('\n').slice(-quietTail).join('\n');
      const failure = new SetupError(`\`${command.join(' ')}\` ended with ${signal ?? code}.\n${tail}`);
      failure.output = output;
      fail(failure);
    });
  });
}

/** Shows that work goes on: the last line of output on a terminal, a line now and then elsewhere. */
export function ticker(label) {
  const started = Date.now();
  let last = 0;
  return (text) => {
    const line =
      text
        .trim()
        .split(/[\r\n]/)
        .pop()
        ?.trim() ?? '';
    const now = Date.now();
    if (!line || now - last < (process.stdout.isTTY ? 100 : 15_000)) return;
    last = now;
    const seconds = Math.round((now - started) / 1000);
    const shown = `  ${label} (${seconds} s) ${line}`.slice(0, 110);
    process.stdout.write(process.stdout.isTTY ? `\r\x1b[2K${shown}` : `${shown}\n`);
  };
}

/** Ends a ticker's line on a terminal. */
export const tickerEnd = () => process.stdout.isTTY && process.stdout.write('\r\x1b[2K');
