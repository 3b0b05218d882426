/**
 * Podman stops a cancelled build only between two steps: the command of the running step (a `conda create` of minutes) goes
 * on to its end (buildah 1.28 passes no context into it). Its engine runs on this computer as this user, so that one
 * command can be ended here. Which it is, is known for certain: the build gets an entry of its own in /etc/hosts, which
 * has no part in the build's result or cache, and the process is looked up by it.
 */
import { randomUUID } from 'node:crypto';
import { lstat, readdir, readFile } from 'node:fs/promises';
import { setTimeout } from 'node:timers/promises';

interface Mark {
  /** `NAME:ADDRESS`, as the build's `extrahosts` takes it. */
  host: string;
  name: string;
}

export const endPodmanStep = {
  mark(): Mark | undefined {
    // In a virtual machine (macOS, Windows) its processes cannot be seen: the step ends by itself there.
    if (process.platform !== 'linux') return undefined;
    const name = `labdock-build-${randomUUID()}`;
    return { host: `${name}:127.0.0.1`, name };
  },

  /** Ends what runs in the marked build's step. Never throws: what cannot be seen is not ours. Resolves to how many. */
  async end({ name }: Mark): Promise<number> {
    let ended = 0;
    // A shell between two commands starts the next one while the first look is under way.
    for (let look = 0; look < 5; look += 1) {
      const found = await marked(name);
      if (found.length === 0 && look > 0) break;
      for (const pid of found) {
        try {
          process.kill(pid, 'SIGKILL');
          ended += 1;
        } catch {
          // It ended meanwhile.
        }
      }
      await setTimeout(100);
    }
    return ended;
  },
};

async function marked(name: string): Promise<number[]> {
  const entries = await readdir('/proc').catch(() => []);
  const pids = entries.filter((entry) => /^\d+$/.test(entry));
  const hits = await Promise.all(pids.map((pid) => hasHost(`/proc/${pid}/root/etc/hosts`, name)));
  return pids.filter((_, index) => hits[index]).map(Number);
}

async function hasHost(file: string, name: string): Promise<boolean> {
  try {
    // A foreign container may have anything there, a pipe that never ends for one.
    const { size, isFile } = await lstat(file).then((stat) => ({ size: stat.size, isFile: stat.isFile() }));
    return isFile && size < 65_536 && (await readFile(file, 'utf8')).includes(name);
  } catch {
    return false;
  }
}
