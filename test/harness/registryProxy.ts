/** Stands before a registry and asks for a login, or holds its blobs back: what a registry in the wild does. */
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Transform } from 'node:stream';

export interface RegistryProxy {
  /** `127.0.0.1:PORT`. */
  address: string;
  stop: () => Promise<void>;
}

/** At most eight megabytes a second. */
function slowly(): Transform {
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      setTimeout(() => done(null, chunk), chunk.length / 8000);
    },
  });
}

export async function startRegistryProxy(
  target: string,
  options: { login?: { username: string; password: string }; blobs?: 'stall' | 'slow' } = {},
): Promise<RegistryProxy> {
  const { login } = options;
  const wanted = login && `Basic ${Buffer.from(`${login.username}:${login.password}`).toString('base64')}`;
  const server = createServer((incoming, outgoing) => {
    if (wanted !== undefined && incoming.headers.authorization !== wanted) {
      outgoing.writeHead(401, { 'www-authenticate': 'Basic realm="test"', 'content-type': 'application/json' });
      outgoing.end('{"errors":[{"code":"UNAUTHORIZED","message":"authentication required"}]}');
      return;
    }
    if (options.blobs === 'stall' && /\/blobs\/sha256:/.test(incoming.url ?? '')) return;
    const onward = request(
      `http://${target}${incoming.url}`,
      // The registry makes its addresses from the Host header: uploads have to come back through here.
      { method: incoming.method, headers: incoming.headers },
      (answer) => {
        outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(outgoing);
      },
    );
    onward.on('error', () => outgoing.destroy());
    if (options.blobs === 'slow') incoming.pipe(slowly()).pipe(onward);
    else incoming.pipe(onward);
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    stop: () =>
      new Promise((done) => {
        server.close(() => done());
        server.closeAllConnections();
      }),
  };
}
