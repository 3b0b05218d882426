/**
 * The engine's progress streams: one JSON object a line. Read by pulling, so a slow reader slows the engine down.
 *
 * docker-modem 5's `followProgress` takes an `{"error": …}` line for success, throws uncaught on a line that is not JSON,
 * breaks UTF-8 that is split across chunks, and takes a truncated stream for a finished one.
 */
import { StringDecoder } from 'node:string_decoder';
import { LabdockError } from '../../common/problem';
import { engineError } from './errors';

/** What the three kinds of stream (build, pull, load) carry. Unknown fields are ignored; all are optional. */
export interface EngineMessage {
  stream?: string;
  status?: string;
  id?: string;
  progressDetail?: { current?: number; total?: number };
  aux?: unknown;
  /** A line that was no JSON object: a proxy's or an engine's stray words. For the log. */
  stray?: string;
}

/** The engine ended its work with an error line. `message` holds its words, `code` a command's exit code if it gave one. */
export class EngineStreamError extends Error {
  readonly code: number | undefined;
  constructor(words: string, code?: number) {
    super(words);
    this.name = 'EngineStreamError';
    this.code = code;
  }
}

/** Longest line in characters. BuildKit's largest (all log of a noisy step at once) stay far below. */
const maxLine = 16 * 1024 * 1024;

/**
 * Yields each message. Throws EngineStreamError for an error line; LabdockError `engine-gone` when the connection breaks or
 * the last line is cut off, `engine-error` for a line without end. The source is destroyed when the reader stops early.
 */
export async function* engineMessages(source: AsyncIterable<Buffer | string>): AsyncGenerator<EngineMessage> {
  const decoder = new StringDecoder('utf8');
  let rest = '';
  try {
    for await (const chunk of source) {
      rest += typeof chunk === 'string' ? chunk : decoder.write(chunk);
      let start = 0;
      for (let end = rest.indexOf('\n'); end >= 0; end = rest.indexOf('\n', start)) {
        const message = parseLine(rest.slice(start, end));
        if (message) yield message;
        start = end + 1;
      }
      rest = rest.slice(start);
      if (rest.length > maxLine) throw new LabdockError('engine-error', undefined, { detail: 'a line without end' });
    }
  } catch (error) {
    throw error instanceof EngineStreamError ? error : engineError(error);
  }
  rest += decoder.end();
  if (rest.trim() === '') return;
  // Some engines leave out the last newline; half an object is a broken connection.
  const last = parseLine(rest);
  if (last?.stray !== undefined && last.stray.startsWith('{')) {
    throw new LabdockError('engine-gone', undefined, { detail: 'the stream broke off inside a message' });
  }
  if (last) yield last;
}

function parseLine(line: string): EngineMessage | null {
  if (line.trim() === '') return null;
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return { stray: line.trim() };
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return { stray: line.trim() };
  const { error, errorDetail, ...rest } = value as Record<string, unknown>;
  const detail = (errorDetail ?? {}) as { message?: unknown; code?: unknown };
  // `{"message": …}` alone is the body of an HTTP error, which Podman can also send after the headers went out.
  const words = error ?? detail.message ?? (Object.keys(rest).length === 1 ? rest['message'] : undefined);
  if (words !== undefined && words !== null && words !== '') {
    throw new EngineStreamError(
      typeof words === 'string' ? words : JSON.stringify(words),
      typeof detail.code === 'number' ? detail.code : undefined,
    );
  }
  return {
    ...(typeof rest['stream'] === 'string' && { stream: rest['stream'] }),
    ...(typeof rest['status'] === 'string' && { status: rest['status'] }),
    ...(typeof rest['id'] === 'string' && { id: rest['id'] }),
    ...(isObject(rest['progressDetail']) && { progressDetail: numbersOf(rest['progressDetail']) }),
    ...(rest['aux'] !== undefined && { aux: rest['aux'] }),
  };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function numbersOf(value: Record<string, unknown>): { current?: number; total?: number } {
  const { current, total } = value;
  return {
    ...(typeof current === 'number' && { current }),
    ...(typeof total === 'number' && { total }),
  };
}
