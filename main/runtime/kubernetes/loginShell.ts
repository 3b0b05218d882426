/**
 * What a terminal would have in its environment: an app that was started by double click has neither the user's PATH, where
 * credential plugins are found, nor KUBECONFIG. Asked of the user's own shell, once. Windows has one environment for both.
 */
import { spawn } from 'node:child_process';
import { homedir, userInfo } from 'node:os';
import { basename, delimiter, join } from 'node:path';

export interface LoginEnvironment {
  /** As the shell has it; undefined where it did not say in time. */
  PATH?: string;
  KUBECONFIG?: string;
}

/** A profile that hangs must not keep clusters from being used. Milliseconds. */
const patienceMs = 8_000;
const mark = '__labdock_environment__';

let asked: Promise<LoginEnvironment> | undefined;

/** Never rejects; what is not known stays undefined. */
export function loginEnvironment(): Promise<LoginEnvironment> {
  asked ??= process.platform === 'win32' ? Promise.resolve({}) : askShell(userShell());
  return asked;
}

function userShell(): string {
  try {
    return process.env['SHELL'] || userInfo().shell || '/bin/sh';
  } catch {
    return '/bin/sh';
  }
}

/** Interactive and login: tools add themselves to either's files. Shells that speak another language are not asked. Pure. */
export function shellCall(shell: string): { file: string; args: string[] } {
  // printenv instead of "$PATH": fish keeps lists in its variables.
  const script = `printf '%s\\n' ${mark}; printenv PATH; printf '%s\\n' ${mark}; printenv KUBECONFIG; printf '%s\\n' ${mark}`;
  const name = basename(shell);
  if (/^(?:ba|z|k|da|a|fi)sh$/.test(name)) return { file: shell, args: ['-i', '-l', '-c', script] };
  if (/^t?csh$/.test(name)) return { file: shell, args: ['-i', '-c', script] };
  return { file: '/bin/sh', args: ['-l', '-c', script] };
}

/** Pure: what stands between the marks, whatever a profile printed around them. */
export function readAnswer(stdout: string): LoginEnvironment {
  const parts = stdout.split(`${mark}\n`);
  if (parts.length < 4) return {};
  const [path, kubeconfig] = parts.slice(-3).map((part) => part.replace(/\r?\n$/, ''));
  return { ...(path && { PATH: path }), ...(kubeconfig && { KUBECONFIG: kubeconfig }) };
}

/** @param timeoutMs the shell and what it started are ended then */
export function askShell(shell: string, timeoutMs = patienceMs): Promise<LoginEnvironment> {
  const { file, args } = shellCall(shell);
  return new Promise((resolve) => {
    // Its own session: an interactive shell wants to own the terminal, and has none here.
    const child = spawn(file, args, { stdio: ['ignore', 'pipe', 'ignore'], detached: true, cwd: homedir() });
    let out = '';
    const end = () => {
      clearTimeout(timer);
      child.stdout.destroy();
      endGroup(child.pid);
      resolve(readAnswer(out));
    };
    const timer = setTimeout(end, timeoutMs);
    child.stdout.setEncoding('utf8');
    child.stdout.on('data', (chunk: string) => {
      out = (out + chunk).slice(-256 * 1024);
      // A profile may leave something running that holds the pipe open.
      if (readAnswer(out).PATH !== undefined) end();
    });
    child.on('error', end);
    child.on('close', end);
  });
}

/** A process and what it started, where it leads a group of its own (`detached`). */
export function endGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It is gone.
  }
}

/** Where package managers and SDKs put their programs; last in line. */
const wellKnown = () => ['/usr/local/bin', '/opt/homebrew/bin', join(homedir(), '.local', 'bin'), join(homedir(), 'bin'), '/usr/bin', '/bin']; // prettier-ignore

/** PATH for programs a terminal would find. Pure but for the home folder. */
export function joinedPath(login: string | undefined, own: string | undefined, more: readonly string[]): string {
  const parts = [login, own].flatMap((path) => path?.split(delimiter) ?? []);
  return [...new Set([...parts, ...more].filter((part) => part !== ''))].join(delimiter);
}

export async function loginPath(): Promise<string> {
  const own = process.env['PATH'];
  if (process.platform === 'win32') return own ?? '';
  return joinedPath((await loginEnvironment()).PATH, own, wellKnown());
}
