/**
 * A conversation with the agent on the far side: requests and answers in order, everything else to whoever asked. Its
 * program goes over standard input, because the arguments of a Kubernetes exec stand in a URL.
 */
import { LabdockError, type Reason } from '../../common/problem';
import type { AgentStream } from '../../runtime/runtime';
import { FrameWriter, json, jsonFrame, readFrames, type Frame } from './frames';

export type OpenAgent = (command: string[], signal: AbortSignal) => Promise<AgentStream>;

const tooOld = 96;
const noPython = 97;
const boot = [
  'import sys',
  `sys.version_info<(3,7) and sys.exit(${tooOld})`,
  'b=sys.stdin.buffer',
  'exec(compile(b.read(int(b.read(8),16)),"agent","exec"))',
].join(';');

/**
 * Finds a Python 3.7 or later: the preferred one, the shell's, conda's usual places, or whichever Jupyter runs on. One
 * that is missing (126, 127) or too old reads nothing of what is sent, so the next one can.
 * `labdock-agent` names the process for the next session, should this one outlive its connection.
 */
const finder = [
  `run() { "$1" -I -S -c '${boot}' labdock-agent; c=$?; case $c in ${tooOld}|126|127) ;; *) exit $c ;; esac; }`,
  'for p in "$@" python3 /opt/conda/bin/python python; do run "$p"; done',
  'j=$(command -v jupyter-lab || command -v jupyter || command -v jupyter-server)',
  'l=; [ -n "$j" ] && read -r l <"$j"',
  '[ -n "$l" ] && run "${l#\\#!}"',
  'echo "no Python 3.7 or later in the image" >&2',
  `exit ${noPython}`,
].join('\n');

export const agentCommand = (pythonPath?: string): string[] => [
  '/bin/sh',
  '-c',
  finder,
  'labdock-agent',
  ...(pythonPath ? [pythonPath] : []),
];

interface Pending {
  resolve: (answer: Record<string, unknown>) => void;
  reject: (error: unknown) => void;
}

export class AgentSession {
  readonly writer: FrameWriter;
  /** Bytes that came; {@link FrameWriter.bytes} went. */
  bytesReceived = 0;
  /** Once a journal may be in force over there, a lost connection means another thing than before. */
  committing = false;
  /** Gets listings, files, acknowledgements and signatures; the stream waits for it. */
  onFrame: (frame: Frame) => void | Promise<void> = () => undefined;
  readonly #pending: Pending[] = [];
  #failure: Error | undefined;
  #ended = false;
  readonly #finished: Promise<void>;

