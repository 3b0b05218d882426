/**
 * Messages of the channel protocol as a client's websocket frames (RFC 6455, 5.2), many in one buffer. The library writes
 * each in two pieces, which TLS joins in memory that is new each time: with thousands of them that is most of what an
 * upload costs here.
 */

const binaryFinal = 0x82;
const masked = 0x80;
const maskBytes = 4;

/** Of a frame before its payload, for a payload of so many bytes. */
const headBytes = (payload: number) => (payload < 126 ? 2 : payload < 65_536 ? 4 : 10) + maskBytes;

/** What {@link putMessages} writes for so many bytes of data. */
export function framedBytes(dataBytes: number, messageBytes: number): number {
  const framed = (bytes: number) => headBytes(bytes + 1) + bytes + 1;
  const last = dataBytes % messageBytes;
  return Math.floor(dataBytes / messageBytes) * framed(messageBytes) + (last > 0 ? framed(last) : 0);
}

/**
 * Writes data as messages of at most so many bytes of it, each with its channel before them.
 * @param into has room for {@link framedBytes}
 * @param mask four bytes
 * @returns bytes written
 */
export function putMessages(
  into: Buffer,
  { channel, data, messageBytes, mask }: { channel: number; data: Buffer; messageBytes: number; mask: Buffer },
): number {
  const plain = mask.every((byte) => byte === 0);
  let at = 0;
  for (let start = 0; start < data.length; start += messageBytes) {
    const piece = Math.min(messageBytes, data.length - start);
    at = putHead(into, at, piece + 1, mask);
    const payload = at;
    into[at] = channel;
    data.copy(into, at + 1, start, start + piece);
    at += piece + 1;
    if (!plain) for (let byte = payload; byte < at; byte++) into[byte]! ^= mask[(byte - payload) & 3]!;
  }
  return at;
}

function putHead(into: Buffer, start: number, payload: number, mask: Buffer): number {
  const at = start + headBytes(payload) - maskBytes;
  into[start] = binaryFinal;
  if (payload < 126) into[start + 1] = masked | payload;
  else if (payload < 65_536) {
    into[start + 1] = masked | 126;
    into.writeUInt16BE(payload, start + 2);
  } else {
    into[start + 1] = masked | 127;
    into.writeBigUInt64BE(BigInt(payload), start + 2);
  }
  mask.copy(into, at);
  return at + maskBytes;
}
