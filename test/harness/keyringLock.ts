/** Locks and unlocks the gnome-keyring of this session while it runs, as a screen lock and a login do. */
import { execFile } from 'node:child_process';
import { connect } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';

const secrets = ['--dest', 'org.freedesktop.secrets', '--object-path', '/org/freedesktop/secrets'];
const collection = '/org/freedesktop/secrets/collection/login';

export async function lock(): Promise<void> {
  const method = 'org.freedesktop.Secret.Service.Lock';
  await promisify(execFile)('gdbus', ['call', '--session', ...secrets, '--method', method, `['${collection}']`]);
}

/** What PAM tells the daemon at login, over the same socket: a byte that carries who asks, then length, operation and password. */
export async function unlock(password: string): Promise<void> {
  const word = Buffer.from(password);
  const head = Buffer.alloc(13);
  head.writeUInt32BE(12 + word.length, 1);
  head.writeUInt32BE(1, 5);
  head.writeUInt32BE(word.length, 9);
  const socket = connect(join(process.env['XDG_RUNTIME_DIR'] ?? '', 'keyring', 'control'));
  const answer = await new Promise<Buffer>((resolve, reject) => {
    socket
      .once('error', reject)
      .once('data', resolve)
      .write(Buffer.concat([head, word]));
  });
  socket.destroy();
  if (answer.readUInt32BE(4) !== 0) throw new Error(`the keyring refused: ${answer.readUInt32BE(4)}`);
}
