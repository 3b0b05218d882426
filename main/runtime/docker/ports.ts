/** Ports on this computer's loopback: free or not, the next free one, and who holds a busy one. */
import { connect, createServer } from 'node:net';
import { loopback } from './containerSpec';
import { processOnPort } from './portHolder';

export type PortState = 'free' | 'busy' | 'forbidden';

/**
 * Binds and lets go. Where binding works although something answers (macOS lets a narrower address bind beside a listener on
 * all), the port is busy all the same: a container there would be masked, or would mask.
 */
export async function probePort(port: number): Promise<PortState> {
  const bound = await bindOnce(port);
  if (bound !== 'free') return bound;
  return (await answers(port)) ? 'busy' : 'free';
}

function bindOnce(port: number): Promise<PortState> {
  return new Promise((resolve) => {
    const server = createServer();
    server.unref();
    server.once('error', (error: NodeJS.ErrnoException) => {
      resolve(error.code === 'EACCES' || error.code === 'EPERM' ? 'forbidden' : 'busy');
    });
    server.listen({ host: loopback, port, exclusive: true }, () => server.close(() => resolve('free')));
  });
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: loopback, port });
    const settle = (value: boolean) => {
      socket.destroy();
      resolve(value);
    };
    socket.setTimeout(500, () => settle(false));
    socket.once('connect', () => settle(true));
    socket.once('error', () => settle(false));
  });
}

/** First free port from `from` on that is not in `taken` (ports promised to others); undefined when 200 in a row are not. */
export async function nextFreePort(from: number, taken: Iterable<number> = []): Promise<number | undefined> {
  const promised = new Set(taken);
  for (const port of candidatePorts(from)) {
    if (!promised.has(port) && (await probePort(port)) === 'free') return port;
  }
  return undefined;
}

/** Pure: 200 unprivileged ports from `from` on, beginning again at 1024 after the last. */
export function candidatePorts(from: number): number[] {
  const first = 1024;
  const count = 65_535 - first + 1;
  const start = Math.min(Math.max(from, first), 65_535);
  return Array.from({ length: 200 }, (_, index) => first + ((start - first + index) % count));
}

/** A container that publishes the port, as `GET /containers/json` tells it. */
interface Publishing {
  Id: string;
  Names: string[];
  Ports?: { PublicPort?: number; Type?: string }[] | null;
}

/** Who holds a busy port, in a word or two for a sentence; undefined where that cannot be known. */
export async function portHolder(port: number, running: Publishing[]): Promise<string | undefined> {
  const publisher = running.find((c) => c.Ports?.some((p) => p.PublicPort === port && p.Type !== 'udp'));
  // The process behind a published port is the engine's proxy, which would explain nothing.
  if (publisher) return publisher.Names[0]?.replace(/^\//, '') ?? publisher.Id.slice(0, 12);
  return processOnPort(port);
}
