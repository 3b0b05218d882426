/**
 * What a build says, as steps and lines. Two readers of one kind: the classic builder's (and Podman's) sentences, and
 * BuildKit's graph. Both remember what a failure has to tell: the step, its instruction and its last lines.
 */
import type { ImageProgress } from '../runtime';
import { decodeStatus, traceId, type Vertex } from './buildkit';
import type { EngineMessage } from './ndjson';
import { OutputLines, Tail } from './outputLines';

export interface BuildStep {
  current: number;
  total: number;
  /** The Dockerfile's instruction, e.g. `RUN pip install numpy`. */
  label: string;
  /** Name of the build stage, where BuildKit says it. */
  stage?: string;
}

export interface BuildReader {
  push(message: EngineMessage): ImageProgress[];
  /** The step that failed with these words, or the one that ran when the build ended. */
  stepOf(words: string): BuildStep | undefined;
  /** Last lines of that step's output. */
  readonly tail: readonly string[];
}

/** Enough to see a traceback and what led to it. */
const tailLines = 30;

/** Docker: `Step 2/5 : RUN …`; Podman: `STEP 2/5: RUN …`, with several stages `[1/3] STEP 2/5: RUN …`. */
const stepPattern = /^(?:\[(\d+)\/(\d+)\] )?S(?:tep|TEP) (\d+)\/(\d+) ?: (.*)$/;

/** The builder's own lines about ids and cache: in the log, but no part of what a step said before it failed. */
const bookkeeping = /^ ?-+> |^Removing intermediate container /;

/** Podman: `building at STEP "RUN …": while running runtime: exit status 1`. */
const failedStepPattern = /building at STEP "([\s\S]*)": /;

interface Stage {
  name: string | undefined;
  current: number;
  total: number;
}

export class ClassicReader implements BuildReader {
  readonly #lines = new OutputLines();
  #tail = new Tail(tailLines);
  /** Docker counts all steps through and has one entry here; Podman counts each stage from 1, and goes back and forth. */
  readonly #stages = new Map<string, Stage>();
  #stageCount = 1;
  readonly #steps = new Map<string, BuildStep>();
  #step: BuildStep | undefined;

  push(message: EngineMessage): ImageProgress[] {
    if (message.stray !== undefined) return this.#line(message.stray);
    if (message.status !== undefined) return statusLine(message).map((line) => ({ line }));
    return this.#lines.push(message.stream ?? '').flatMap((line) => this.#line(line));
  }

  #line(line: string): ImageProgress[] {
    if (line === '') return [];
    const match = stepPattern.exec(line);
    if (!match) {
      if (!bookkeeping.test(line)) this.#tail.push(line);
      return [{ line }];
    }
    const [, stageNumber = '1', stageCount = '1', current = '', total = '', label = ''] = match;
    const stage: Stage = this.#stages.get(stageNumber) ?? { name: undefined, current: 0, total: 0 };
    this.#stages.set(stageNumber, stage);
    this.#stageCount = Number(stageCount);
    stage.current = Number(current);
    stage.total = Number(total);
    stage.name = /^FROM (?:--\S+ )*\S+ AS (\S+)/i.exec(label)?.[1] ?? (/^FROM\s/i.test(label) ? undefined : stage.name);
    this.#tail = new Tail(tailLines);
    const step = { ...this.#counted(), label };
    this.#step = { ...step, ...(stage.name !== undefined && { stage: stage.name }) };
    this.#steps.set(label, this.#step);
    return [{ line, step }];
  }

