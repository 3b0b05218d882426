/** The local end of a route: a listener on this computer's loopback, and nowhere else. */
import { createServer, type Server, type Socket } from 'node:net';
import { LabdockError } from '../../../common/problem';

const loopback = '127.0.0.1';
/** Bytes a connection may hold on their way to a slow client; more than one message of the far end, or each would pause it. */
const bufferBytes = 256 * 1024;

/** Sockets come paused and half-open. @throws LabdockError `port-busy` {port}, `port-forbidden` {port} */
export function listen(port: number, onConnection: (socket: Socket) => void): Promise<Server> {
  return new Promise((resolve, reject) => {
    const options = { allowHalfOpen: true, pauseOnConnect: true, noDelay: true, highWaterMark: bufferBytes };
    const server = createServer(options, (socket) => {
      // Its end is told by `close`; unheard, an error would end the process.
      socket.on('error', () => undefined);
      onConnection(socket);
    });
    server.once('error', (error: NodeJS.ErrnoException) => {
      const forbidden = error.code === 'EACCES' || error.code === 'EPERM';
      reject(new LabdockError(forbidden ? 'port-forbidden' : 'port-busy', { port }, { cause: error }));
    });
    server.listen({ host: loopback, port, exclusive: true }, () => {
      server.removeAllListeners('error');
      // A failed accept (no file descriptors left) is one connection's trouble.
      server.on('error', () => undefined);
      resolve(server);
    });
  });
}
