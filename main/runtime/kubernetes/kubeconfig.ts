/**
 * The user's kubeconfig files, merged as kubectl does it (k8s.io/client-go/tools/clientcmd, `ClientConfigLoadingRules`):
 * the first file that names something has the last word, missing files are skipped, relative paths are relative to the file
 * they stand in. A file that cannot be used is told of and hides no other. Read, never written.
 */
import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { homedir } from 'node:os';
import { delimiter, dirname, isAbsolute, join, resolve, sep } from 'node:path';
import { loadYaml } from '@kubernetes/client-node';
import { z } from 'zod';
import type { Problem } from '../../common/problem';

/** Larger ones are not read: kubeconfigs hold a few KiB per context. Bytes. */
export const maximumBytes = 8 * 1024 * 1024;

const text = z.string().nullish().transform((value) => value || undefined); // prettier-ignore
const list = <T extends z.ZodType>(item: T) => z.array(item).nullish().transform((value) => value ?? []); // prettier-ignore

const clusterSchema = z.object({
  server: z.string().min(1),
  'certificate-authority': text,
  'certificate-authority-data': text,
  'tls-server-name': text,
  'insecure-skip-tls-verify': z.boolean().nullish(),
  'proxy-url': text,
});

export const execSchema = z.object({
  apiVersion: text,
  command: z.string().min(1),
  args: list(z.string()),
  env: list(z.object({ name: z.string(), value: z.string() })),
  installHint: text,
  interactiveMode: text,
  provideClusterInfo: z.boolean().nullish(),
});
export type ExecPlugin = z.infer<typeof execSchema>;

const userSchema = z.object({
  'client-certificate': text,
  'client-certificate-data': text,
  'client-key': text,
  'client-key-data': text,
  token: text,
  tokenFile: text,
  username: text,
  password: text,
  as: text,
  'as-uid': text,
  'as-groups': list(z.string()),
  exec: execSchema.nullish().transform((value) => value ?? undefined),
  'auth-provider': z
    .object({ name: z.string(), config: z.record(z.string(), z.string()).nullish() })
    .nullish()
    .transform((value) => value ?? undefined),
});

const contextSchema = z.object({ cluster: z.string().min(1), user: text, namespace: text });

export type KubeCluster = z.infer<typeof clusterSchema>;
export type KubeUser = z.infer<typeof userSchema>;

const named = z.array(z.looseObject({ name: z.string().min(1) })).nullish();
const fileSchema = z.looseObject({ clusters: named, users: named, contexts: named, 'current-context': text });

export interface Kubeconfig {
  clusters: Map<string, KubeCluster>;
  users: Map<string, KubeUser>;
  contexts: Map<string, z.infer<typeof contextSchema>>;
  currentContext?: string;
  /** Files, or single entries of them, that cannot be used (`kubeconfig-invalid`). */
  problems: Problem[];
}

/** Where kubeconfig files are looked for, whether they exist or not. Pure. @param variable value of KUBECONFIG */
export function kubeconfigPaths(variable: string | undefined, home = homedir()): string[] {
  const listed = (variable ?? '').split(delimiter).filter((path) => path !== '');
  return listed.length > 0 ? [...new Set(listed.map((path) => resolve(path)))] : [join(home, '.kube', 'config')];
}

