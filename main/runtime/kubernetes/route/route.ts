/**
 * Labdock's own port-forward: a listener on loopback that stays, and behind it one websocket per connection to whichever
 * pod is ready. When the way is lost (pod replaced, API server gone, computer asleep), one prober looks for it with growing
 * pauses; connections that come meanwhile are held for a moment and then reset, as a server that restarts would.
 */
import type { Server, Socket } from 'node:net';
import { LabdockError } from '../../../common/problem';
import type { RouteState } from '../../runtime';
import { isNotFound } from '../errors';
import type { StreamConnection } from '../stream/connect';
import { Pulse } from '../stream/pulse';
import { Limit } from './limit';
import { listen } from './listener';
import { PodFinder, type FindPod } from './podFinder';
import { PortSocket } from './portSocket';
import { routeProblem } from './routeProblem';
import { Spares } from './spares';
import { join } from './tunnel';

/** A browser opens 6 per host for requests and one for each kernel and terminal. */
const mostConnections = 256;
const mostOpening = 8;
const connectMs = 8_000;
/** A connection that cannot be carried on is reset after that. Milliseconds. */
const holdMs = 4_000;
/** A refused port is told right after the websocket has opened; one that says nothing by then is taken as good. */
const proveMs = 150;
const pauses = { firstMs: 250, mostMs: 4_000, restlessMs: 1_000, awaitedMs: 500 };

export interface RouteOptions {
  connection: StreamConnection;
  namespace: string;
  /** Name of the ready pod; null: there is none now. */
  findPod: FindPod;
  targetPort: number;
  port: number;
  onChange: (state: RouteState) => void;
}

