/** The same server without Labdock: `docker run` of the same image, a wait on /api/status, nothing else. */
import { setTimeout as sleep } from 'node:timers/promises';
import { docker } from './world';

export interface BareServer {
  id: string;
  url: string;
}

const benchToken = 'bench-token';

export function dockerRun(image: string, port: number, folder: string): BareServer {
  const user = `${process.getuid?.() ?? 1000}:${process.getgid?.() ?? 1000}`;
  const id = docker(
    ...[
      'run',
      '-d',
      '--user',
      user,
      '--group-add',
      '0',
      '-e',
      `JUPYTER_TOKEN=${benchToken}`,
      '-p',
      `127.0.0.1:${port}:8888`,
    ],
    ...['-v', `${folder}:/work`, image],
    ...(user.startsWith('0:') ? ['jupyter-lab', '--allow-root', '--ip=0.0.0.0', '--port=8888', '--no-browser'] : []),
  );
  return { id, url: `http://127.0.0.1:${port}/lab?token=${benchToken}` };
}

export async function answers(port: number, token = benchToken): Promise<void> {
  for (let tries = 0; tries < 1200; tries++) {
    try {
      const answer = await fetch(`http://127.0.0.1:${port}/api/status`, {
        headers: { authorization: `token ${token}` },
        // A request that the engine's proxy took before the server listened may never be answered.
        signal: AbortSignal.timeout(500),
      });
      if (answer.ok) return;
    } catch {
      // not listening yet
    }
    await sleep(25);
  }
  throw new Error('the bare server did not answer within 30 s');
}

export const removeBare = (server: BareServer): string => docker('rm', '-f', '-v', server.id);
