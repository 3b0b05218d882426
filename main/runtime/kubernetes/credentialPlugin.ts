/**
 * Exec credential plugins (client.authentication.k8s.io): how EKS, GKE, AKS and most companies hand out tokens. Labdock runs
 * them itself: client-node's own runner has no time limit, no PATH of a terminal, tells plugins nothing of the cluster, and
 * keeps a refused token.
 */
import { spawn } from 'node:child_process';
import { z } from 'zod';
import { LabdockError } from '../../common/problem';
import { withoutSecrets } from './errors';
import { endGroup, loginPath } from './loginShell';
import type { ExecPlugin } from './kubeconfig';
import { commandLine } from './windowsCommand';

export interface PluginCredential {
  token?: string;
  /** PEM. */
  certificate?: string;
  key?: string;
  /** Milliseconds since 1970; undefined: until it is refused. */
  expires?: number;
}

export interface PluginOptions {
  plugin: ExecPlugin;
  /** Told to plugins that ask for it (`provideClusterInfo`); as `ExecCredential.spec.cluster`. */
  cluster: Record<string, unknown>;
  timeoutMs?: number;
  /** PATH to look in; for tests. */
  path?: () => Promise<string>;
}

const seconds = 1000;
const defaultTimeoutMs = 30 * seconds;
/** A credential about to expire would do so on the way. */
const earlyMs = 10 * seconds;
/** Plugins may open a browser: a failure, or a fresh token that is refused, does not start the next one at once. */
const pauseMs = 3 * seconds;
const maximumOutput = 1024 * 1024;

const answerSchema = z.object({
  kind: z.literal('ExecCredential'),
  status: z.object({
    token: z.string().nullish(),
    clientCertificateData: z.string().nullish(),
    clientKeyData: z.string().nullish(),
    expirationTimestamp: z.string().nullish(),
  }),
});

/** The credential of one user of a kubeconfig, asked for when needed and kept until it expires or is refused. */
export class CredentialPlugin {
  private running: Promise<PluginCredential> | undefined;
  private kept: { credential: PluginCredential; since: number } | undefined;
  private failed: { error: unknown; since: number } | undefined;

  constructor(private readonly options: PluginOptions) {}

  /** Rejects with `credential-plugin-missing`, `credential-plugin-failed`, `credential-plugin-slow`. */
  async credential(): Promise<PluginCredential> {
    const { kept, failed } = this;
    if (kept && (kept.credential.expires === undefined || kept.credential.expires - earlyMs > Date.now()))
      return kept.credential;
    if (failed && Date.now() - failed.since < pauseMs) throw failed.error;
    this.running ??= this.run().finally(() => (this.running = undefined));
    return this.running;
  }

  /** The API server refused it. @returns whether another one may be had now */
  refused(): boolean {
    if (this.running) return true;
    if (!this.kept || Date.now() - this.kept.since < pauseMs) return false;
    this.kept = undefined;
    return true;
  }

  private async run(): Promise<PluginCredential> {
    try {
      const credential = await runPlugin(this.options);
      this.kept = { credential, since: Date.now() };
      this.failed = undefined;
      return credential;
    } catch (error) {
      this.failed = { error, since: Date.now() };
      throw error;
    }
  }
}

/** Pure: what a plugin printed. @throws LabdockError `credential-plugin-failed` */
export function readCredential(stdout: string, command: string): PluginCredential {
  const failed = (detail: string) => new LabdockError('credential-plugin-failed', { command }, { detail });
  let json: unknown;
  try {
    json = JSON.parse(stdout);
  } catch {
    throw failed('its answer is not JSON');
  }
  const answer = answerSchema.safeParse(json);
  if (!answer.success) throw failed('its answer is not an ExecCredential with a status');
  const { token, clientCertificateData: certificate, clientKeyData: key, expirationTimestamp } = answer.data.status;
  if (!token && !(certificate && key)) throw failed('its answer has neither a token nor a certificate with its key');
  const expires = expirationTimestamp ? Date.parse(expirationTimestamp) : NaN;
  return {
    ...(token && { token: token.trim() }),
    ...(certificate && key && { certificate, key }),
    ...(Number.isFinite(expires) && { expires }),
  };
}

/** Runs it once. Never blocks; ends it and what it started after the time limit. */
export async function runPlugin({ plugin, cluster, timeoutMs = defaultTimeoutMs, path = loginPath }: PluginOptions) {
  const { command } = plugin;
  const failed = (detail: string) =>
    new LabdockError('credential-plugin-failed', { command }, { detail: withoutSecrets(detail) });
  if (plugin.interactiveMode === 'Always') throw failed('it asks questions, and needs a terminal for that');
  const env = {
    ...process.env,
    PATH: await path(),
    ...Object.fromEntries(plugin.env.map(({ name, value }) => [name, value])),
    KUBERNETES_EXEC_INFO: JSON.stringify({
      apiVersion: plugin.apiVersion ?? 'client.authentication.k8s.io/v1',
      kind: 'ExecCredential',
      spec: { interactive: false, ...(plugin.provideClusterInfo && { cluster }) },
    }),
  };
  const { file, args, verbatim } = await commandLine(command, plugin.args, env);
  const posix = process.platform !== 'win32';
  return new Promise<PluginCredential>((resolve, reject) => {
    const child = spawn(file, args, { env, stdio: ['ignore', 'pipe', 'pipe'], detached: posix, windowsHide: true, windowsVerbatimArguments: verbatim }); // prettier-ignore
    let out = '';
    let err = '';
    let settled = false;
    const settle = (outcome: () => void) => {
      if (settled) return;
      settled = true;
      clearTimeout(timer);
      outcome();
    };
    const kill = () => {
      if (posix) endGroup(child.pid);
      else child.kill();
      child.stdout.destroy();
      child.stderr.destroy();
    };
    const timer = setTimeout(() => {
      kill();
      const params = { command, seconds: Math.round(timeoutMs / seconds) };
      settle(() => reject(new LabdockError('credential-plugin-slow', params, { detail: withoutSecrets(err.trim()) })));
    }, timeoutMs);
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      out += chunk;
      if (out.length <= maximumOutput) return;
      kill();
      settle(() => reject(failed('it prints more than a credential')));
    });
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => (err = (err + chunk).slice(-16 * 1024)));
    child.on('error', (error: NodeJS.ErrnoException) =>
      settle(() => {
        if (error.code !== 'ENOENT') return reject(failed(error.message));
        const params = { command, hint: plugin.installHint?.trim() ?? '' };
        reject(new LabdockError('credential-plugin-missing', params, { detail: error.message, cause: error }));
      }),
    );
    child.on('close', (code, signal) =>
      settle(() => {
        if (code !== 0) return reject(failed(`${signal ?? `exit code ${code}`}\n${err}`.trim()));
        try {
          resolve(readCredential(out, command));
        } catch (error) {
          reject(error instanceof Error ? error : new Error(String(error)));
        }
      }),
    );
  });
}
