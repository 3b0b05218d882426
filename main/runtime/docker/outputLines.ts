/** Output of commands inside a build, as lines for the log: whole, bounded, without terminal escapes. */
import { StringDecoder } from 'node:string_decoder';

/** Longest line that is passed on, in characters; `…` stands for the rest. */
const maxLength = 16_384;

export class OutputLines {
  readonly #decoder = new StringDecoder('utf8');
  #rest = '';
  #cut = false;

  push(chunk: string | Uint8Array): string[] {
    const text = typeof chunk === 'string' ? chunk : this.#decoder.write(Buffer.from(chunk));
    const pieces = text.split('\n');
    const open = pieces.pop() ?? '';
    const lines = pieces.map((piece) => {
      this.#append(piece);
      return this.#take();
    });
    this.#append(open);
    return lines;
  }

  /** What stands there without a newline. */
  end(): string[] {
    this.#append(this.#decoder.end());
    return this.#rest === '' ? [] : [this.#take()];
  }

  #append(piece: string) {
    const room = 2 * maxLength - this.#rest.length;
    if (piece.length > room) this.#cut = true;
    if (room > 0) this.#rest += piece.slice(0, room);
  }

  #take(): string {
    const line = cleanLine(this.#rest);
    const cut = this.#cut || line.length > maxLength;
    this.#rest = '';
    this.#cut = false;
    // A cut between the halves of a surrogate pair would leave half a character.
    return cut ? `${line.slice(0, maxLength).replace(/[\ud800-\udbff]$/, '')}…` : line;
  }
}

/** What a terminal would show of the line: no colours, and of text overwritten after `\r` only the last state. */
export function cleanLine(line: string): string {
  // eslint-disable-next-line no-control-regex
  const plain = line.replace(/\u001b(?:\[[0-9;?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)|[@-Z\\-_])/g, '');
  const states = plain.split('\r').filter((state) => state !== '');
  // eslint-disable-next-line no-control-regex
  return (states.at(-1) ?? '').replace(/[\u0000-\u0008\u000b-\u001f\u007f]/g, '').trimEnd();
}

/** The last lines that were pushed, oldest first. */
export class Tail {
  readonly #lines: string[] = [];
  constructor(readonly size: number) {}

  push(line: string) {
    this.#lines.push(line);
    if (this.#lines.length > this.size) this.#lines.shift();
  }

  get lines(): readonly string[] {
    return this.#lines;
  }
}
