/**
 * A small client of Jupyter Server's REST API (jupyter_server 1 and 2, `services/api/api.yaml` there).
 * One connection per request, closed with it: nothing lingers when a server goes away. Plain `node:http`, because the
 * first probes of a start are counted in milliseconds.
 */
import { request } from 'node:http';
import { z } from 'zod';
import { LabdockError, type Reason } from '../common/problem';

/** What went wrong with a call, for those who decide whether to ask again. */
export type CallFailure =
  | 'refused' // nobody listens
  | 'broken' // accepted and closed without an answer: a port proxy whose container does not listen yet
  | 'timeout'
  | 'denied' // 401 or 403: it does not know our token
  | 'status' // any other HTTP status
  | 'foreign' // not an answer a Jupyter server gives
  | 'cancelled';

const reasonOf: Record<CallFailure, Reason> = {
  refused: 'server-not-ready',
  broken: 'server-not-ready',
  timeout: 'server-not-ready',
  denied: 'port-masked',
  foreign: 'port-masked',
  status: 'unexpected',
  cancelled: 'cancelled',
};

export class JupyterCallError extends LabdockError {
  readonly failure: CallFailure;
  readonly status: number | undefined;
  constructor(failure: CallFailure, params: { port: number; seconds: number }, detail: string, status?: number) {
    super(reasonOf[failure], params, { detail });
    this.name = 'JupyterCallError';
    this.failure = failure;
    this.status = status;
  }
}

export const serverStatusSchema = z.object({
  /** ISO 8601, when this server process began. */
  started: z.string(),
  last_activity: z.string(),
  connections: z.number(),
  kernels: z.number(),
});
export type ServerStatus = z.infer<typeof serverStatusSchema>;

export const kernelInfoSchema = z.object({
  id: z.string(),
  name: z.string(),
  /** `unknown`, `starting`, `idle`, `busy`, `dead`, …; absent before the first message. */
  execution_state: z.string().optional(),
  last_activity: z.string().optional(),
  connections: z.number().optional(),
});
export type KernelInfo = z.infer<typeof kernelInfoSchema>;

export const sessionInfoSchema = z.object({
  id: z.string(),
  /** Notebook's path relative to root_dir, or a console's own id. */
  path: z.string(),
  name: z.string(),
  type: z.string(),
  kernel: kernelInfoSchema.nullable(),
});
export type SessionInfo = z.infer<typeof sessionInfoSchema>;

export const contentsSchema = z.object({
  name: z.string(),
  path: z.string(),
  type: z.string(),
  size: z.number().nullable().optional(),
  writable: z.boolean().optional(),
  last_modified: z.string().nullable().optional(),
  /** Set when asked for (jupyter_server 2.11 and later; files and notebooks only). */
  hash: z.string().nullable().optional(),
  hash_algorithm: z.string().nullable().optional(),
});
export type ContentsInfo = z.infer<typeof contentsSchema>;

export interface CallOptions {
  signal?: AbortSignal;
  /** From the call to the answer's end. */
  timeoutMs?: number;
  /** Default: the client's token. null: ask as anybody. */
  token?: string | null;
}

const maxAnswerBytes = 8 * 1024 * 1024;

export class JupyterClient {
  readonly port: number;
  readonly #token: string;

  /** Asks 127.0.0.1 only: a forwarder that found the port taken there may have bound ::1 alone, and that is not ours to show. */
  constructor(endpoint: { port: number; token: string }) {
    this.port = endpoint.port;
    this.#token = endpoint.token;
  }

  /** Needs the token, so a 200 says the server knows it. */
  status(options?: CallOptions): Promise<ServerStatus> {
    return this.#json('GET', '/api/status', serverStatusSchema, options);
  }

  /**
   * Whether this server lets in whoever comes. Ours sends a stranger who asks for a file to its login page; one without
   * authentication answers that there is none, or (jupyter_server 2.21) that it may not be had. Asking `/api/status`
   * without a token would say the same, and leave a warning in our server's log at every start.
   */
  async isOpenToAnybody(options?: CallOptions): Promise<boolean> {
    try {
      await this.#call('GET', '/files/.labdock-is-this-open', { ...options, token: null });
      return true;
    } catch (error) {
      if (!(error instanceof JupyterCallError)) throw error;
      if (error.status === undefined || error.status >= 500) throw error;
      return error.status >= 400;
    }
  }

