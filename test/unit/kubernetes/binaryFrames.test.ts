/** Binary messages out of a websocket's bytes: against the library's own server, and cut at every place. */
import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import WebSocket, { WebSocketServer } from 'ws';
import { BinaryFrames, takeBinary } from '../../../main/runtime/kubernetes/stream/binaryFrames';

/** RFC 6455, 5.2, as a server writes it. */
function frame(opcode: number, payload: Buffer, { last = true, rsv = 0 } = {}): Buffer {
  const { length } = payload;
  const head = Buffer.alloc(length < 126 ? 2 : length < 65_536 ? 4 : 10);
  head[0] = (last ? 0x80 : 0) | (rsv << 4) | opcode;
  head[1] = length < 126 ? length : length < 65_536 ? 126 : 127;
  if (head[1] === 126) head.writeUInt16BE(length, 2);
  if (head[1] === 127) head.writeBigUInt64BE(BigInt(length), 2);
  return Buffer.concat([head, payload]);
}

function read(chunks: Iterable<Buffer>, maxBytes = 1 << 20) {
  const messages: Buffer[][] = [];
  const other: Buffer[] = [];
  const frames = new BinaryFrames({
    maxBytes,
    onPiece: (piece, first) => {
      expect(piece.length).toBeGreaterThan(0);
      if (first) messages.push([]);
      messages.at(-1)!.push(piece);
    },
    onOther: (bytes) => void other.push(bytes),
  });
  for (const chunk of chunks) frames.feed(chunk);
  return { messages: messages.map((parts) => Buffer.concat(parts)), other: Buffer.concat(other) };
}

function* cut(bytes: Buffer, sizes: readonly number[]): Generator<Buffer> {
  for (let at = 0, turn = 0; at < bytes.length; turn++) {
    const size = sizes[turn % sizes.length]!;
    yield bytes.subarray(at, at + size);
    at += size;
  }
}