export class Route {
  readonly #options: RouteOptions;
  readonly #ending = new AbortController();
  readonly #pods: PodFinder;
  readonly #pulse = new Pulse({ everyMs: 4_000, deadMs: 10_000, stalledMs: 60_000 });
  readonly #spares = new Spares({
    gone: (spare, { error, aged }) => {
      this.#proven = false;
      this.#restless ||= !aged;
      if (error !== undefined) this.#pods.forget(spare.pod);
      this.#look();
    },
    quiet: () => this.#look(),
  });
  readonly #connections = new Limit(mostConnections, mostConnections);
  readonly #opening = new Limit(mostOpening);
  readonly #locals = new Set<Socket>();
  #server: Server | undefined;
  #state: RouteState;
  /** Those who wait for the way to be found again. */
  #waiting: (() => void)[] = [];
  /** Nothing has ended since a connection was seen to hold. */
  #proven = false;
  /** A connection ended soon after it began, so the next one may as well. */
  #restless = false;
  #probing = false;
  #probeNow: (() => void) | undefined;

  constructor(options: RouteOptions) {
    this.#options = options;
    this.#state = { open: false, port: options.port };
    this.#pods = new PodFinder(options.findPod, this.#ending.signal);
  }

  /** `open`: the pod was reached, and nothing has said otherwise since. */
  get state(): RouteState {
    return this.#state;
  }

  /** Binds; the way to the pod is looked for from then on. @throws LabdockError `port-busy` {port}, `port-forbidden` {port} */
  async open(): Promise<void> {
    if (this.#server) return;
    this.#server = await listen(this.#options.port, (socket) => this.#accept(socket));
    if (this.#ending.signal.aborted) this.#server.close();
    this.#look();
  }

  /** Ends the listener and every connection. A closed route is not opened again. */
  async close(): Promise<void> {
    this.#ending.abort();
    this.#spares.clear();
    this.#release();
    this.#probeNow?.();
    const server = this.#server;
    const closed = server && new Promise<void>((resolve) => server.close(() => resolve()));
    for (const local of this.#locals) local.resetAndDestroy();
    this.#state = { open: false, port: this.#options.port };
    await closed;
  }

  /**
   * Something may have changed (a pod became ready or is about to go, the computer woke up): looks now instead of after the
   * pause, and takes nobody to a pod that is no longer the ready one.
   */
  check(): void {
    this.#pods.forget();
    this.#pods.pod().then(
      (pod) => {
        if (pod !== null) this.#spares.keep(pod);
        this.#look();
      },
      () => this.#look(),
    );
  }

  #look(): void {
    if (this.#ending.signal.aborted) return;
    this.#probeNow?.();
    if (!this.#probing) void this.#probe();
  }

  #accept(local: Socket): void {
    this.#locals.add(local);
    local.once('close', () => this.#locals.delete(local));
    const carried = this.#connections.run(() => this.#carry(local));
    carried.then((done) => done === undefined && local.resetAndDestroy()).catch(() => local.resetAndDestroy());
  }

  async #carry(local: Socket): Promise<true> {
    const far = await this.#reach(Date.now() + holdMs);
    const { carried, error } = await join(local, far);
    // A connection that never was one may be the first to notice that the pod is another.
    if (error !== undefined && !carried) this.#pods.forget(far.pod);
    if (error !== undefined) this.#look();
    return true;
  }

  /** A connection to the pod, by `deadline`. */
  async #reach(deadline: number): Promise<PortSocket> {
    for (;;) {
      if (this.#ending.signal.aborted) throw new LabdockError('cancelled');
      const spare = this.#spares.take();
      this.#look();
      if (spare) return spare;
      const left = deadline - Date.now();
      if (left <= 0) throw new LabdockError('route-lost', { port: this.#options.port });
      if (this.#state.problem) await this.#found(left);
      else {
        try {
          return await this.#connect();
        } catch (error) {
          this.#lost(error);
        }
      }
    }
  }

  /** Opens a connection to the pod; to another one where the known one is gone. */
  async #connect(): Promise<PortSocket> {
    const { connection, namespace, targetPort } = this.#options;
    const attempt = async (): Promise<PortSocket> => {
      const pod = await this.#pods.pod();
      if (pod === null) throw new LabdockError('route-lost', undefined, { detail: 'no pod is ready' });
      try {
        return await PortSocket.open(
          connection,
          { namespace, pod, port: targetPort },
          { signal: this.#ending.signal, timeoutMs: connectMs, pulse: this.#pulse },
        );
      } catch (error) {
        if (isNotFound(error)) this.#pods.gone(pod);
        else this.#pods.forget(pod);
        throw error;
      }
    };
    const opened = await this.#opening.run(async () => {
      try {
        return await attempt();
      } catch (error) {
        if (!isNotFound(error)) throw error;
        return attempt();
      }
    });
    return opened!;
  }

  /** Fills the spares; the only one who tries while the way is lost. */
  async #probe(): Promise<void> {
    this.#probing = true;
    let pauseMs = 0;
    while (!this.#ending.signal.aborted && (this.#spares.missing > 0 || !this.#state.open)) {
      if (this.#restless) pauseMs = Math.max(pauseMs, pauses.restlessMs);
      this.#restless = false;
      // Somebody who is held should not be reset for a pause of ours.
      if (pauseMs > 0) await this.#pause(this.#waiting.length > 0 ? Math.min(pauseMs, pauses.awaitedMs) : pauseMs);
      if (this.#ending.signal.aborted) break;
      try {
        const many = this.#state.open && this.#proven ? this.#spares.missing : 1;
        await Promise.all(Array.from({ length: many }, () => this.#addSpare()));
        pauseMs = 0;
      } catch (error) {
        this.#lost(error);
        pauseMs = Math.min(Math.max(pauseMs * 2, pauses.firstMs), pauses.mostMs);
      }
    }
    this.#probing = false;
  }

  async #addSpare(): Promise<void> {
    const spare = await this.#connect();
    if (!this.#proven) {
      const end = await ended(spare, proveMs);
      if (end) {
        this.#pods.forget(spare.pod);
        throw new LabdockError('route-lost', undefined, { detail: end.error ?? 'the pod closed the connection' });
      }
    }
    if (this.#ending.signal.aborted) return spare.terminate();
    this.#proven = true;
    this.#set({ open: true, port: this.#options.port });
    this.#spares.add(spare);
    this.#release();
  }

  #lost(error: unknown): void {
    if (this.#ending.signal.aborted) return;
    this.#proven = false;
    this.#set({ open: false, port: this.#options.port, problem: routeProblem(error, this.#options.port) });
  }

  #set(state: RouteState): void {
    const before = this.#state;
    this.#state = state;
    if (before.open !== state.open || before.problem?.reason !== state.problem?.reason) this.#options.onChange(state);
  }

  #found(withinMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, withinMs);
      this.#waiting.push(() => {
        clearTimeout(timer);
        resolve();
      });
    });
  }

  #release(): void {
    for (const call of this.#waiting.splice(0)) call();
  }

  #pause(ms: number): Promise<void> {
    const least = new Promise((resolve) => setTimeout(resolve, Math.min(ms, pauses.firstMs)));
    return new Promise((resolve) => {
      const end = () => {
        clearTimeout(timer);
        this.#probeNow = undefined;
        // Many who ask at once do not make it many attempts.
        void least.then(() => resolve());
      };
      const timer = setTimeout(end, ms);
      this.#probeNow = end;
    });
  }
}

/** @returns undefined: it lives on after that time */
function ended(spare: PortSocket, ms: number): Promise<{ error: string | undefined } | undefined> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(undefined), ms);
    spare.watch((error) => {
      clearTimeout(timer);
      resolve({ error });
    });
  });
}
