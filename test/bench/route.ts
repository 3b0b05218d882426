/**
 * The route against `kubectl port-forward`, on the same pod: one large download, and many small requests as a browser makes
 * them (six connections to a host, kept). Route and client are processes of their own, as kubectl is, the route's on Electron.
 */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { testNamespace } from '../harness/cluster';
import { kubectlForward, startRoutePod } from '../harness/routePod';
import { alternate, ratioFigure, shareFigure, type Figure } from './figures';
import type { World } from './world';

const mebibyte = 1024 ** 2;

/** Prints milliseconds. argv: port, path, count, expected bytes of each answer (0: any). */
const client = `
const { Agent, get } = require('node:http');
const [port, path, count, bytes] = process.argv.slice(1);
const agent = new Agent({ keepAlive: true, maxSockets: 6 });
const one = () => new Promise((resolve, reject) => {
  get({ host: '127.0.0.1', port, path, agent }, (answer) => {
    let got = 0;
    answer.on('data', (part) => (got += part.length));
    answer.on('error', reject);
    answer.on('end', () => {
      const whole = answer.statusCode === 200 && answer.complete && (+bytes === 0 || got === +bytes);
      whole ? resolve() : reject(new Error('HTTP ' + answer.statusCode + ', ' + got + ' bytes'));
    });
  }).on('error', reject);
});
const began = performance.now();
Promise.all(Array.from({ length: +count }, one)).then(() => {
  console.log(performance.now() - began);
  process.exit();
}, (error) => { console.error(error); process.exit(1); });
`;

async function timed(port: number, path: string, count: number, bytes: number): Promise<number> {
  const args = ['-e', client, String(port), path, String(count), String(bytes)];
  const { stdout } = await promisify(execFile)(process.execPath, args, { timeout: 600_000 });
  return Number(stdout);
}

/** routeHolder.mjs under the bare window's Electron. */
async function holdRoute(electron: string, namespace: string) {
  const holder = spawn(electron, [join(import.meta.dirname, 'routeHolder.mjs'), namespace], {
    env: { ...process.env, ELECTRON_RUN_AS_NODE: '1' },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const ended = once(holder, 'exit');
  const first = await Promise.race([once(holder.stdout, 'data'), ended]);
  const port = Number(first[0]);
  if (holder.exitCode !== null || !port) throw new Error(`the route's process ended with ${holder.exitCode}`);
  return {
    port,
    /** Bytes of memory. */
    rss: () => 1024 * Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${holder.pid}/status`, 'utf8'))![1]),
    close: async () => {
      holder.stdin.end();
      await ended;
    },
  };
}

export async function route({ pairs, bare }: Pick<World, 'pairs' | 'bare'>): Promise<Figure[]> {
  const namespace = await testNamespace();
  try {
    await startRoutePod(namespace, 'pod');
    const ours = await holdRoute(bare, namespace.name);
    const theirs = await kubectlForward(namespace, 'pod');
    try {
      const compare = async (name: string, path: string, count: number, bytes: number) => {
        const seen = await alternate(
          pairs,
          async () => [await timed(ours.port, path, count, bytes)],
          () => timed(theirs.port, path, count, bytes),
        );
        return ratioFigure(`${name} / kubectl port-forward`, 1, seen.ours[0]!, seen.bare, 'ms');
      };
      return [
        await compare('route: 256 MB download', `/bytes/${256 * mebibyte}`, 1, 256 * mebibyte),
        await compare('route: 1,000 small requests', '/name', 1_000, 3),
        ...(await memory(ours)),
      ];
    } finally {
      await theirs.forward.stop();
      await ours.close();
    }
  } finally {
    await namespace.dispose();
  }
}

/** How much the process that holds the route grows while so much goes through, as a part of 64 MiB. */
async function memory({ port, rss }: { port: number; rss: () => number }): Promise<Figure[]> {
  const figures: Figure[] = [];
  for (const gibibytes of [1, 4]) {
    const bytes = gibibytes * 1024 * mebibyte;
    const before = rss();
    let most = before;
    const loaded = timed(port, `/bytes/${bytes}`, 1, bytes);
    let running = true;
    const watching = (async () => {
      while (running) {
        most = Math.max(most, rss());
        await sleep(50);
      }
    })();
    await loaded.finally(() => (running = false));
    await watching;
    const grown = Math.max(most - before, 0) / (64 * mebibyte);
    figures.push(shareFigure(`route: memory while ${gibibytes} GB goes through / 64 MB`, 1, [grown], 'of 64 MB'));
  }
  return figures;
}
