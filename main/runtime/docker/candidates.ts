/** Where an engine may be, best first. Pure: what was found on the computer goes in, a list comes out. */
import { isIP } from 'node:net';
import type { EngineConnection, TlsMaterial } from './client';
import type { DockerConfig, DockerContext } from './contexts';
import { wellKnownSockets, type Places } from './wellKnown';

export interface Candidate extends EngineConnection {
  /** `setting`, `DOCKER_HOST`, `context:NAME`, `well-known:NAME`. */
  source: string;
  /** Somebody named this address: silence there means stopped. Of a well-known place it means that nothing is installed. */
  configured: boolean;
  /** For well-known places: files that show that the product is installed. */
  installed: string[];
}

export interface CandidateInput extends Places {
  /** `auto`, or the address the person chose. */
  choice: string;
  config: DockerConfig;
  /** Keys of `DOCKER_CERT_PATH` (or ~/.docker), used for DOCKER_HOST over TLS as the docker command does. */
  hostTls?: TlsMaterial | undefined;
}

/** An explicit choice stands alone: silently using another engine would look for workspaces where they are not. */
export function engineCandidates(input: CandidateInput): Candidate[] {
  const { choice, env, config } = input;
  if (choice !== 'auto') {
    const { tls } = config.contexts.find(({ host }) => host === choice) ?? {};
    return [configured('setting', choice, tls)];
  }
  const found: Candidate[] = [];
  const hostVariable = env['DOCKER_HOST']?.trim();
  if (hostVariable) found.push(configured('DOCKER_HOST', withScheme(hostVariable), tlsOfVariable(input, hostVariable)));
  // The docker command's order: DOCKER_CONTEXT beats the current context. The others are engines just as well.
  const first = [env['DOCKER_CONTEXT'], config.currentContext];
  const chosen = first.flatMap((name) => config.contexts.find((context) => context.name === name) ?? []);
  const others = config.contexts.filter(({ name }) => !first.includes(name));
  const ofContext = ({ name, host, tls }: DockerContext) => configured(`context:${name}`, host, tls);
  const wellKnown = wellKnownSockets(input).map(({ name, path, installed }) => ({
    host: `${input.platform === 'win32' ? 'npipe' : 'unix'}://${path}`,
    source: `well-known:${name}`,
    configured: false,
    installed,
  }));
  found.push(...chosen.map(ofContext), ...wellKnown, ...others.map(ofContext));
  return withoutRepeats(found, input.platform);
}

function configured(source: string, host: string, tls?: TlsMaterial): Candidate {
  return { host, source, configured: true, installed: [], ...(tls && { tls }) };
}

/** `DOCKER_HOST=127.0.0.1:2375` means tcp. */
function withScheme(host: string): string {
  return /^\w+:\/\//.test(host) ? host : `tcp://${host}`;
}

function tlsOfVariable({ env, hostTls }: CandidateInput, host: string): TlsMaterial | undefined {
  const wanted = Boolean(env['DOCKER_TLS_VERIFY']) || Boolean(env['DOCKER_TLS']) || /:2376$/.test(host);
  if (!wanted || !/^(?:tcp:\/\/|https?:\/\/|[\w.[\]-]+:\d+$)/.test(host)) return undefined;
  return { ...hostTls, ...(!env['DOCKER_TLS_VERIFY'] && Boolean(env['DOCKER_TLS']) && { skipVerify: true }) };
}

function withoutRepeats(candidates: Candidate[], platform: NodeJS.Platform): Candidate[] {
  const seen = new Set<string>();
  return candidates.filter(({ host }) => {
    const key = sameSocket(host, platform);
    return seen.has(key) ? false : seen.add(key);
  });
}

/** One socket has several spellings: /var/run is a link to /run, pipes come with both slashes. */
function sameSocket(host: string, platform: NodeJS.Platform): string {
  if (platform === 'win32')
    return host
      .replace(/\\/g, '/')
      .replace(/^npipe:\/+/, 'npipe://')
      .toLowerCase();
  return host.replace(/^unix:\/\/\/var\/run\//, 'unix:///run/');
}

/**
 * Does the address lead away from this computer? Sockets and pipes do not; ssh does; tcp unless it names loopback or one of
 * this computer's own addresses. (A socket may be forwarded to another computer: that shows when the folder is mounted.)
 */
export function isRemote(host: string, ownAddresses: readonly string[] = []): boolean {
  const scheme = /^(\w+):/.exec(host)?.[1];
  if (scheme === 'ssh') return true;
  if (scheme !== 'tcp' && scheme !== 'http' && scheme !== 'https') return false;
  let name: string;
  try {
    name = new URL(host.replace(/^\w+:/, 'http:')).hostname.replace(/^\[|\]$/g, '').toLowerCase();
  } catch {
    return false;
  }
  if (name === 'localhost' || name === '::1' || name === '0.0.0.0') return false;
  if (isIP(name) === 4 && name.startsWith('127.')) return false;
  return !ownAddresses.some((address) => address.toLowerCase() === name);
}
