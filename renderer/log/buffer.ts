/** The window's copy of a workspace's log: bounded, in blocks, so that appending redraws only the last block. */
import type { LogEntry } from '../../main/app/bridge/contract';

export const blockSize = 100;
/** Lines kept in the window; main's own ring holds as many. */
export const maxLines = 5000;

export interface Block {
  /** Number of its first line since the log was opened. */
  first: number;
  lines: readonly LogEntry[];
}
export interface LogBuffer {
  blocks: readonly Block[];
  /** Lines that existed and are not shown. */
  dropped: number;
}

export const emptyLog: LogBuffer = { blocks: [], dropped: 0 };

export function append(buffer: LogBuffer, lines: readonly LogEntry[], lost = 0): LogBuffer {
  const blocks = [...buffer.blocks];
  for (let from = 0; from < lines.length;) {
    const last = blocks.at(-1);
    if (last && last.lines.length < blockSize) {
      const part = lines.slice(from, from + blockSize - last.lines.length);
      blocks[blocks.length - 1] = { first: last.first, lines: [...last.lines, ...part] };
      from += part.length;
    } else {
      const part = lines.slice(from, from + blockSize);
      blocks.push({ first: last ? last.first + last.lines.length : 0, lines: part });
      from += part.length;
    }
  }
  let dropped = buffer.dropped + lost;
  // Whole blocks leave at the front: up to one block more than the bound is kept.
  while (blocks.length > 1 && count(blocks) - (blocks[0]?.lines.length ?? 0) >= maxLines) {
    dropped += blocks.shift()?.lines.length ?? 0;
  }
  return { blocks, dropped };
}

export const count = (blocks: readonly Block[]) => blocks.reduce((sum, block) => sum + block.lines.length, 0);

export function asText(buffer: LogBuffer): string {
  return buffer.blocks.flatMap((block) => block.lines.map((line) => line.text)).join('\n');
}