  kernels(options?: CallOptions): Promise<KernelInfo[]> {
    return this.#json('GET', '/api/kernels', z.array(kernelInfoSchema), options);
  }

  sessions(options?: CallOptions): Promise<SessionInfo[]> {
    return this.#json('GET', '/api/sessions', z.array(sessionInfoSchema), options);
  }

  /** Stops kernels and terminals, then the server. Resolves when it has agreed, not when it is gone. */
  async shutdown(options?: CallOptions): Promise<void> {
    await this.#call('POST', '/api/shutdown', options);
  }

  /** A file or folder of root_dir, without its content; `hash` adds its sha256. */
  contents(path: string, options: CallOptions & { hash?: boolean } = {}): Promise<ContentsInfo> {
    const encoded = path.split('/').map(encodeURIComponent).join('/');
    const query = `content=0${options.hash ? '&hash=1' : ''}`;
    return this.#json('GET', `/api/contents/${encoded}?${query}`, contentsSchema, options);
  }

  async #json<T>(method: string, path: string, schema: z.ZodType<T>, options?: CallOptions): Promise<T> {
    const { body, fail } = await this.#call(method, path, options);
    let data: unknown;
    try {
      data = JSON.parse(body.toString('utf8'));
    } catch {
      throw fail('foreign', 'the answer is no JSON');
    }
    const parsed = schema.safeParse(data);
    if (!parsed.success)
      throw fail('foreign', `the answer is not Jupyter's: ${z.prettifyError(parsed.error).slice(0, 500)}`);
    return parsed.data;
  }

  #call(method: string, path: string, { signal, timeoutMs = 10_000, token = this.#token }: CallOptions = {}) {
    const fail = (failure: CallFailure, detail: string, status?: number) =>
      new JupyterCallError(
        failure,
        { port: this.port, seconds: timeoutMs / 1000 },
        `${method} ${path}: ${detail}`,
        status,
      );
    return new Promise<{ body: Buffer; fail: typeof fail }>((resolve, reject) => {
      if (signal?.aborted) return reject(fail('cancelled', 'cancelled'));
      const call = request({
        host: '127.0.0.1',
        family: 4,
        port: this.port,
        method,
        path,
        agent: false,
        headers: {
          accept: 'application/json',
          connection: 'close',
          ...(token !== null && { authorization: `Token ${token}` }),
          ...(method !== 'GET' && { 'content-length': 0 }),
        },
      });
      const settle = (error: JupyterCallError | null, body?: Buffer) => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', onAbort);
        if (error) reject(error);
        else resolve({ body: body!, fail });
        call.destroy();
      };
      const onAbort = () => settle(fail('cancelled', 'cancelled'));
      const timer = setTimeout(() => settle(fail('timeout', `no answer in ${timeoutMs} ms`)), timeoutMs);
      signal?.addEventListener('abort', onAbort, { once: true });
      call.on('error', (error: NodeJS.ErrnoException) => settle(fail(failureOf(error), error.message)));
      call.on('response', (response) => {
        const status = response.statusCode ?? 0;
        const chunks: Buffer[] = [];
        let size = 0;
        response.on('data', (chunk: Buffer) => {
          size += chunk.length;
          if (size > maxAnswerBytes) settle(fail('foreign', `the answer is larger than ${maxAnswerBytes} bytes`));
          else chunks.push(chunk);
        });
        response.on('error', (error) => settle(fail('broken', error.message)));
        response.on('aborted', () => settle(fail('broken', 'the answer broke off')));
        response.on('end', () => {
          if (status === 401 || status === 403) return settle(fail('denied', `HTTP ${status}`, status));
          if (status < 200 || status > 299) return settle(fail('status', `HTTP ${status}`, status));
          settle(null, Buffer.concat(chunks));
        });
      });
      call.end();
    });
  }
}

function failureOf(error: NodeJS.ErrnoException): CallFailure {
  if (error.code === 'ECONNREFUSED') return 'refused';
  // The parser's own words for bytes that are not HTTP.
  if (error.code?.startsWith('HPE_')) return 'foreign';
  return 'broken';
}