  private constructor(
    private readonly stream: AgentStream,
    private readonly signal: AbortSignal,
  ) {
    this.writer = new FrameWriter(stream.stdin);
    stream.done.catch(() => undefined);
    signal.addEventListener('abort', this.#aborted);
    this.#finished = this.#pump();
  }

  /**
   * Resolves when the program is on its way: the first request may follow before it runs. Rejects with what `openAgent`
   * rejects with; requests with `move-interrupted` and `container-refused` (no Python).
   */
  static async start(
    openAgent: OpenAgent,
    source: string,
    signal: AbortSignal,
    pythonPath?: string,
  ): Promise<AgentSession> {
    signal.throwIfAborted();
    const stream = await openAgent(agentCommand(pythonPath), signal);
    const session = new AgentSession(stream, signal);
    // The agent's first word.
    void session.#answer();
    const program = Buffer.from(source, 'utf8');
    await session.write(Buffer.concat([Buffer.from(program.length.toString(16).padStart(8, '0')), program]));
    return session;
  }

  /** Sends a request; answers come in the order of requests. */
  async request(ask: Record<string, unknown>): Promise<Record<string, unknown>> {
    const answer = this.#answer();
    await this.write(jsonFrame('J', ask));
    return answer;
  }

  /** Resolves when the next frame may follow. Rejects with the session's own reason, not with the stream's. */
  async write(frame: Buffer): Promise<void> {
    try {
      if (this.#failure) throw this.#failure;
      await this.writer.write(frame);
    } catch (error) {
      // The agent's last word may still be on its way, and says more than a broken pipe.
      await this.#finished;
      throw this.#failure ?? error;
    }
  }

  /** Ends it in good order; never rejects. */
  async close(): Promise<void> {
    if (!this.#failure) {
      const bye = this.request({ op: 'bye' }).catch(() => undefined);
      await Promise.race([bye, new Promise((resolve) => setTimeout(resolve, 2000).unref())]);
    }
    this.#ended = true;
    this.signal.removeEventListener('abort', this.#aborted);
    this.stream.close();
    await Promise.race([this.#finished, new Promise((resolve) => setTimeout(resolve, 2000).unref())]);
  }

  /** Gives the conversation up for a reason of this side's (a full disk). */
  fail(error: unknown): void {
    this.#failure ??= error instanceof Error ? error : new Error(String(error));
    for (const { reject } of this.#pending.splice(0)) reject(this.#failure);
    if (!this.#ended) {
      this.#ended = true;
      this.stream.close();
    }
  }

  #aborted = () => {
    // Between commit and end there is nothing to take back; it is over in a moment.
    if (!this.committing) this.fail(new LabdockError('cancelled', undefined, { cause: this.signal.reason }));
  };

  #answer(): Promise<Record<string, unknown>> {
    const answer = new Promise<Record<string, unknown>>((resolve, reject) => {
      if (this.#failure) reject(this.#failure);
      else this.#pending.push({ resolve, reject });
    });
    answer.catch(() => undefined);
    return answer;
  }

  async #pump(): Promise<void> {
    try {
      for await (const frame of readFrames(this.stream.stdout, (count) => (this.bytesReceived += count))) {
        if (frame.type === 'R') this.#pending.shift()?.resolve(json(frame) as Record<string, unknown>);
        else if (frame.type === 'X') return this.fail(troubleOf(json(frame), this.committing));
        else await this.onFrame(frame);
      }
      this.fail(await this.#lost());
    } catch (error) {
      // However the stream words it: what was on its way did not arrive.
      if (!this.#failure) this.fail(await this.#lost(error));
    }
  }

  async #lost(cause?: unknown): Promise<LabdockError> {
    const ended = await Promise.race([
      this.stream.done.catch((error: unknown) => ({ code: -1, stderr: String(error) })),
      new Promise<{ code: number; stderr: string }>((resolve) =>
        setTimeout(() => resolve({ code: -1, stderr: 'the connection was lost' }), 3000).unref(),
      ),
    ]);
    const said = cause instanceof Error ? cause.message : '';
    const detail = [said, `code ${ended.code}`, ended.stderr].filter(Boolean).join('\n');
    if (ended.code === noPython) return new LabdockError('container-refused', { message: ended.stderr.trim() });
    return new LabdockError(this.committing ? 'move-unfinished' : 'move-interrupted', undefined, { detail, cause });
  }
}

const reasons: Record<string, Reason> = {
  full: 'move-far-full',
  verify: 'move-verify-failed',
  changed: 'move-source-changed',
  busy: 'move-elsewhere',
};

function troubleOf(value: unknown, committing: boolean): LabdockError {
  const { code, path, detail } = value as { code: string; path: string; detail: string };
  const options = { detail: [path, detail].filter(Boolean).join(': ') };
  // Whatever it was: it is for the next contact to go on from here. Before the journal is in force a copy was found amiss.
  if (committing && code !== 'verify') return new LabdockError('move-unfinished', undefined, options);
  const reason = reasons[code];
  if (reason === 'move-far-full') return new LabdockError(reason, { where: 'cluster' }, options);
  if (reason === 'move-elsewhere') return new LabdockError(reason, undefined, options);
  if (reason) return new LabdockError(reason, { path }, options);
  return new LabdockError('cluster-error', { message: options.detail }, options);
}