  /** A stage that was not seen yet counts as an average one. */
  #counted(): { current: number; total: number } {
    const seen = [...this.#stages.values()];
    const current = seen.reduce((sum, stage) => sum + stage.current, 0);
    const known = seen.reduce((sum, stage) => sum + stage.total, 0);
    return { current, total: known + Math.round((known / seen.length) * Math.max(0, this.#stageCount - seen.length)) };
  }

  stepOf(words: string) {
    const label = failedStepPattern.exec(words)?.[1];
    return (label !== undefined && this.#steps.get(label)) || this.#step;
  }

  get tail() {
    return this.#tail.lines;
  }
}

/** `[2/3] RUN …`, `[kernel-py38 2/3] COPY …`: what comes from the Dockerfile. The rest is BuildKit's own housekeeping. */
const vertexPattern = /^\[(?:(\S+) +)?(\d+)\/(\d+)\] (.*)$/s;

interface Known {
  vertex: Vertex;
  /** 1-based in order of start; 0 while it waits. */
  ordinal: number;
  stdout: OutputLines;
  stderr: OutputLines;
  tail: Tail;
}

export class BuildkitReader implements BuildReader {
  readonly #known = new Map<string, Known>();
  /** BuildKit's own housekeeping, which it repeats. */
  readonly #said = new Set<string>();
  #started = 0;
  #total = 0;
  #latest: Known | undefined;
  #failed: Known | undefined;

  push(message: EngineMessage): ImageProgress[] {
    if (message.stray !== undefined) return [{ line: message.stray }];
    if (message.id !== traceId) return message.stream ? [{ line: message.stream.trimEnd() }] : [];
    if (typeof message.aux !== 'string') return [];
    let status;
    try {
      status = decodeStatus(message.aux);
    } catch {
      // Progress that cannot be read must not fail a build that succeeds.
      return [];
    }
    for (const vertex of status.vertexes) this.#count(vertex);
    return [
      ...status.vertexes.flatMap((vertex) => this.#vertex(vertex)),
      ...status.logs.flatMap((log) => {
        const known = this.#known.get(log.vertex);
        if (!known) return [];
        return this.#log(known, (log.stream === 2 ? known.stderr : known.stdout).push(log.message));
      }),
    ];
  }

  /** The graph arrives whole before its parts start: the total is right from the first step on. */
  #count(vertex: Vertex) {
    if (this.#known.has(vertex.digest)) return;
    if (vertexPattern.test(vertex.name)) this.#total += 1;
    this.#known.set(vertex.digest, {
      vertex: { ...vertex, started: false, completed: false },
      ordinal: 0,
      stdout: new OutputLines(),
      stderr: new OutputLines(),
      tail: new Tail(tailLines),
    });
  }

  #vertex(vertex: Vertex): ImageProgress[] {
    const known = this.#known.get(vertex.digest);
    if (!known) return [];
    const before = known.vertex;
    known.vertex = vertex;
    const progress = vertex.started ? this.#begun(known, before) : [];
    if (vertex.completed && !before.completed) {
      progress.push(...this.#log(known, [...known.stdout.end(), ...known.stderr.end()]));
    }
    // A failing step cancels its neighbours; theirs is not the cause.
    if (vertex.error && !this.#failed && !/context cancell?ed/i.test(vertex.error)) {
      this.#failed = known;
      progress.push({ line: `${prefix(known)}ERROR ${vertex.error}` });
    }
    return progress;
  }

  #begun(known: Known, before: Vertex): ImageProgress[] {
    const { name, cached } = known.vertex;
    if (!vertexPattern.test(name)) {
      if (this.#said.has(name)) return [];
      this.#said.add(name);
      return [{ line: name }];
    }
    const first = known.ordinal === 0;
    if (!first && (!cached || before.cached)) return [];
    if (first) known.ordinal = ++this.#started;
    const line = `${prefix(known)}${cached ? 'CACHED ' : ''}${name}`;
    if (!first) return [{ line }];
    this.#latest = known;
    const { current, total, label } = this.#describe(known);
    return [{ line, step: { current, total, label } }];
  }

  #log(known: Known, lines: string[]): ImageProgress[] {
    return lines.map((line) => {
      known.tail.push(line);
      // Stages run side by side: the number says whose line it is.
      return { line: `${prefix(known)}${line}` };
    });
  }

  #describe(known: Known): BuildStep {
    const match = vertexPattern.exec(known.vertex.name);
    return {
      current: known.ordinal,
      total: this.#total,
      label: match?.[4] ?? known.vertex.name,
      ...(match?.[1] && { stage: match[1] }),
    };
  }

  stepOf() {
    const known = this.#failed ?? this.#latest;
    return known && this.#describe(known);
  }

  get tail() {
    return (this.#failed ?? this.#latest)?.tail.lines ?? [];
  }
}

function prefix(known: Known): string {
  return known.ordinal > 0 ? `#${known.ordinal} ` : '';
}

/** A pull inside a build (`Downloading` lines without end are left out). */
function statusLine({ status, id, progressDetail }: EngineMessage): string[] {
  if (!status || progressDetail?.current !== undefined) return [];
  return [id ? `${id}: ${status}` : status];
}
