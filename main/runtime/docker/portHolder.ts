/** Which process listens on a port: /proc on Linux, lsof on macOS, netstat and tasklist on Windows. Best effort, read only. */
import { execFile } from 'node:child_process';
import { readdir, readFile, readlink } from 'node:fs/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);
const limits = { timeout: 3_000, maxBuffer: 8 * 1024 * 1024, windowsHide: true };

/** `name (pid)`, or undefined: processes of other users hide what they hold. */
export async function processOnPort(port: number, platform = process.platform): Promise<string | undefined> {
  try {
    if (platform === 'linux') return await linuxProcess(port);
    if (platform === 'darwin') {
      const { stdout } = await run('lsof', ['-nP', `-iTCP:${port}`, '-sTCP:LISTEN', '-Fpc'], limits);
      return fromLsof(stdout);
    }
    if (platform === 'win32') {
      const { stdout } = await run('netstat', ['-ano', '-p', 'TCP'], limits);
      const pid = fromNetstat(stdout, port);
      if (pid === undefined) return undefined;
      const list = await run('tasklist', ['/FI', `PID eq ${pid}`, '/FO', 'CSV', '/NH'], limits);
      return fromTasklist(list.stdout, pid);
    }
  } catch {
    // Without the tool or the right there is no name.
  }
  return undefined;
}

async function linuxProcess(port: number): Promise<string | undefined> {
  const tables = await Promise.all(
    ['/proc/net/tcp', '/proc/net/tcp6'].map((path) => readFile(path, 'utf8').catch(() => '')),
  );
  const inodes = new Set(tables.flatMap((table) => listeningInodes(table, port)));
  if (inodes.size === 0) return undefined;
  const wanted = new Set([...inodes].map((inode) => `socket:[${inode}]`));
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
    const descriptors = await readdir(`/proc/${pid}/fd`).catch(() => [] as string[]);
    for (const descriptor of descriptors) {
      const target = await readlink(`/proc/${pid}/fd/${descriptor}`).catch(() => '');
      if (!wanted.has(target)) continue;
      const name = (await readFile(`/proc/${pid}/comm`, 'utf8').catch(() => '')).trim();
      return name ? `${name} (${pid})` : undefined;
    }
  }
  return undefined;
}

/** Pure: socket inodes that listen (state 0A) on the port, from a table of proc(5). Inode 0 belongs to nobody. */
export function listeningInodes(table: string, port: number): string[] {
  const end = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  return table
    .split('\n')
    .slice(1)
    .map((line) => line.trim().split(/\s+/))
    .filter((fields) => fields[1]?.endsWith(end) && fields[3] === '0A' && fields[9] !== '0')
    .flatMap((fields) => (fields[9] ? [fields[9]] : []));
}

/** Pure: `-Fpc` gives a line `pPID` and a line `cCOMMAND` per process. */
export function fromLsof(output: string): string | undefined {
  const pid = /^p(\d+)$/m.exec(output)?.[1];
  const name = /^c(.+)$/m.exec(output)?.[1];
  return pid && name ? `${name} (${pid})` : undefined;
}

/** Pure: the fields stand in the same order in every language of Windows; the state's word does not, so the peer decides. */
export function fromNetstat(output: string, port: number): number | undefined {
  for (const line of output.split('\n')) {
    const [protocol, local, peer, , pid] = line.trim().split(/\s+/);
    const listens = peer === '0.0.0.0:0' || peer === '[::]:0';
    if (protocol === 'TCP' && listens && local?.endsWith(`:${port}`) && Number(pid) > 0) return Number(pid);
  }
  return undefined;
}

/** Pure: first column of the CSV. */
export function fromTasklist(output: string, pid: number): string | undefined {
  const name = /^"([^"]+)","\d+"/m.exec(output)?.[1];
  return name ? `${name} (${pid})` : undefined;
}
