/**
 * The engine's API as a test sees it: plain calls on a socket. On purpose not the product's own client, which is what is
 * being tested.
 */
import { request } from 'node:http';
import type { Readable } from 'node:stream';

export interface Answer {
  status: number;
  text: string;
  json: <T>() => T;
}

export function api(
  socketPath: string,
  method: string,
  path: string,
  body?: unknown,
  options: { timeout?: number } = {},
): Promise<Answer> {
  return new Promise((done, fail) => {
    const headers = { Host: 'docker', ...(body === undefined ? {} : { 'Content-Type': 'application/json' }) };
    const asked = request({ socketPath, method, path, headers }, (answer) => {
      let text = '';
      answer.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      answer.on('end', () => done({ status: answer.statusCode ?? 0, text, json: <T>() => JSON.parse(text) as T }));
      answer.on('error', fail);
    });
    asked.setTimeout(options.timeout ?? 300_000, () => asked.destroy(new Error('no answer in time')));
    asked.on('error', fail);
    asked.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

/** Whether an engine answers on this socket. */
export async function answers(socketPath: string): Promise<boolean> {
  try {
    return (await api(socketPath, 'GET', '/_ping', undefined, { timeout: 3000 })).status === 200;
  } catch {
    return false;
  }
}

export const hasImage = async (socketPath: string, reference: string): Promise<boolean> =>
  (await api(socketPath, 'GET', `/images/${reference}/json`)).status === 200;

const download = (socketPath: string, path: string): Promise<Readable> =>
  new Promise((done, fail) => {
    const asked = request({ socketPath, path, headers: { Host: 'docker' } }, (answer) =>
      answer.statusCode === 200 ? done(answer) : fail(new Error(`${path}: ${answer.statusCode}`)),
    );
    asked.on('error', fail);
    asked.end();
  });

/** Copies an image from one engine to another, unless it is there. */
export async function copyImage(from: string, to: string, reference: string): Promise<void> {
  if (await hasImage(to, reference)) return;
  const archive = await download(from, `/images/${reference}/get`);
  const text = await new Promise<string>((done, fail) => {
    const headers = { Host: 'docker', 'Content-Type': 'application/x-tar' };
    const asked = request({ socketPath: to, method: 'POST', path: '/images/load', headers }, (answer) => {
      let read = '';
      answer.setEncoding('utf8').on('data', (chunk: string) => (read += chunk));
      answer.on('end', () => done(read));
    });
    asked.on('error', fail);
    archive.pipe(asked);
  });
  if (!(await hasImage(to, reference))) throw new Error(`${reference} did not arrive: ${text.slice(-500)}`);
}

/** Runs a command in a new container of an image and returns its output. The container is removed. */
export async function runIn(socketPath: string, image: string, command: string[]): Promise<string> {
  const created = await api(socketPath, 'POST', '/containers/create', {
    Image: image,
    Cmd: command,
    Entrypoint: [],
    Tty: true,
    Labels: { 'labdock-test': 'harness' },
  });
  if (created.status !== 201) throw new Error(created.text);
  const { Id } = created.json<{ Id: string }>();
  try {
    const begun = await api(socketPath, 'POST', `/containers/${Id}/start`);
    if (begun.status >= 300) throw new Error(begun.text);
    const { StatusCode } = (await api(socketPath, 'POST', `/containers/${Id}/wait`)).json<{ StatusCode: number }>();
    const log = (await api(socketPath, 'GET', `/containers/${Id}/logs?stdout=1&stderr=1`)).text.replaceAll(
      '\r\n',
      '\n',
    );
    if (StatusCode !== 0) throw new Error(`${command.join(' ')} ended with ${StatusCode}:\n${log}`);
    return log;
  } finally {
    await api(socketPath, 'DELETE', `/containers/${Id}?force=1&v=1`);
  }
}
