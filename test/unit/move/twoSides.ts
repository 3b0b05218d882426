/** Two folders of this machine as the two sides of a move: the far one behind the real agent in a process of its own. */
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Transform } from 'node:stream';
import {
  moveFiles,
  compareSides,
  type Direction,
  type MoveRequest,
  type HomeStore,
} from '../../../main/workspace/move/moveFiles';
import type { AgentStream } from '../../../main/runtime/runtime';

export const agentSource = readFileSync(join(import.meta.dirname, '../../../resources/move/agent.py'), 'utf8');

export interface Faults {
  /** Called with the number of each frame that goes to the agent; true cuts the stream there (SIGKILL). */
  cutSending?: (frame: number, type: string) => boolean;
  /** Called with the number of each frame that comes from the agent. */
  cutReceiving?: (frame: number, type: string) => boolean;
  /** Python that runs before the agent. */
  preamble?: string;
}

export class TwoSides {
  readonly top = mkdtempSync(join(tmpdir(), 'labdock-move-'));
  readonly local = join(this.top, 'local');
  readonly far = join(this.top, 'far');
  readonly farHome = join(this.top, 'far-home');
  readonly workspace = 'w-1';
  agents: ChildProcess[] = [];
  framesSent = 0;
  framesReceived = 0;

  constructor() {
    for (const folder of [this.local, this.far, this.farHome]) mkdirSync(folder);
  }

  dispose(): void {
    for (const agent of this.agents) agent.kill('SIGKILL');
    rmSync(this.top, { recursive: true, force: true });
  }

  /** A folder to keep both sides in, for {@link restore}. */
  snapshot(): string {
    mkdirSync(join(this.top, 'snapshot'));
    return join(this.top, 'snapshot');
  }

  restore(): void {
    for (const side of [this.local, this.far]) rmSync(side, { recursive: true });
    execFileSync('cp', ['-a', join(this.top, 'snapshot/local'), join(this.top, 'snapshot/far'), this.top]);
  }

  request(direction: Direction, faults: Faults = {}, more: Partial<MoveRequest> = {}): MoveRequest {
    return {
      workspaceId: this.workspace,
      folder: this.local,
      direction,
      agentSource: (faults.preamble ?? '') + agentSource,
      farRoot: this.far,
      farHome: this.farHome,
      now: new Date(2026, 10, 25, 10, 15),
      openAgent: async (command, signal) => this.#open(command, signal, faults),
      ...more,
    };
  }

  move(direction: Direction, faults: Faults = {}, more: Partial<MoveRequest & { home: HomeStore }> = {}) {
    return moveFiles(this.request(direction, faults, more), { signal: AbortSignal.timeout(60_000) });
  }

  compare(direction: Direction, more: Partial<MoveRequest> = {}) {
    return compareSides(this.request(direction, {}, more), AbortSignal.timeout(60_000));
  }

  #open(command: string[], signal: AbortSignal, faults: Faults): AgentStream {
    signal.throwIfAborted();
    const child = spawn(command[0]!, command.slice(1), { stdio: ['pipe', 'pipe', 'pipe'] });
    this.agents.push(child);
    child.stdin.on('error', () => undefined);
    let stderr = '';
    child.stderr.on('data', (chunk: Buffer) => (stderr = (stderr + String(chunk)).slice(-16_384)));
    const done = new Promise<{ code: number; stderr: string }>((resolve) =>
      child.on('close', (code) => resolve({ code: code ?? -9, stderr })),
    );
    const kill = () => void child.kill('SIGKILL');
    this.framesSent = this.framesReceived = 0;
    // What goes out begins with the program: 8 digits and so many bytes.
    const stdin = framed(8 + Buffer.byteLength((faults.preamble ?? '') + agentSource), (type) => {
      this.framesSent += 1;
      return !!faults.cutSending?.(this.framesSent, type) && (kill(), true);
    });
    const stdout = framed(0, (type) => {
      this.framesReceived += 1;
      return !!faults.cutReceiving?.(this.framesReceived, type) && (kill(), true);
    });
    stdin.pipe(child.stdin);
    child.stdout.pipe(stdout);
    child.on('close', () => stdin.destroy());
    return { stdin, stdout, done, close: () => child.stdin.end() };
  }
}

/** Passes bytes on, and stops at the frame for which `onFrame` says so. */
function framed(skip: number, onFrame: (type: string) => boolean): Transform {
  let toSkip = skip;
  let inPayload = 0;
  let head = Buffer.alloc(0);
  let cut = false;
  return new Transform({
    transform(chunk: Buffer, _encoding, callback) {
      if (cut) return callback();
      let at = Math.min(toSkip, chunk.length);
      toSkip -= at;
      while (at < chunk.length) {
        if (inPayload > 0) {
          const taken = Math.min(inPayload, chunk.length - at);
          inPayload -= taken;
          at += taken;
          continue;
        }
        const part = chunk.subarray(at, at + 5 - head.length);
        head = Buffer.concat([head, part]);
        at += part.length;
        if (head.length < 5) break;
        if (onFrame(String.fromCharCode(head[4]!))) {
          cut = true;
          this.push(chunk.subarray(0, at));
          return callback();
        }
        inPayload = head.readUInt32BE(0);
        head = Buffer.alloc(0);
      }
      callback(null, chunk);
    },
  });
}

export function put(root: string, files: Record<string, string | Buffer>): void {
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), content);
  }
}

/** Everything below a folder but `.labdock`, by content. */
export function contents(root: string, below = ''): Record<string, string> {
  const found: Record<string, string> = {};
  for (const name of readdirSync(join(root, below)).sort()) {
    const path = below ? `${below}/${name}` : name;
    if (path === '.labdock') continue;
    const stats = lstatSync(join(root, path));
    if (stats.isDirectory()) {
      found[`${path}/`] = 'folder';
      Object.assign(found, contents(root, path));
    } else if (stats.isSymbolicLink()) found[path] = `-> ${readlinkSync(join(root, path))}`;
    else if (stats.isFile()) found[path] = sha256(readFileSync(join(root, path)));
    else found[path] = 'special';
  }
  return found;
}

/** Hashes of all files in a side's trash. */
export function trashed(root: string): Record<string, string> {
  const trash = join(root, '.labdock', 'trash');
  try {
    return Object.fromEntries(readdirSync(trash).flatMap((time) => Object.entries(contents(join(trash, time)))));
  } catch {
    return {};
  }
}

export const sha256 = (content: string | Buffer) => createHash('sha256').update(content).digest('hex');
