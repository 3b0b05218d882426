/** Lines of a text stream, read by pulling: a slow reader slows the far side down, and no line grows without bound. */
import { StringDecoder } from 'node:string_decoder';

/**
 * @param longest characters that are kept of a line; what goes beyond is dropped
 * @returns each line without its end, and whether it was cut
 */
export async function* textLines(
  source: AsyncIterable<Buffer | string>,
  longest: number,
): AsyncGenerator<{ text: string; cut: boolean }> {
  const decoder = new StringDecoder('utf8');
  let line = '';
  let cut = false;
  const append = (piece: string) => {
    const room = longest - line.length;
    if (piece.length > room) cut = true;
    if (room > 0) line += piece.slice(0, room);
  };
  const take = () => {
    const taken = { text: line.endsWith('\r') ? line.slice(0, -1) : line, cut };
    line = '';
    cut = false;
    return taken;
  };
  for await (const chunk of source) {
    const pieces = (typeof chunk === 'string' ? chunk : decoder.write(chunk)).split('\n');
    const open = pieces.pop() ?? '';
    for (const piece of pieces) {
      append(piece);
      yield take();
    }
    append(open);
  }
  append(decoder.end());
  if (line !== '') yield take();
}
