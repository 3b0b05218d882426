/**
 * TLS for websockets to an API server. `applyToHTTPSOptions` makes a new agent at every call, and with it a full handshake
 * for every websocket; here one agent serves as long as the credentials are the same: certificates are parsed once and
 * sessions resumed. Without client-node's agent (it carries the proxy) nothing is taken over.
 */
import { Agent as HttpAgent } from 'node:http';
import { Agent, type RequestOptions } from 'node:https';
import { createSecureContext } from 'node:tls';

interface Kept {
  material: readonly unknown[];
  agent: HttpAgent;
}

/** By KubeConfig (any object): it goes when the connection goes. */
const kept = new WeakMap<object, Kept>();

export function keptAgent(config: object, options: RequestOptions): HttpAgent | undefined {
  const given = options.agent;
  if (!(given instanceof HttpAgent)) return undefined;
  const material = [options.ca, options.cert, options.key, options.pfx, options.servername, options.rejectUnauthorized];
  const before = kept.get(config);
  if (before && sameMaterial(before.material, material)) return before.agent;
  const agent = given.constructor === Agent ? withContext(given as Agent, options) : given;
  kept.set(config, { material, agent });
  return agent;
}

function withContext(given: Agent, options: RequestOptions): Agent {
  const { ca, cert, key, pfx, passphrase } = options;
  const secureContext = createSecureContext({ ca, cert, key, pfx, passphrase });
  return new Agent({ ...given.options, secureContext });
}

function sameMaterial(one: readonly unknown[], other: readonly unknown[]): boolean {
  return one.every((value, i) => value === other[i] || comparable(value) === comparable(other[i]));
}

const comparable = (value: unknown) => (Buffer.isBuffer(value) ? value.toString('latin1') : value);
