/**
 * The DevTools protocol over Electron's own pipe (file descriptors 3 and 4): no port, no polling, no library, and the very
 * same cost on both sides of a comparison.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';

interface Target {
  targetId: string;
  type: string;
  url: string;
  title: string;
}

/** As much of the protocol's answers and events as is used here. */
interface Answer {
  sessionId?: string;
  result?: { value?: unknown };
  exceptionDetails?: { text: string; exception?: { description?: string } };
}

interface Message {
  id?: number;
  error?: { message: string };
  result?: Answer;
  method?: string;
  params?: { targetInfo?: Target; targetId?: string };
}

export class DebuggedProcess {
  readonly #pending = new Map<number, { resolve: (answer: Answer) => void; reject: (error: Error) => void }>();
  readonly #targets = new Map<string, Target>();
  readonly #listeners = new Set<() => void>();
  #next = 1;
  #tail = '';
  output = '';

  private constructor(
    readonly child: ChildProcess,
    /** Date.now() just before the process was spawned. */
    readonly spawnedAt: number,
  ) {
    const input = child.stdio[4] as Readable;
    input.setEncoding('utf8');
    input.on('data', (chunk: string) => this.#receive(chunk));
    // The pipe breaks when the process ends; 'exit' below says so to whoever waits.
    for (const pipe of [child.stdio[3], input]) pipe?.on('error', () => undefined);
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on('data', (chunk: Buffer) => (this.output = (this.output + String(chunk)).slice(-20_000)));
    }
    child.once('exit', (code) => {
      for (const waiting of this.#pending.values())
        waiting.reject(new Error(`process ended with ${code}\n${this.output}`));
      this.#pending.clear();
    });
  }

  static async start(executable: string, args: string[], env: NodeJS.ProcessEnv): Promise<DebuggedProcess> {
    const spawnedAt = Date.now();
    const child = spawn(executable, ['--remote-debugging-pipe', ...args], {
      env,
      stdio: ['ignore', 'pipe', 'pipe', 'pipe', 'pipe'],
    });
    const started = new DebuggedProcess(child, spawnedAt);
    await started.#send('Target.setDiscoverTargets', { discover: true });
    return started;
  }

  /** Resolves with a page whose URL matches, as soon as there is one. */
  async page(url: RegExp, timeoutMs = 60_000): Promise<Page> {
    const found = () => [...this.#targets.values()].find((t) => t.type === 'page' && url.test(t.url));
    const target = found() ?? (await this.#nextTarget(found, timeoutMs, url));
    const { sessionId } = await this.#send('Target.attachToTarget', { targetId: target.targetId, flatten: true });
    return {
      evaluate: async <T>(expression: string): Promise<T> => {
        for (;;) {
          try {
            const parameters = { expression, awaitPromise: true, returnByValue: true, userGesture: true };
            const answer = await this.#send('Runtime.evaluate', parameters, sessionId);
            if (!answer.exceptionDetails) return answer.result?.value as T;
            throw new Error(answer.exceptionDetails.exception?.description ?? answer.exceptionDetails.text);
          } catch (error) {
            // The page moved on to another document (blank, then the real one): ask that one.
            if (!/context was destroyed|Cannot find .*context|Inspected target navigated/.test(String(error)))
              throw error;
            await new Promise((resolve) => setTimeout(resolve, 2));
          }
        }
      },
    };
  }

  /** Asks the process to end, then makes it. */
  async stop(): Promise<void> {
    const ended = new Promise<void>((resolve) => this.child.once('exit', () => resolve()));
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    this.child.kill('SIGTERM');
    const timer = setTimeout(() => this.child.kill('SIGKILL'), 10_000);
    await ended;
    clearTimeout(timer);
  }

  #nextTarget(found: () => Target | undefined, timeoutMs: number, url: RegExp): Promise<Target> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#listeners.delete(look);
        reject(
          new Error(
            `no page ${url} within ${timeoutMs} ms; pages: ${[...this.#targets.values()].map((t) => t.url).join(', ')}\n${this.output}`,
          ),
        );
      }, timeoutMs);
      const look = () => {
        const target = found();
        if (!target) return;
        clearTimeout(timer);
        this.#listeners.delete(look);
        resolve(target);
      };
      this.#listeners.add(look);
    });
  }

  #send(method: string, params: object, sessionId?: string): Promise<Answer> {
    const id = this.#next++;
    (this.child.stdio[3] as Writable).write(
      JSON.stringify({ id, method, params, ...(sessionId && { sessionId }) }) + '\0',
    );
    return new Promise((resolve, reject) => this.#pending.set(id, { resolve, reject }));
  }

  #receive(chunk: string): void {
    const parts = (this.#tail + chunk).split('\0');
    this.#tail = parts.pop()!;
    for (const part of parts) {
      const message = JSON.parse(part) as Message;
      if (message.id !== undefined) this.#settle(message.id, message);
      else this.#followTargets(message);
    }
  }

  #settle(id: number, { error, result }: Message): void {
    const waiting = this.#pending.get(id);
    this.#pending.delete(id);
    if (error) waiting?.reject(new Error(error.message));
    else waiting?.resolve(result ?? {});
  }

  #followTargets({ method, params }: Message): void {
    if (params?.targetInfo && (method === 'Target.targetCreated' || method === 'Target.targetInfoChanged')) {
      this.#targets.set(params.targetInfo.targetId, params.targetInfo);
      for (const look of this.#listeners) look();
    } else if (method === 'Target.targetDestroyed' && params?.targetId) this.#targets.delete(params.targetId);
  }
}

export interface Page {
  evaluate<T>(expression: string): Promise<T>;
}

/**
 * Resolves, inside the page, with Date.now() of the frame in which `selector` is painted and enabled. Two animation frames:
 * the first runs before that frame is drawn, the second after it.
 */
export const painted = (selector: string): string => `new Promise((resolve, reject) => {
  const began = Date.now();
  const look = () => {
    const element = document.querySelector(${JSON.stringify(selector)});
    if (element && !element.disabled && element.getClientRects().length) requestAnimationFrame(() => setTimeout(() => resolve(Date.now())));
    else if (Date.now() - began > 150_000) reject(new Error('never painted: ' + ${JSON.stringify(selector)} + ' in ' + document.body?.innerText.slice(0, 500)));
    else requestAnimationFrame(look);
  };
  look();
})`;
