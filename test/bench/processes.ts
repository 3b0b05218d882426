/** Memory and CPU of a process and all its descendants, from /proc (Linux). */
import { readFileSync, readdirSync } from 'node:fs';

export function tree(root: number): number[] {
  const children = new Map<number, number[]>();
  for (const entry of readdirSync('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    const parent = Number(statFields(Number(entry))?.[1]);
    if (Number.isFinite(parent)) children.set(parent, [...(children.get(parent) ?? []), Number(entry)]);
  }
  const found: number[] = [];
  const visit = (pid: number) => {
    found.push(pid);
    children.get(pid)?.forEach(visit);
  };
  visit(root);
  return found;
}

/** Proportional set size in MiB: shared pages are counted once over all processes. */
export function memoryMiB(root: number): number {
  let kib = 0;
  for (const pid of tree(root)) {
    try {
      kib += Number(/^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))?.[1] ?? 0);
    } catch {
      // ended between the listing and the reading
    }
  }
  return kib / 1024;
}

/** User and system time in seconds (USER_HZ is 100 on every Linux Electron runs on). */
export function cpuSeconds(root: number): number {
  return tree(root).reduce((sum, pid) => {
    const fields = statFields(pid);
    return sum + (fields ? (Number(fields[11]) + Number(fields[12])) / 100 : 0);
  }, 0);
}

/** Fields of /proc/PID/stat from the third on (after the command in parentheses, which may hold spaces). */
function statFields(pid: number): string[] | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  } catch {
    return null;
  }
}
