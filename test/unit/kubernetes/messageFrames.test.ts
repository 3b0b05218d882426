/** Messages as a client's frames, read by the library's own server. */
import { once } from 'node:events';
import { createServer, request, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocketServer, type WebSocket } from 'ws';
import { framedBytes, putMessages } from '../../../main/runtime/kubernetes/stream/messageFrames';

let server: Server;
let raw: Socket;
let far: WebSocket;
const messages: Buffer[] = [];

beforeAll(async () => {
  server = createServer();
  const sockets = new WebSocketServer({ server, maxPayload: 64 * 1024 * 1024 });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const connected = once(sockets, 'connection') as Promise<[WebSocket]>;
  const asking = request({
    port,
    host: '127.0.0.1',
    headers: {
      Connection: 'Upgrade',
      Upgrade: 'websocket',
      'Sec-WebSocket-Version': '13',
      'Sec-WebSocket-Key': Buffer.alloc(16).toString('base64'),
    },
  });
  asking.end();
  [, raw] = (await once(asking, 'upgrade')) as [unknown, Socket];
  [far] = await connected;
  far.on('message', (data: Buffer) => void messages.push(data));
});

afterAll(() => {
  raw.destroy();
  server.close();
});

/** What the far end makes of it. */
async function received(channel: number, data: Buffer, messageBytes: number, mask: Buffer): Promise<Buffer[]> {
  messages.length = 0;
  const bytes = framedBytes(data.length, messageBytes);
  const wire = Buffer.alloc(bytes + 3, 0xee);
  expect(putMessages(wire, { channel, data, messageBytes, mask })).toBe(bytes);
  expect([...wire.subarray(bytes)]).toEqual([0xee, 0xee, 0xee]);
  raw.write(wire.subarray(0, bytes));
  const heard = once(far, 'ping');
  raw.write(Buffer.from([0x89, 0x80, 0, 0, 0, 0]));
  await heard;
  return [...messages];
}

const pieces = (data: Buffer, size: number) =>
  Array.from({ length: Math.ceil(data.length / size) }, (_, index) => data.subarray(index * size, (index + 1) * size));

describe('messages to the far end', () => {
  it('arrive as they are, masked or not, of any size', async () => {
    const size = fc.oneof(fc.integer({ min: 0, max: 300 }), fc.integer({ min: 65_000, max: 140_000 }));
    const mask = fc.oneof(
      fc.constant(Buffer.alloc(4)),
      fc.uint8Array({ minLength: 4, maxLength: 4 }).map((bytes) => Buffer.from(bytes)),
    );
    await fc.assert(
      fc.asyncProperty(
        size,
        fc.integer({ min: 60, max: 70_000 }),
        mask,
        fc.nat(255),
        async (length, most, key, channel) => {
          const data = Buffer.from(Array.from({ length }, (_, index) => (index * 31 + (index >> 8)) & 0xff));
          const expected = pieces(data, most).map((piece) => Buffer.concat([Buffer.from([channel]), piece]));
          const found = await received(channel, data, most, key);
          expect(found.length).toBe(expected.length);
          for (const [index, message] of found.entries()) expect(message.equals(expected[index]!)).toBe(true);
        },
      ),
      { numRuns: 60 },
    );
  });

  it.each([124, 125, 65_534, 65_535, 65_536])('of %i bytes have the head of that length', async (length) => {
    const data = Buffer.alloc(length, 7);
    const [message, ...more] = await received(3, data, 1 << 20, Buffer.from([1, 2, 3, 4]));
    expect(more).toEqual([]);
    expect(message!.equals(Buffer.concat([Buffer.from([3]), data]))).toBe(true);
  });
});
