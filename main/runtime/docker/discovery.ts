/** Finds the engines of this computer and says of each one that will not do why. */
import { access, readdir, stat } from 'node:fs/promises';
import { homedir, networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { LabdockError, type Problem } from '../../common/problem';
import type { EngineCandidate } from '../runtime';
import { engineCandidates, isRemote, type Candidate, type CandidateInput } from './candidates';
import { ask, createClient, type EngineConnection } from './client';
import { readDockerConfig, readTls } from './contexts';
import { engineTraits, type EngineTraits, type InfoAnswer, type VersionAnswer } from './engineTraits';
import { explainSilence, explainUnfit, summary } from './refusal';

/** A candidate with what Labdock needs to use it. The connection may hold keys: it stays in main. */
export interface FoundEngine {
  candidate: EngineCandidate;
  connection: EngineConnection;
  /** Set when it answers and will do. */
  traits?: EngineTraits;
}

export interface Discovery {
  engines: FoundEngine[];
  /** The first that will do. */
  chosen?: FoundEngine & { traits: EngineTraits };
  /** Why there is none. */
  problem?: Problem;
}

export interface DiscoveryOptions {
  /** `auto`, or an address in `DOCKER_HOST` form. */
  choice: string;
  /** Milliseconds for each engine to show life; all are asked at the same time. */
  timeoutMs?: number;
  signal?: AbortSignal;
  /** For tests: another computer than this one. */
  platform?: NodeJS.Platform;
  env?: NodeJS.ProcessEnv;
  home?: string;
}

/** Resolves in `timeoutMs` (3 s) however many engines hang; one that lives gets 15 s to describe itself. Rejects only with `cancelled`. */
export async function discoverEngines(options: DiscoveryOptions): Promise<Discovery> {
  const { choice, signal, timeoutMs = 3_000 } = options;
  const platform = options.platform ?? process.platform;
  const input = await lookAround(choice, platform, options.env ?? process.env, options.home ?? homedir());
  const own = Object.values(networkInterfaces()).flatMap((list) => (list ?? []).map(({ address }) => address));
  const engines = await Promise.all(
    engineCandidates(input).map((candidate) => examine(candidate, { platform, own, timeoutMs, signal })),
  );
  if (signal?.aborted) throw new LabdockError('cancelled');
  const chosen = engines.find((engine) => engine.traits !== undefined) as Discovery['chosen'];
  if (chosen) return { engines, chosen };
  return { engines, problem: summary(engines.flatMap(({ candidate }) => candidate.problem ?? [])) };
}

async function lookAround(
  choice: string,
  platform: NodeJS.Platform,
  env: NodeJS.ProcessEnv,
  home: string,
): Promise<CandidateInput> {
  const docker = env['DOCKER_CONFIG'] || join(home, '.docker');
  const [config, hostTls, colima] = await Promise.all([
    readDockerConfig(docker),
    readTls(env['DOCKER_CERT_PATH'] || docker),
    readdir(join(home, '.colima')).catch(() => []),
  ]);
  const colimaProfiles = colima.filter((name) => !name.startsWith('_') && !name.startsWith('.'));
  return { choice, platform, env, home, uid: process.getuid?.(), colimaProfiles, config, hostTls };
}

interface Asking {
  platform: NodeJS.Platform;
  own: string[];
  timeoutMs: number;
  signal?: AbortSignal | undefined;
}

async function examine(candidate: Candidate, { platform, own, timeoutMs, signal }: Asking): Promise<FoundEngine> {
  const { host, source, tls } = candidate;
  const connection = { host, ...(tls && { tls }) };
  const refused = (problem: Problem): FoundEngine => ({ candidate: { host, source, problem }, connection });
  if (isRemote(host, own)) return refused({ reason: 'engine-remote', detail: host });
  try {
    const traits = await askEngine(connection, platform, timeoutMs, signal);
    const { product, version, apiVersion, rootless, architecture, os } = traits;
    const info = { product, version, apiVersion, rootless, architecture, os };
    const problem = explainUnfit(traits);
    return problem
      ? { candidate: { host, source, info, problem }, connection }
      : { candidate: { host, source, info }, connection, traits };
  } catch (error) {
    const socketExists = host.startsWith('unix://') ? await exists(host.slice('unix://'.length)) : undefined;
    const installed = (await Promise.all(candidate.installed.map(exists))).includes(true);
    return refused(explainSilence(error, { configured: candidate.configured, socketExists, installed }));
  }
}

/** @types/dockerode does not know that these take options. */
interface Abortable {
  ping(options: { abortSignal: AbortSignal }): Promise<unknown>;
  version(options: { abortSignal: AbortSignal }): Promise<VersionAnswer>;
  info(options: { abortSignal: AbortSignal }): Promise<InfoAnswer>;
}

/** An engine that is alive but busy may take its time over this: Podman runs several programs for it. */
const describeMs = 15_000;

/** Asks one engine what it is, given it answers a ping within `timeoutMs`. Rejects with LabdockError. */
export async function askEngine(
  connection: EngineConnection,
  platform: NodeJS.Platform = process.platform,
  timeoutMs = 3_000,
  signal?: AbortSignal,
): Promise<EngineTraits> {
  const client = createClient(connection) as unknown as Abortable;
  // All at once: a launch waits for this.
  const described = ask((abortSignal) => Promise.all([client.version({ abortSignal }), client.info({ abortSignal })]), {
    timeoutMs: describeMs,
    signal,
  });
  described.catch(() => undefined);
  await ask((abortSignal) => client.ping({ abortSignal }), { timeoutMs, signal });
  const [version, info] = await described;
  return engineTraits(version, info, platform);
}

async function exists(path: string): Promise<boolean> {
  // A socket one may not connect to is there all the same.
  return stat(path).then(
    () => true,
    () => access(path).then(() => true, () => false), // prettier-ignore
  );
}