describe('frames', () => {
  it('are the same however the network cuts them', () => {
    const payload = fc.oneof(
      fc.uint8Array({ minLength: 1, maxLength: 300 }),
      fc.integer({ min: 65_000, max: 70_000 }).map((size) => new Uint8Array(size).fill(size & 0xff)),
    );
    const message = fc.record({ payload, parts: fc.integer({ min: 1, max: 3 }), ping: fc.boolean() });
    fc.assert(
      fc.property(
        fc.array(message, { maxLength: 6 }),
        fc.array(fc.integer({ min: 1, max: 20_000 }), { minLength: 1, maxLength: 5 }),
        (messages, sizes) => {
          const wire: Buffer[] = [];
          const pings: Buffer[] = [];
          for (const { payload: bytes, parts, ping } of messages) {
            const whole = Buffer.from(bytes);
            const step = Math.ceil(whole.length / parts);
            for (let at = 0; at < whole.length; at += step) {
              const last = at + step >= whole.length;
              wire.push(frame(at === 0 ? 2 : 0, whole.subarray(at, at + step), { last }));
              // Control frames may stand within a message.
              if (ping) {
                pings.push(frame(9, Buffer.from('ping')));
                wire.push(pings.at(-1)!);
              }
            }
          }
          const found = read(cut(Buffer.concat(wire), sizes));
          expect(found.messages.map((one) => one.toString('hex'))).toEqual(
            messages.map((one) => Buffer.from(one.payload).toString('hex')),
          );
          expect(found.other.equals(Buffer.concat(pings))).toBe(true);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('end with the close frame, which is passed on', () => {
    const close = frame(8, Buffer.from([3, 232]));
    const wire = Buffer.concat([frame(2, Buffer.from('a')), close, frame(2, Buffer.from('b'))]);
    for (const size of [1, 3, 100]) {
      const { messages, other } = read(cut(wire, [size]));
      expect([messages.map(String), other.equals(close)]).toEqual([['a'], true]);
    }
  });

  const masked = Buffer.concat([Buffer.from([0x82, 0x81, 1, 2, 3, 4]), Buffer.from('x')]);
  it.each([
    ['a reserved bit', frame(2, Buffer.from('x'), { rsv: 4 })],
    ['a mask', masked],
    ['one that is too large', frame(2, Buffer.alloc(2000))],
    ['a message within a message', frame(1, Buffer.from('x'))],
  ])('that are not allowed are the library’s, with all that follows: %s', (_, bad) => {
    const begun = frame(2, Buffer.from('begun'), { last: false });
    const after = frame(2, Buffer.from('after'));
    const { messages, other } = read([Buffer.concat([begun, bad, after])], 1000);
    expect(messages.map(String)).toEqual(['begun']);
    expect(other.equals(Buffer.concat([bad, after]))).toBe(true);
  });

  it('leave text to the library', () => {
    const text = Buffer.concat([frame(1, Buffer.from('te'), { last: false }), frame(0, Buffer.from('xt'))]);
    const { messages, other } = read([text, frame(2, Buffer.from('a'))]);
    expect([messages.map(String), other.equals(text)]).toEqual([['a'], true]);
  });
});

describe('a websocket read in the library’s place', () => {
  const ends: (() => void)[] = [];
  afterEach(() => {
    for (const end of ends.splice(0)) end();
  });

  async function pair() {
    const server = new WebSocketServer({ host: '127.0.0.1', port: 0 });
    ends.push(() => server.close());
    await once(server, 'listening');
    const socket = new WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`);
    ends.push(() => socket.terminate());
    let raw: Socket | undefined;
    socket.on('upgrade', (answer) => (raw = answer.socket));
    socket.on('open', () => socket.pause());
    const opened = once(socket, 'open');
    const [far] = (await once(server, 'connection')) as [WebSocket];
    await opened;
    const pieces: Buffer[] = [];
    let bytes = 0;
    takeBinary(socket, raw!, {
      maxBytes: 1 << 20,
      onPiece: (piece) => {
        pieces.push(piece);
        bytes += piece.length;
      },
    });
    return { socket, far, raw: raw!, pieces, bytes: () => bytes };
  }

  it('gets what was sent before it was resumed, answers pings, and closes in good order', async () => {
    const { socket, far, pieces } = await pair();
    far.send(Buffer.alloc(300_000, 7));
    far.ping('are you there');
    const answered = once(far, 'pong');
    socket.resume();
    expect(String((await answered)[0])).toBe('are you there');
    far.send(Buffer.from('last'));
    far.close(1000, 'bye');
    const [code] = (await once(socket, 'close')) as [number];
    expect(code).toBe(1000);
    const all = Buffer.concat(pieces);
    expect(all.length).toBe(300_004);
    expect(all.subarray(300_000).toString()).toBe('last');
  });

  it('stops the far end while it is paused', async () => {
    const { socket, far, bytes } = await pair();
    socket.resume();
    far.send(Buffer.alloc(1000));
    while (bytes() === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    socket.pause();
    for (let count = 0; count < 64; count++) far.send(Buffer.alloc(1 << 20));
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(bytes()).toBeLessThan(1 << 20);
    expect(far.bufferedAmount).toBeGreaterThan(16 << 20);
    socket.resume();
    while (bytes() < 1000 + (64 << 20)) await new Promise((resolve) => setTimeout(resolve, 5));
  });

  it('tells a broken far end by its close, with what had come', async () => {
    const { socket, far, bytes } = await pair();
    far.send(Buffer.alloc(5000));
    await new Promise((resolve) => setTimeout(resolve, 50));
    const closed = once(socket, 'close');
    socket.resume();
    far.terminate();
    expect((await closed)[0]).toBe(1006);
    expect(bytes()).toBe(5000);
  });

  it('leaves a fault of the protocol to the library, and takes nothing after it', async () => {
    const server = createServer();
    ends.push(() => server.close());
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { createHash } = await import('node:crypto');
    server.on('connection', (peer) => {
      peer.on('error', () => undefined);
      peer.once('data', (asked) => {
        const key = /sec-websocket-key: (\S+)/i.exec(String(asked))![1]!;
        const accept = createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
        const head = `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`;
        const bad = frame(2, Buffer.from('bad'), { rsv: 4 });
        peer.write(Buffer.concat([Buffer.from(head), frame(2, Buffer.from('good')), bad, frame(2, Buffer.from('no'))]));
      });
    });
    const socket = new WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`);
    ends.push(() => socket.terminate());
    let raw: Socket | undefined;
    const pieces: Buffer[] = [];
    socket.on('upgrade', (answer) => (raw = answer.socket));
    socket.on('open', () => {
      socket.pause();
      takeBinary(socket, raw!, { maxBytes: 100, onPiece: (piece) => void pieces.push(piece) });
      socket.resume();
    });
    const [error] = (await once(socket, 'error')) as [Error];
    expect(error.message).toContain('RSV1');
    expect(String(Buffer.concat(pieces))).toBe('good');
  });
});
