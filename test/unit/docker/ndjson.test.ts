import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import Docker from 'dockerode';
import { describe, expect, it } from 'vitest';
import { dial } from '../../../main/runtime/docker/engineCall';
import { engineMessages, type EngineMessage } from '../../../main/runtime/docker/ndjson';

async function read(...chunks: (string | Buffer)[]): Promise<EngineMessage[]> {
  const messages: EngineMessage[] = [];
  for await (const message of engineMessages(Readable.from(chunks, { objectMode: true }))) messages.push(message);
  return messages;
}

describe('messages of an engine', () => {
  it('takes an error line for what it is', async () => {
    const failed = read('{"stream":"a"}\n', '{"errorDetail":{"code":3,"message":"boom"},"error":"boom"}\n');
    await expect(failed).rejects.toMatchObject({ name: 'EngineStreamError', message: 'boom', code: 3 });
  });

  it('takes an error without detail, and a bare message, for errors', async () => {
    await expect(read('{"error":"no space"}\n')).rejects.toThrow('no space');
    await expect(read('{"message":"server error"}\n')).rejects.toThrow('server error');
    await expect(read('{"errorDetail":{"message":"only detail"}}\n')).rejects.toThrow('only detail');
  });

  it('passes on a line that is not JSON and goes on', async () => {
    expect(await read('<html>502</html>\n{"stream":"b"}\n[1]\n7\n')).toEqual([
      { stray: '<html>502</html>' },
      { stream: 'b' },
      { stray: '[1]' },
      { stray: '7' },
    ]);
  });

  it('keeps UTF-8 whole wherever the chunks are cut', async () => {
    const bytes = Buffer.from('{"stream":"é한글😀"}\n{"status":"ü","id":"x"}\n');
    for (let size = 1; size < 8; size += 1) {
      const chunks = [];
      for (let at = 0; at < bytes.length; at += size) chunks.push(bytes.subarray(at, at + size));
      expect(await read(...chunks)).toEqual([{ stream: 'é한글😀' }, { status: 'ü', id: 'x' }]);
    }
  });

  it('takes a stream cut off inside a message for a lost engine', async () => {
    await expect(read('{"stream":"a"}\n{"stream":"b')).rejects.toMatchObject({ problem: { reason: 'engine-gone' } });
  });

  it('accepts a last message without newline, empty lines and CRLF', async () => {
    expect(await read('\r\n{"stream":"a"}\r\n\n{"stream":"b"}')).toEqual([{ stream: 'a' }, { stream: 'b' }]);
  });

  it('drops fields of the wrong type', async () => {
    expect(await read('{"stream":1,"status":null,"id":{},"progressDetail":{"current":"x","total":5}}\n')).toEqual([
      { progressDetail: { total: 5 } },
    ]);
  });
});

/** A server that behaves as a broken engine does. */
async function withServer<T>(
  answer: Parameters<typeof createServer>[1],
  use: (docker: Docker) => Promise<T>,
): Promise<T> {
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    return await use(new Docker({ host: '127.0.0.1', port: (server.address() as AddressInfo).port, protocol: 'http' }));
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

async function all(docker: Docker, signal?: AbortSignal): Promise<EngineMessage[]> {
  const messages: EngineMessage[] = [];
  const answer = await dial(docker, { method: 'POST', path: '/build', body: Readable.from(['x']), signal });
  for await (const message of engineMessages(answer)) messages.push(message);
  return messages;
}

describe('a connection that breaks', () => {
  it('is a lost engine when the socket dies between two messages', async () => {
    await withServer(
      (_request, response) => {
        response.writeHead(200);
        response.write('{"stream":"a"}\n', () => response.destroy());
      },
      (docker) => expect(all(docker)).rejects.toMatchObject({ problem: { reason: 'engine-gone' } }),
    );
  });

  it('is a lost engine when the socket dies before the answer', async () => {
    await withServer(
      (request) => request.socket.destroy(),
      (docker) => expect(all(docker)).rejects.toMatchObject({ problem: { reason: 'engine-gone' } }),
    );
  });

  it('settles where nothing listens', async () => {
    const docker = new Docker({ socketPath: '/nonexistent/labdock-test.sock' });
    await expect(all(docker)).rejects.toMatchObject({ problem: { reason: 'engine-gone' } });
  });

  it('settles as cancelled when aborted before, at and after the headers', async () => {
    await withServer(
      (request, response) => {
        if (request.url?.includes('silent')) return;
        response.writeHead(200);
        response.write('{"stream":"a"}\n');
      },
      async (docker) => {
        await expect(all(docker, AbortSignal.abort())).rejects.toMatchObject({ problem: { reason: 'cancelled' } });
        const silent = dial(docker, { method: 'GET', path: '/silent', signal: AbortSignal.timeout(100) });
        await expect(silent).rejects.toMatchObject({ problem: { reason: 'cancelled' } });
        const answered = all(docker, AbortSignal.timeout(100));
        await expect(answered).rejects.toThrow();
      },
    );
  });
});
