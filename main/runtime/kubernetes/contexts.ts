/** The contexts of the user's kubeconfig files, and word when they change. Nothing is ever written. */
import { createHash } from 'node:crypto';
import { existsSync, realpathSync, watch, type FSWatcher } from 'node:fs';
import { homedir } from 'node:os';
import { basename, dirname } from 'node:path';
import type { Problem } from '../../common/problem';
import { kubeconfigPaths, readBounded, readKubeconfigs, type Kubeconfig } from './kubeconfig';
import { loginEnvironment } from './loginShell';
import type { KubeContext } from './model';

/** Editors and kubectl write in several steps. Milliseconds. */
const settleMs = 200;

/** As a terminal would find them: KUBECONFIG of this process, else of the user's shell, else `~/.kube/config`. */
export async function kubeconfigFiles(): Promise<string[]> {
  return kubeconfigPaths(process.env['KUBECONFIG'] || (await loginEnvironment()).KUBECONFIG);
}

/** Never rejects. `problem`: there is no context (`kubeconfig-missing`), or a file or part of one cannot be used. */
export async function listContexts(files?: readonly string[]): Promise<{ contexts: KubeContext[]; problem?: Problem }> {
  const config = await readKubeconfigs(files ?? (await kubeconfigFiles()));
  const contexts = contextsOf(config);
  const problem: Problem | undefined =
    config.problems[0] ?? (contexts.length === 0 ? { reason: 'kubeconfig-missing' } : undefined);
  return { contexts, ...(problem && { problem }) };
}

/** Pure; by name, in the user's language. */
export function contextsOf({ contexts, currentContext }: Kubeconfig): KubeContext[] {
  return [...contexts]
    .map(([name, { cluster, user, namespace }]) => ({
      name,
      cluster,
      user: user ?? '',
      namespace: namespace ?? 'default',
      current: name === currentContext,
    }))
    .sort((a, b) => a.name.localeCompare(b.name));
}

/**
 * Tells when the content of a kubeconfig file is another one. Watches folders: files are replaced rather than written, and
 * may not be there yet.
 */
export function watchContexts(onChange: () => void, files?: readonly string[]): { dispose(): void } {
  const watchers = new Map<string, FSWatcher>();
  let paths: readonly string[] = [];
  let print: string | undefined;
  let timer: NodeJS.Timeout | undefined;
  let disposed = false;

  const look = async () => {
    const now = await fingerprint(paths);
    if (disposed) return;
    rewatch();
    const changed = print !== undefined && now !== print;
    print = now;
    if (changed) onChange();
  };
  const soon = () => {
    clearTimeout(timer);
    timer = setTimeout(() => void look(), settleMs);
    timer.unref();
  };
  const rewatch = () => {
    const wanted = watchPlan(paths);
    for (const [folder, watcher] of watchers) {
      if (wanted.has(folder)) continue;
      watcher.close();
      watchers.delete(folder);
    }
    for (const [folder, names] of wanted) {
      if (watchers.has(folder)) continue;
      try {
        const watcher = watch(folder, { persistent: false }, (_, name) => {
          if (name === null || names.has(name)) soon();
        });
        // The folder went away; the look that follows watches what is above it.
        watcher.on('error', () => {
          watcher.close();
          watchers.delete(folder);
          soon();
        });
        watchers.set(folder, watcher);
      } catch {
        // It went between finding and watching; the next event above it says so.
      }
    }
  };

  void (async () => {
    paths = files ?? (await kubeconfigFiles());
    if (!disposed) await look();
  })();
  return {
    dispose() {
      disposed = true;
      clearTimeout(timer);
      for (const watcher of watchers.values()) watcher.close();
      watchers.clear();
    },
  };
}

/** Folders to watch, and the names in them that matter: of the file, of what it links to, of a folder not made yet. */
function watchPlan(paths: readonly string[]): Map<string, Set<string>> {
  const plan = new Map<string, Set<string>>();
  const add = (path: string) => {
    let [folder, name] = [dirname(path), basename(path)];
    // `.kube` does not exist before kubectl makes it; a folder that is replaced is seen from above.
    while (!existsSync(folder) && dirname(folder) !== folder) [folder, name] = [dirname(folder), basename(folder)];
    const names = plan.get(folder) ?? new Set<string>();
    plan.set(folder, names.add(name));
  };
  for (const path of paths) {
    add(path);
    const folder = dirname(path);
    if (existsSync(folder) && folder !== homedir()) add(folder);
    try {
      const real = realpathSync(path);
      if (real !== path) add(real);
    } catch {
      // Not there yet.
    }
  }
  return plan;
}

async function fingerprint(paths: readonly string[]): Promise<string> {
  const contents = await Promise.all(paths.map((path) => readBounded(path).catch(() => null)));
  return createHash('sha256').update(JSON.stringify(contents)).digest('hex');
}