/** Pure: the content of one file, its paths made absolute. @returns what is usable, and what is not */
export function parseKubeconfig(content: string, path: string): Kubeconfig {
  const config = empty();
  const invalid = (detail: string) => config.problems.push({ reason: 'kubeconfig-invalid', params: { path }, detail });
  // kubectl makes and accepts empty files.
  if (/^(?:\s|#[^\n]*|---)*$/.test(content)) return config;
  let raw: unknown;
  try {
    raw = loadYaml<unknown>(content);
  } catch (error) {
    invalid(yamlWords(error));
    return config;
  }
  const file = fileSchema.safeParse(raw);
  if (!file.success) {
    invalid(issueWords(file.error));
    return config;
  }
  const folder = dirname(path);
  const take = <T>(
    section: 'clusters' | 'users' | 'contexts',
    key: string,
    schema: z.ZodType<T>,
    into: Map<string, T>,
  ) => {
    for (const entry of file.data[section] ?? []) {
      const parsed = schema.safeParse(entry[key] ?? {});
      if (!parsed.success) invalid(`${section} "${entry.name}": ${issueWords(parsed.error)}`);
      else if (!into.has(entry.name)) into.set(entry.name, parsed.data);
    }
  };
  take('clusters', 'cluster', clusterSchema, config.clusters);
  take('users', 'user', userSchema, config.users);
  take('contexts', 'context', contextSchema, config.contexts);
  for (const cluster of config.clusters.values())
    cluster['certificate-authority'] = absolute(folder, cluster['certificate-authority']);
  for (const user of config.users.values()) resolvePaths(folder, user);
  const current = file.data['current-context'];
  if (current) config.currentContext = current;
  return config;
}

function resolvePaths(folder: string, user: KubeUser): void {
  for (const key of ['client-certificate', 'client-key', 'tokenFile'] as const) user[key] = absolute(folder, user[key]);
  // A command without a separator is looked for in PATH; another one stands beside the file.
  if (user.exec && (user.exec.command.includes('/') || user.exec.command.includes(sep)))
    user.exec = { ...user.exec, command: absolute(folder, user.exec.command)! };
}

const absolute = (folder: string, path: string | undefined) =>
  path === undefined || isAbsolute(path) ? path : join(folder, path);

/** Pure: the first one that names something wins. */
export function mergeKubeconfigs(configs: readonly Kubeconfig[]): Kubeconfig {
  const merged = empty();
  for (const config of configs) {
    for (const section of ['clusters', 'users', 'contexts'] as const) {
      const into = merged[section] as Map<string, unknown>;
      for (const [name, value] of config[section]) if (!into.has(name)) into.set(name, value);
    }
    merged.currentContext ??= config.currentContext;
    merged.problems.push(...config.problems);
  }
  return merged;
}

/** Everything that a connection of the context is made from, to compare; '' where there is no such context. Pure. */
export function contextPrint({ contexts, clusters, users }: Kubeconfig, name: string): string {
  const context = contexts.get(name);
  if (!context) return '';
  const text = JSON.stringify([context, clusters.get(context.cluster), users.get(context.user ?? '')]);
  // Not kept as it is: credentials stand in it.
  return createHash('sha256').update(text).digest('hex');
}

const empty = (): Kubeconfig => ({ clusters: new Map(), users: new Map(), contexts: new Map(), problems: [] });

/** Never rejects. Files that are not there count as empty; `problems` has the others that cannot be read. */
export async function readKubeconfigs(paths: readonly string[]): Promise<Kubeconfig> {
  return mergeKubeconfigs(await Promise.all(paths.map(readOne)));
}

async function readOne(path: string): Promise<Kubeconfig> {
  try {
    return parseKubeconfig(await readBounded(path), path);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOENT' || code === 'ENOTDIR') return empty();
    const detail = error instanceof Error ? error.message : String(error);
    return { ...empty(), problems: [{ reason: 'kubeconfig-invalid', params: { path }, detail }] };
  }
}

/** @throws on anything that is not a file of at most {@link maximumBytes} (a FIFO would wait for ever) */
export async function readBounded(path: string): Promise<string> {
  const file = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  try {
    const stat = await file.stat();
    if (!stat.isFile()) throw new Error('not a file');
    if (stat.size > maximumBytes) throw new Error(`larger than ${maximumBytes} bytes`);
    return (await file.readFile('utf8')).replace(/^\uFEFF/, '');
  } finally {
    await file.close();
  }
}

/** Without the excerpt that js-yaml adds: a token may stand in it. */
function yamlWords(error: unknown): string {
  const { reason, mark } = error as { reason?: unknown; mark?: { line?: unknown } };
  if (typeof reason !== 'string') return 'not a kubeconfig';
  return typeof mark?.line === 'number' ? `line ${mark.line + 1}: ${reason}` : reason;
}

/** Paths and rules, never values. */
function issueWords(error: z.ZodError): string {
  const [issue] = error.issues;
  return issue ? `${issue.path.join('.') || 'file'}: ${issue.message}` : 'not a kubeconfig';
}
